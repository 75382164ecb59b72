//! The pure core at work on many groups, without any host: what its instructions are counted of, and its time measured.

use std::fmt::Write as _;

use mpath_core::fake;
use mpath_core::resolve::Question;
use mpath_core::snapshot::{Interface, Kind};
use mpath_core::source::SourceFile;
use mpath_core::spec::Spec;
use mpath_core::{InterfaceName, Snapshot, plan, validate};

/// A stage of the way from a file to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Stage {
    /// Nothing but the text of the file and the host: what the others are to be seen without
    Text,
    /// The text as what it says, key by key
    Parse,
    /// Parse and validate
    Read,
    /// Parse, validate, and plan each group on a host that has none
    Plan,
}

/// What the stages work on.
pub(crate) struct Input {
    file: SourceFile,
    host: Snapshot,
}

impl Input {
    pub(crate) fn new(groups: usize) -> Self {
        Self { file: file(groups), host: host(groups) }
    }
}

/// A file of so many groups with two members each.
fn file(groups: usize) -> SourceFile {
    let mut text = String::new();
    for group in 0..groups {
        let (first, second) = (group * 2, group * 2 + 1);
        writeln!(
            text,
            "[group.g{group}]\nmembers = [\"m{first}\", \"m{second}\"]\nprimary = \"m{first}\"\n\
             addresses = [\"10.{}.{}.1/24\"]\n",
            group / 256,
            group % 256
        )
        .unwrap();
    }
    SourceFile::new("groups.toml", text)
}

/// A host with the members, bare.
fn host(groups: usize) -> Snapshot {
    let names = (0..groups * 2).map(|number| InterfaceName::new(format!("m{number}")).unwrap());
    Snapshot { interfaces: names.map(|name| (name, Interface::new(Kind::Ethernet))).collect(), ..Snapshot::default() }
}

/// Does a stage, and returns how much came of it.
pub(crate) fn run(stage: Stage, input: &Input) -> usize {
    match stage {
        Stage::Text => input.file.text.len(),
        Stage::Parse => Spec::parse(0, &input.file).0.groups.len(),
        Stage::Read => validate::read(std::slice::from_ref(&input.file)).unwrap().groups.len(),
        Stage::Plan => plan(input),
    }
}

fn plan(input: &Input) -> usize {
    let capabilities = fake::capabilities();
    let read = validate::read(std::slice::from_ref(&input.file)).unwrap().groups;
    let steps = read.iter().map(|desired| {
        let question = Question {
            desired,
            current: &input.host,
            receipt: None,
            capabilities: &capabilities,
            adopt: false,
            persist: false,
        };
        plan::up(question).unwrap().plan.steps.len()
    });
    steps.sum()
}
