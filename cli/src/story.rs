//! The stories of findings: `docs/reference/findings.md`, which is part of the program.
//!
//! In: a code. Out: its section there.

use mpath_core::finding::Code;

/// The document.
const FINDINGS: &str = include_str!("../../docs/reference/findings.md");

/// The story of one code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    /// All of it below the heading, without empty lines around.
    pub(crate) text: &'static str,
}

impl Story {
    /// The story of a code.
    pub(crate) fn of(code: Code) -> Self {
        let text = FINDINGS.split("\n## ").find_map(|section| section.strip_prefix(code.word())?.strip_prefix('\n'));
        Self { text: text.unwrap_or_default().trim() }
    }

    /// Why it matters: the paragraph after the first, which says how bad it is, on one line and without the signs of
    /// Markdown.
    pub(crate) fn why(self) -> String {
        let paragraph = self.text.split("\n\n").nth(1).unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ").replace(['`', '*'], "")
    }

    /// For people: without the signs of Markdown that mean nothing on a terminal.
    pub(crate) fn plain(self) -> String {
        self.text.replace("**", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of the document, in its order.
    fn told() -> Vec<&'static str> {
        FINDINGS.split("\n## ").skip(1).filter_map(|section| section.lines().next()).collect()
    }

    #[test]
    fn every_code_has_its_story_and_no_other_has_one() {
        let known: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(told(), known);
    }

    #[test]
    fn every_story_tells_how_bad_it_is_why_how_it_comes_about_how_to_see_it_and_the_cure() {
        for code in Code::ALL {
            let text = Story::of(*code).text;
            let severity = format!("{}.", code.severity());
            assert!(text.to_lowercase().starts_with(&severity), "{code}: {severity}");
            assert!(Story::of(*code).why().len() > 40, "{code}: {}", Story::of(*code).why());
            for part in ["\n\n**Cause.** ", "\n\n**See it.** ", "\n\n**Cure.** ", "\n\n**Source.** "] {
                assert!(text.contains(part), "{code} has no{part}");
            }
        }
    }
}
