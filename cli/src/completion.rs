//! What can stand at the cursor of a command line that is being typed.
//!
//! The grammar is clap's own: its engine finds the argument that the cursor is in. What clap cannot know, the names of
//! groups, members and changes, is looked up only when that argument takes one: the engine is asked once to find out
//! what is wanted, and once more with that at hand.

mod deadline;
mod names;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{CommandFactory as _, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete};

use crate::arguments::Arguments;
use crate::context::Context;
pub(crate) use deadline::Deadline;

/// A command line that is being typed.
pub(crate) struct Line {
    /// The words up to the cursor, the program's name first.
    words: Vec<OsString>,
    /// Those behind the word at the cursor.
    after: Vec<OsString>,
}

/// What can stand at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The path of a file or of a directory.
    Files,
    /// The path of a directory.
    Directories,
    /// These words, each with what it is.
    Words(Vec<(String, String)>),
}

/// What only a look at files and host can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    /// A group of the configuration.
    Group,
    /// A group that can be taken down.
    KnownGroup,
    /// A group, or the device of one that somebody else made.
    GroupOrDevice,
    /// A member of the group that the line is about.
    Member,
    /// A change that waits.
    Change,
    File,
    Directory,
}

impl Wanted {
    /// What an argument of a command takes, by the name that its value has in the help.
    fn of(verb: &str, argument: &clap::Arg) -> Option<Self> {
        match argument.get_value_hint() {
            ValueHint::DirPath => return Some(Self::Directory),
            ValueHint::FilePath | ValueHint::AnyPath => return Some(Self::File),
            _ => {}
        }
        let name = argument.get_value_names()?.first()?.as_str();
        match (name.to_ascii_uppercase().as_str(), verb) {
            // The name of what is not there yet.
            ("GROUP" | "MEMBER", "init") => None,
            ("GROUP", "down") => Some(Self::KnownGroup),
            ("GROUP", "doctor" | "import") => Some(Self::GroupOrDevice),
            ("GROUP", _) => Some(Self::Group),
            ("MEMBER", _) => Some(Self::Member),
            ("TOKEN", _) => Some(Self::Change),
            _ => None,
        }
    }
}

impl Line {
    /// The cursor is in the word of this number, or in the last one.
    pub(crate) fn new(mut words: Vec<OsString>, cursor: Option<usize>) -> Self {
        let end = cursor.map_or(words.len(), |cursor| cursor.saturating_add(1).min(words.len()));
        let after = words.split_off(end);
        Self { words, after }
    }

    /// What can stand at the cursor.
    pub(crate) fn answer(&self, context: &mut Context<'_>, meanwhile: &mut dyn FnMut(&Answer)) -> Answer {
        let (plain, wanted) = self.ask(&[]);
        match wanted {
            None => plain,
            Some(Wanted::File) => Answer::Files,
            Some(Wanted::Directory) => Answer::Directories,
            Some(wanted) => {
                let known = names::of_files(wanted, self, context);
                meanwhile(&self.ask(&known).0);
                let all = names::with_host(wanted, known, self, context);
                self.ask(&all).0
            }
        }
    }

    /// What clap knows with these names at hand, and what else it wants to know.
    fn ask(&self, names: &[Name]) -> (Answer, Option<Wanted>) {
        let wanted = Arc::new(Mutex::new(None));
        let names: Arc<[Name]> = names.iter().filter(|name| !self.has(&name.word)).cloned().collect();
        let with_names = |verb: &str, argument: clap::Arg| match Wanted::of(verb, &argument) {
            None => argument,
            Some(this) => {
                let (wanted, names) = (wanted.clone(), names.clone());
                argument.add(ArgValueCandidates::new(move || {
                    *wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(this);
                    names.iter().map(Name::candidate).collect()
                }))
            }
        };
        let mut command = Arguments::command();
        // Before that commands have no arguments.
        command.build();
        let command = command.mut_args(|argument| with_names("", argument));
        let mut command = command.mut_subcommands(|command| {
            let verb = command.get_name().to_owned();
            command.mut_args(|argument| with_names(&verb, argument))
        });
        let Some(last) = self.words.len().checked_sub(1) else { return (Answer::Words(vec![]), None) };
        let found = complete(&mut command, self.words.clone(), last, None).unwrap_or_default();
        let words = found.iter().map(|candidate| {
            let what = candidate.get_help().map(ToString::to_string).unwrap_or_default();
            (candidate.get_value().to_string_lossy().into_owned(), what.lines().next().unwrap_or_default().to_owned())
        });
        let mut words: Vec<_> = words.collect();
        // Options are offered to who has begun one, or where nothing else can stand.
        let is_option = |(word, _): &(String, String)| word.starts_with('-');
        if !self.current().as_encoded_bytes().starts_with(b"-") && !words.iter().all(is_option) {
            words.retain(|word| !is_option(word));
        }
        let wanted = *wanted.lock().unwrap_or_else(PoisonError::into_inner);
        (Answer::Words(words), wanted)
    }

    /// The word at the cursor.
    fn current(&self) -> &OsStr {
        self.words.last().map_or(OsStr::new(""), OsString::as_os_str)
    }

    /// The words besides the program's name and the one at the cursor.
    fn others(&self) -> impl Iterator<Item = &OsString> {
        let before = self.words.get(1..self.words.len().saturating_sub(1)).unwrap_or_default();
        before.iter().chain(&self.after)
    }

    /// Whether a word is there already.
    fn has(&self, word: &str) -> bool {
        self.others().any(|other| other == word)
    }

    /// The configuration that the line is about.
    fn configuration(&self) -> Option<PathBuf> {
        let mut words = self.others();
        let mut found = None;
        while let Some(word) = words.next() {
            let bytes = word.as_encoded_bytes();
            if bytes == b"-c" || bytes == b"--config" {
                found = words.next().map(PathBuf::from);
            } else if let Some(word) = word.to_str() {
                let path = word.strip_prefix("--config=").or_else(|| word.strip_prefix("-c"));
                found = path.map(PathBuf::from).or(found);
            }
        }
        found
    }
}

/// A name that can stand at the cursor, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    word: String,
    what: String,
}

impl Name {
    fn candidate(&self) -> CompletionCandidate {
        CompletionCandidate::new(&self.word).help(Some(self.what.clone().into()))
    }
}
