//! Which page a link in the documents leads to.

/// The documents that the pages are made of.
pub(crate) const COMMANDS: &str = include_str!("../../reference/commands.md");

/// Documents that are pages, by the end of their path: name and section.
const PAGES: [(&str, &str); 6] = [
    ("reference/commands.md", "mpath(8)"),
    ("reference/exit-codes.md", "mpath(8)"),
    ("reference/files.md", "mpath(8)"),
    ("reference/mpath-toml.md", "mpath.toml(5)"),
    ("platforms/illumos-ipmp.md", "mpath-ipmp(7)"),
    ("guide/wired-and-wireless-at-home.md", "mpath-wifi(7)"),
];

/// The page that a link leads to from a document, by its path below `docs`; none where it is no page.
pub(crate) fn page_of(document: &str, target: &str) -> Option<String> {
    let (path, anchor) = place_of(document, target);
    if path == "reference/commands.md"
        && let Some(page) = command_of(anchor)
    {
        return Some(page);
    }
    PAGES.iter().find(|(document, _)| *document == path).map(|(_, page)| (*page).to_owned())
}

/// The document that a link leads to where it is no page, by its path below `docs`: packages put them where that is the path
/// below `/usr/share/doc/mpath`, too.
pub(crate) fn document_of(document: &str, target: &str) -> Option<String> {
    let (path, _) = place_of(document, target);
    let is_document = path.ends_with(".md") && page_of(document, target).is_none() && path != document;
    (is_document && !path.starts_with("..")).then_some(path)
}

/// The path below `docs` that a link leads to, and the place in it.
fn place_of<'t>(document: &str, target: &'t str) -> (String, &'t str) {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = match path.strip_prefix("../") {
        _ if path.is_empty() => document.to_owned(),
        Some(path) => path.to_owned(),
        None => format!("{folder}/{path}"),
    };
    (path, anchor)
}

/// The page of the command in whose section of the reference an anchor is.
fn command_of(anchor: &str) -> Option<String> {
    let mut page = None;
    for line in COMMANDS.lines().filter(|line| line.starts_with("## ") || line.starts_with("### ")) {
        let title = line.trim_start_matches('#').trim();
        if let Some(verb) = line.strip_prefix("## mpath ") {
            page = Some(verb);
        } else if line.starts_with("## ") {
            page = None;
        }
        if anchor_of(title) == anchor {
            return page.map(|verb| format!("mpath-{verb}(8)"));
        }
    }
    None
}

/// A heading's anchor, as GitHub makes it.
fn anchor_of(title: &str) -> String {
    let kept = title.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
