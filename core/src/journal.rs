//! The record of a change that is under way: what was there before, what is to be done, and how far it has come.
//!
//! In: what the command line kept, line by line. Out: a [`Recovery`], what is to be done about a change whose process
//! is no more. Where journals lie, how they are written, and how old they are is the command line's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::undo::Extent;
use crate::{GroupName, InterfaceName, Plan, Receipt, Snapshot, Step};

/// The record of one change to one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// What was written before the first step.
    pub opening: Opening,
    /// What was written since, in order.
    pub marks: Vec<Mark>,
}

/// What is written before the first step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// [`Opening::SCHEMA`].
    pub schema: String,
    /// The group.
    pub group: GroupName,
    /// Which way it goes.
    pub change: Change,
    /// The steps. Each carries what was there before it ([`Step::inverse`]).
    pub steps: Vec<Step>,
    /// What they touch, and how that was before the first of them.
    pub extent: Extent,
}

/// Which way a change goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Change {
    /// Up, or to what the file says now.
    Up {
        /// What to remember of the group once it is done.
        receipt: Box<Receipt>,
        /// What was remembered of it before.
        #[serde(default)]
        earlier: Option<Box<Receipt>>,
        /// What it is known by until it may stay, where that is not clear with its last step.
        confirm: Option<Token>,
    },
    /// Another member carries the traffic, or members are out of use for a while, and nothing else changes.
    Handover {
        /// What plugs the cables of members in again that may be out, as argument vectors.
        #[serde(default)]
        plug: BTreeMap<InterfaceName, Vec<String>>,
    },
    /// Down.
    Down {
        /// Whether the device may be somebody else's.
        adopt: bool,
    },
}

/// The name of a change that waits to be confirmed. Several groups that were brought up together share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "mark")]
pub enum Mark {
    /// A step is about to be done.
    Begin {
        /// Its number, from 0.
        step: usize,
    },
    /// A step is done.
    End {
        /// Its number, from 0.
        step: usize,
    },
    /// Every step is done, and the change waits to be confirmed.
    Applied {
        /// Until when, in seconds since the boot.
        until: u64,
    },
    /// A step failed, and not everything could be undone.
    Stuck,
    /// The change is to stay. All that is left is to keep its receipt.
    Done,
}

/// What is to be done about a change whose process is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It was to stay: keep its receipt.
    Keep,
    /// It goes up and was not finished in time, or members are out of use: bring back the state before it.
    Undo,
    /// It goes down: go on. Half a way down is nobody's wish, and its receipt is still there.
    GoOn,
    /// Nothing yet: there is time to confirm it.
    Wait {
        /// Seconds that are left.
        seconds: u64,
    },
}

impl Opening {
    /// The schema of what is written today.
    pub const SCHEMA: &'static str = "mpath.journal/1";

    /// What is to be written before the first step of a plan that was made on a host like this.
    pub fn new(group: &GroupName, change: Change, plan: &Plan, before: &Snapshot) -> Self {
        Self {
            schema: Self::SCHEMA.to_owned(),
            group: group.clone(),
            change,
            steps: plan.steps.clone(),
            extent: Extent::of(&plan.device, &plan.steps, before),
        }
    }

    /// What is to be written before the first step of a hand-over.
    pub fn of_handover(
        group: &GroupName,
        device: &InterfaceName,
        steps: &[Step],
        plug: BTreeMap<InterfaceName, Vec<String>>,
        before: &Snapshot,
    ) -> Self {
        Self {
            schema: Self::SCHEMA.to_owned(),
            group: group.clone(),
            change: Change::Handover { plug },
            steps: steps.to_vec(),
            extent: Extent::of(device, steps, before),
        }
    }

    /// What it must be called by to be confirmed.
    pub fn token(&self) -> Option<&Token> {
        match &self.change {
            Change::Up { confirm, .. } => confirm.as_ref(),
            Change::Down { .. } | Change::Handover { .. } => None,
        }
    }
}

impl Journal {
    /// A change of which no step was begun.
    pub fn new(opening: Opening) -> Self {
        Self { opening, marks: vec![] }
    }

    /// What is to be done about it, so many seconds after the boot.
    pub fn recovery(&self, now: u64) -> Recovery {
        let until = self.marks.iter().rev().find_map(|mark| match mark {
            Mark::Applied { until } => Some(*until),
            _ => None,
        });
        match (&self.opening.change, until) {
            (_, _) if self.marks.contains(&Mark::Done) => Recovery::Keep,
            (Change::Down { .. }, _) => Recovery::GoOn,
            (Change::Up { .. }, Some(until)) if until > now => Recovery::Wait { seconds: until - now },
            (Change::Up { .. } | Change::Handover { .. }, _) => Recovery::Undo,
        }
    }

    /// The steps that are known to be done.
    pub fn done(&self) -> Vec<&Step> {
        let ended = self.marks.iter().filter_map(|mark| match mark {
            Mark::End { step } => self.opening.steps.get(*step),
            _ => None,
        });
        ended.collect()
    }

    /// How many steps were begun.
    pub fn begun(&self) -> usize {
        let begun = self.marks.iter().filter_map(|mark| match mark {
            Mark::Begin { step } => Some(step + 1),
            _ => None,
        });
        begun.max().unwrap_or(0)
    }

    /// Adds marks as they were written, a line each. A last line without its end was being written when the power
    /// went, and does not count.
    ///
    /// # Errors
    ///
    /// The number of the first line that makes no sense, from 0, and why.
    pub fn read_marks(&mut self, lines: &str) -> Result<(), (usize, serde_json::Error)> {
        let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
        for (number, line) in whole.lines().enumerate() {
            self.marks.push(serde_json::from_str(line).map_err(|error| (number, error))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InterfaceName;

    fn journal(change: Change, marks: &str) -> Journal {
        let device = InterfaceName::new("bond0").unwrap();
        let steps = vec![Step::LoadDriver, Step::SetUp { interface: device.clone(), up: true }];
        let group = GroupName::new("lan").unwrap();
        let plan =
            Plan { group: group.clone(), device, steps, outage: crate::outage::Prediction::default(), notes: vec![] };
        let mut journal = Journal::new(Opening::new(&group, change, &plan, &Snapshot::default()));
        journal.read_marks(marks).unwrap();
        journal
    }

    fn up(confirm: Option<Token>) -> Change {
        let receipt = Box::new(Receipt {
            schema: Receipt::SCHEMA.to_owned(),
            group: GroupName::new("lan").unwrap(),
            device: InterfaceName::new("bond0").unwrap(),
            before: Snapshot::default(),
            addresses: vec![],
            routes: vec![],
            owed: Snapshot::default(),
            persistent: false,
        });
        Change::Up { receipt, earlier: None, confirm }
    }

    #[test]
    fn a_change_that_was_broken_off_is_undone_on_the_way_up_and_gone_on_with_on_the_way_down() {
        let marks = "{\"mark\":\"begin\",\"step\":0}\n{\"mark\":\"end\",\"step\":0}\n{\"mark\":\"begin\",\"step\":1}\n";
        let journal = journal(up(None), marks);
        assert_eq!((journal.recovery(5), journal.begun()), (Recovery::Undo, 2));
        assert_eq!(journal.done(), [&Step::LoadDriver]);
        let down = self::journal(Change::Down { adopt: false }, marks);
        assert_eq!(down.recovery(5), Recovery::GoOn);
    }

    #[test]
    fn a_hand_over_that_was_broken_off_is_undone() {
        let handover = journal(Change::Handover { plug: BTreeMap::new() }, "{\"mark\":\"begin\",\"step\":0}\n");
        assert_eq!((handover.recovery(5), handover.opening.token()), (Recovery::Undo, None));
    }

    #[test]
    fn a_change_waits_for_its_confirmation_until_the_time_is_up() {
        let token = Some(Token("k3".to_owned()));
        let waiting = journal(up(token), "{\"mark\":\"applied\",\"until\":60}\n");
        assert_eq!(waiting.recovery(50), Recovery::Wait { seconds: 10 });
        assert_eq!(waiting.recovery(60), Recovery::Undo);
    }

    #[test]
    fn a_change_that_is_done_stays() {
        let done = journal(up(None), "{\"mark\":\"applied\",\"until\":60}\n{\"mark\":\"done\"}\n");
        assert_eq!(done.recovery(99), Recovery::Keep);
    }

    #[test]
    fn a_line_that_the_power_cut_short_does_not_count() {
        let torn = journal(up(None), "{\"mark\":\"begin\",\"step\":0}\n{\"mark\":\"do");
        assert_eq!(torn.marks, [Mark::Begin { step: 0 }]);
        // Not even if what is there could be read.
        assert_eq!(journal(up(None), "{\"mark\":\"done\"}").recovery(1), Recovery::Undo);
    }

    #[test]
    fn a_line_that_makes_no_sense_is_an_error_with_its_number() {
        let mut torn = journal(up(None), "");
        let (line, _) = torn.read_marks("{\"mark\":\"begin\",\"step\":0}\nwhat\n").unwrap_err();
        assert_eq!(line, 1);
    }
}
