//! How much of the traffic of now a plan costs: what each step interrupts, and from which step to which.
//!
//! In: steps and the [`Snapshot`] that they were planned on. Out: a [`Prediction`]. What counts is the traffic that
//! flows before the first step: a device that the plan itself has made interrupts nobody.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::capability::Capabilities;
use crate::effect::{self, Nonsense};
use crate::mode::words;
use crate::plan::NoPlan;
use crate::refusal::{Beyond, Refusal};
use crate::traffic::Traffic;
use crate::{InterfaceName, Millis, Plan, Snapshot, Step};

words! {
    /// What a step does to the traffic of now, from best to worst.
    #[derive(Default)]
    Outage {
        /// No packet is lost by it.
        #[default]
        None = "none",
        /// Packets may be lost for less than a second.
        Blip = "blip",
        /// Traffic is away until a later step brings back what it needs, or for seconds.
        Outage = "outage",
    }
}

/// What a plan does to the traffic of now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Prediction {
    /// Of each step, in the order of the plan.
    pub steps: Vec<Outage>,
    /// Of all of them together, where they interrupt something.
    pub interruption: Option<Interruption>,
}

/// What a plan interrupts, and how long in terms of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// The worst of its steps.
    pub worst: Outage,
    /// The interfaces that carry what is interrupted, before the first step.
    pub of: Vec<InterfaceName>,
    /// The first of its steps that are as bad as that, from 0.
    pub first: usize,
    /// The last step that brings something back, or after which it comes back by itself; `None` where nothing does.
    pub last: Option<usize>,
    /// What no step brings back, in words.
    pub gone: Vec<String>,
}

/// The longest interruption that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxOutage(pub Millis);

impl MaxOutage {
    /// The longest that a blip is taken to last. No prediction is finer than that.
    pub(crate) const OF_BLIP: Millis = Millis::new(1000);

    /// Whether a step may be done. How long an outage lasts depends on links and switches, which no plan knows: no
    /// limit allows one.
    pub(crate) fn allows(self, outage: Outage) -> bool {
        match outage {
            Outage::None => true,
            Outage::Blip => self.0 >= Self::OF_BLIP,
            Outage::Outage => false,
        }
    }
}

impl Prediction {
    /// The worst of all steps.
    pub fn worst(&self) -> Outage {
        self.steps.iter().copied().max().unwrap_or_default()
    }
}

impl Plan {
    /// Refuses a plan with steps that a limit does not allow.
    ///
    /// # Errors
    ///
    /// [`NoPlan::Refused`] with each step that is beyond the limit.
    pub fn within(self, limit: Option<MaxOutage>) -> Result<Self, NoPlan> {
        let Some(limit) = limit else { return Ok(self) };
        let steps = (1..).zip(&self.steps).zip(&self.outage.steps);
        let beyond = steps.filter(|(_, outage)| !limit.allows(**outage)).map(|((number, step), outage)| {
            let (text, outage) = (step.to_string(), *outage);
            Beyond { number, text, outage }
        });
        let steps: Vec<_> = beyond.collect();
        match self.outage.interruption {
            Some(interruption) if !steps.is_empty() => {
                Err(NoPlan::Refused(vec![Refusal::Interrupts { interruption, limit: limit.0, steps }]))
            }
            interruption => Ok(Self { outage: Prediction { interruption, ..self.outage }, ..self }),
        }
    }
}

/// Predicts what steps do to the traffic of `current`, which holds every interface that they change. `whole` is the
/// host of which that is a part.
pub(crate) fn predict(
    steps: &[Step],
    current: &Snapshot,
    whole: &Snapshot,
    capabilities: &Capabilities,
) -> Result<Prediction, Nonsense> {
    if steps.is_empty() {
        return Ok(Prediction::default());
    }
    let traffic = Traffic::of(current, whole, capabilities);
    let mut draft = current.clone();
    let mut of = BTreeSet::new();
    let (mut outages, mut last) = (Vec::new(), None);
    let mut away = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let mut after = draft.clone();
        effect::apply(step, &mut after, capabilities)?;
        let now = traffic.away(&after);
        let lost: Vec<_> = now.difference(&away).collect();
        let disturbed = traffic.disturbed_by(step, &draft);
        let outage = match &disturbed {
            _ if !lost.is_empty() => Outage::Outage,
            Some((_, outage)) => *outage,
            None => Outage::None,
        };
        let passes = lost.is_empty() && disturbed.is_some();
        of.extend(lost.iter().map(|flow| flow.holder.clone()).chain(disturbed.map(|(device, _)| device)));
        if passes || away.difference(&now).next().is_some() {
            last = Some(number);
        }
        outages.push(outage);
        (draft, away) = (after, now);
    }
    let gone = away.iter().map(|flow| flow.what.to_string()).collect::<BTreeSet<_>>().into_iter().collect();
    let worst = outages.iter().copied().max().unwrap_or_default();
    let first = outages.iter().position(|outage| *outage == worst && worst > Outage::None);
    let interruption = first.map(|first| Interruption { worst, of: of.into_iter().collect(), first, last, gone });
    Ok(Prediction { steps: outages, interruption })
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worst, of, first, last, gone } = self;
        let names: Vec<_> = of.iter().map(InterfaceName::as_str).collect();
        write!(f, "this interrupts the traffic of {}: {worst} ", names.join(" and "))?;
        match last.map(|last| last + 1) {
            Some(last) if last == first + 1 => write!(f, "at step {last}")?,
            Some(last) => write!(f, "between step {} and {last}", first + 1)?,
            None => write!(f, "from step {} on", first + 1)?,
        }
        if gone.is_empty() { Ok(()) } else { write!(f, "; no step brings back {}", gone.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interruption(worst: Outage, first: usize, last: Option<usize>, gone: &[&str]) -> String {
        let of = vec![InterfaceName::new("eth1").unwrap()];
        Interruption { worst, of, first, last, gone: gone.iter().map(ToString::to_string).collect() }.to_string()
    }

    #[test]
    fn an_interruption_is_told_by_the_numbers_of_its_steps() {
        let of = "this interrupts the traffic of eth1: ";
        assert_eq!(interruption(Outage::Outage, 2, Some(8), &[]), format!("{of}outage between step 3 and 9"));
        assert_eq!(interruption(Outage::Blip, 2, Some(2), &[]), format!("{of}blip at step 3"));
        let gone = interruption(Outage::Outage, 0, None, &["192.0.2.1", "the route default"]);
        assert_eq!(gone, format!("{of}outage from step 1 on; no step brings back 192.0.2.1, the route default"));
    }

    #[test]
    fn no_limit_allows_an_outage_and_a_second_allows_a_blip() {
        for (limit, blip) in [(0, false), (999, false), (1000, true), (60_000, true)] {
            let limit = MaxOutage(Millis::new(limit));
            assert_eq!(
                [Outage::None, Outage::Blip, Outage::Outage].map(|outage| limit.allows(outage)),
                [true, blip, false]
            );
        }
    }
}
