//! Assignments of a shell, in a file that shells source.
//!
//! Words and quotes are taken as a shell takes them (`shlex`); nothing is expanded or run.

use mpath_core::import::{Import, Origin};

/// What a file assigns, with the names that have not been asked for yet.
pub(super) struct Assignments {
    pub(super) path: String,
    all: Vec<Assignment>,
}

/// A name with its value.
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

impl Assignments {
    /// Reads a file; what assigns nothing is lost, and told.
    pub(super) fn read(path: &str, text: &str, import: &mut Import) -> Self {
        let mut file = Self { path: path.to_owned(), all: vec![] };
        for (number, line, words) in logical_lines(text) {
            let origin = Origin::line(path, number, &line);
            let Some(words) = words else {
                import.lose(origin, "a quote that nothing ends");
                continue;
            };
            let words = if words.first().is_some_and(|word| word == "export") { &words[1..] } else { &words[..] };
            let assignment = |word: &String| {
                let (name, value) = word.split_once('=')?;
                let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                is_name.then(|| (name.to_owned(), value.to_owned()))
            };
            let assignments: Option<Vec<_>> = words.iter().map(assignment).collect();
            match assignments {
                _ if line.contains(['$', '`']) => {
                    import.lose(origin, "only a shell knows its value: mpath runs none");
                }
                Some(assignments) => {
                    for (name, value) in assignments {
                        // The last one counts.
                        file.all.retain(|known| known.name != name);
                        file.all.push(Assignment { name, value, origin: origin.clone() });
                    }
                }
                None => import.lose(origin, "no assignment: mpath runs no shell"),
            }
        }
        file
    }

    /// A value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.all.iter().find(|known| known.name == name).map(|known| known.value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Takes what another file says, by one of its names, unless this one says it itself.
    pub(super) fn inherit(&mut self, other: &Self, name: &str, own: &str) {
        if self.get(own).is_none()
            && let Some(known) = other.all.iter().find(|known| known.name == name && !known.value.is_empty())
        {
            self.all.retain(|known| known.name != own);
            self.all.push(Assignment {
                name: own.to_owned(),
                value: known.value.clone(),
                origin: known.origin.clone(),
            });
        }
    }

    /// Whether a value means yes (`is_true` of the scripts).
    pub(super) fn says(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// A value, which counts as understood.
    pub(super) fn take(&mut self, name: &str) -> Option<Assignment> {
        let place = self.all.iter().position(|known| known.name == name)?;
        Some(self.all.remove(place)).filter(|known| !known.value.is_empty())
    }

    /// Gives one back that was taken.
    pub(super) fn give(&mut self, known: Assignment) {
        self.all.push(known);
    }

    /// The names of this form with a number behind them, or with none, which comes first.
    pub(super) fn numbers(&self, name: &str) -> Vec<String> {
        let mut numbers: Vec<_> = self
            .all
            .iter()
            .filter_map(|known| known.name.strip_prefix(name))
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .map(str::to_owned)
            .collect();
        numbers.sort_by_key(|number| number.parse::<u32>().ok());
        numbers
    }

    /// What nobody has asked for.
    pub(super) fn rest(self) -> Vec<Assignment> {
        self.all
    }

    /// The line that tells best what the file is.
    pub(super) fn origin(&self) -> Origin {
        let mut own = self.all.iter().filter(|known| known.origin.file == self.path);
        let named = own.clone().find(|known| matches!(known.name.as_str(), "DEVICE" | "TYPE" | "NAME"));
        named.or(own.next()).map_or_else(|| Origin::of_file(&self.path, ""), |known| known.origin.clone())
    }
}

/// As the scripts' `is_true`, and as the plugin takes it.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "yes" | "y" | "true" | "t" | "1" | "on")
}

/// The lines with their numbers and words; a quote or a backslash at the end goes on on the next line. No words where it never
/// ends.
fn logical_lines(text: &str) -> Vec<(usize, String, Option<Vec<String>>)> {
    let mut logical = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, first)) = lines.next() {
        let mut line = first.to_owned();
        let mut words = shlex::split(&line);
        let mut ahead = lines.clone();
        // As far as the file goes: one bad quote swallows no more than its own line in what is told.
        while words.is_none()
            && let Some((_, next)) = ahead.next()
        {
            line = format!("{line}\n{next}");
            words = shlex::split(&line);
        }
        if words.is_some() {
            lines = ahead;
        } else {
            first.clone_into(&mut line);
        }
        if words.as_ref().is_none_or(|words| !words.is_empty()) {
            logical.push((number, line.replace("\\\n", " ").replace('\n', " "), words));
        }
    }
    logical
}
