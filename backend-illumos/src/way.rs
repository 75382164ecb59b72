//! The way in which a step is done: by which programs, and for how long.

use mpath_core::Step;

use crate::command::CommandLine;
use crate::dialect::Dialect;
use crate::op::Op;

/// How to do a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) dialect: Dialect,
    /// Whether it is for every boot to come, not until the next one.
    pub(crate) lasting: bool,
}

impl Way {
    pub(crate) fn of(step: &Step, dialect: Dialect) -> Self {
        Self { dialect, lasting: matches!(step, Step::Persistent { .. }) }
    }

    /// Whether IPMP is made by `ifconfig`, which keeps nothing: what lasts is in files then.
    pub(crate) fn by_ifconfig(self) -> bool {
        self.dialect == Dialect::Ifconfig
    }

    /// `ipadm` with `-t`, unless it is for every boot. With the files of `ifconfig` what `ipadm` keeps of an interface is
    /// not read at boot (net-physical), so that there it is only put aside.
    pub(crate) fn ipadm(self, verb: &str, words: &[&str]) -> Op {
        self.temporary(verb, "-t", words)
    }

    /// The same for the subcommands about IPMP, of which illumos refuses the short option (the `getopt` string in
    /// `ipadm.c` is `":i:"`).
    pub(crate) fn ipmp(self, verb: &str, words: &[&str]) -> Op {
        self.temporary(verb, "--temporary", words)
    }

    /// Whether `ipadm` is to keep what it does.
    pub(crate) fn ipadm_keeps(self) -> bool {
        self.lasting && !self.by_ifconfig()
    }

    fn temporary(self, verb: &str, option: &str, words: &[&str]) -> Op {
        let option = (!self.ipadm_keeps()).then_some(option);
        Op::Run(CommandLine::new("ipadm", [verb].into_iter().chain(option).chain(words.iter().copied())))
    }
}
