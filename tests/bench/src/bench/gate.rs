//! What CI holds: a few ratios and counts of instructions, with margins.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::report::{FLOOR, Figures, measure};

/// How much more than what was found a ratio may be. The least of some rounds still swings on a machine with other work.
const RATIO: f64 = 2.0;

/// The same for instructions, as a part of them: another compiler counts a little differently.
const INSTRUCTIONS: f64 = 0.1;

/// The phases of which there is a ratio.
const PHASES: [&str; 4] = ["up", "again", "change", "down"];

/// What is allowed: `tests/bench/gate.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Gate {
    /// Ratios of mpath to `ip`, by phase: the most.
    ratios: BTreeMap<String, f64>,
    /// Instructions of the pure core, by stage and number of groups.
    instructions: BTreeMap<String, u64>,
    /// How much more instructions may be, as a part of them.
    margin: f64,
}

/// mpath to `ip`, the least of all rounds: others use the machine, too, and make it slower, never quicker.
fn found(all: &Figures, phase: &str) -> Option<f64> {
    let least = |name: &str| all.phase(name, phase).and_then(|found| measure(phase, found).least());
    least("mpath").zip(least(FLOOR)).map(|(own, floor)| own / floor)
}

/// Holds figures against what is allowed, tells each, and whether all hold.
pub(crate) fn hold(figures: &Path, allowed: &Path) -> bool {
    let all = Figures::read(figures);
    let gate: Gate = serde_json::from_str(&fs::read_to_string(allowed).unwrap()).unwrap();
    let mut broken = 0;
    let mut tell = |what: String, found: Option<f64>, most: f64| {
        let fine = found.is_some_and(|found| found <= most);
        broken += usize::from(!fine);
        let found = found.map_or("not measured".to_owned(), |found| format!("{found:.2}"));
        println!("{}: {what}: {found}, at most {most:.2}", if fine { "held" } else { "NOT HELD" });
    };
    for (phase, most) in &gate.ratios {
        tell(format!("{phase}, times ip"), found(&all, phase), *most);
    }
    #[allow(clippy::cast_precision_loss, reason = "a count of instructions has room in 52 bits")]
    for (stage, count) in &gate.instructions {
        let most = *count as f64 * (1.0 + gate.margin) / 1e6;
        let found = all.instructions.get(stage).map(|count| *count as f64 / 1e6);
        tell(format!("millions of instructions, {stage} groups"), found, most);
    }
    let all = gate.ratios.len() + gate.instructions.len();
    match broken {
        0 => println!("bench-gate: all {all} held"),
        broken => println!("bench-gate: {broken} of {all} NOT HELD (allowed: {})", allowed.display()),
    }
    broken == 0
}

/// Allows what was found, with the margins.
pub(crate) fn renew(figures: &Path, allowed: &Path) {
    let all = Figures::read(figures);
    let ratio = |phase: &str| (found(&all, phase).unwrap() * RATIO * 10.0).ceil() / 10.0;
    let gate = Gate {
        ratios: PHASES.iter().map(|phase| ((*phase).to_owned(), ratio(phase))).collect(),
        instructions: all.instructions.clone(),
        margin: INSTRUCTIONS,
    };
    fs::write(allowed, serde_json::to_string_pretty(&gate).unwrap() + "\n").unwrap();
    println!("written: {}", allowed.display());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Figures of two programs that take so long for each phase, and of one stage.
    fn figures(own: f64, floor: f64, instructions: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let life = |time: f64| {
            // Others used the machine in the first round.
            let phase =
                json!({ "usable": [time * 9.0, time], "returned": [time * 9.0, time], "cpu": [], "memory": [] });
            json!({ "version": "1", "phases": { "up": phase, "again": phase, "change": phase, "down": phase } })
        };
        let lives = json!({ "mpath": life(own), "ip -batch": life(floor) });
        fs::write(folder.path().join("life.json"), lives.to_string()).unwrap();
        fs::write(folder.path().join("instructions.json"), json!({ "plan 100": instructions }).to_string()).unwrap();
        folder
    }

    #[test]
    fn what_was_found_is_allowed_afterwards_and_twice_that_but_no_more() {
        let now = figures(20.0, 10.0, 1_000_000);
        let allowed = now.path().join("gate.json");
        renew(now.path(), &allowed);
        for (own, instructions, held) in [
            (20.0, 1_000_000, true),
            (39.0, 1_090_000, true),
            (41.0, 1_000_000, false),
            (20.0, 1_110_000, false),
            (5.0, 10, true),
        ] {
            let later = figures(own, 10.0, instructions);
            assert_eq!(hold(later.path(), &allowed), held, "{own} and {instructions}");
        }
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let now = figures(20.0, 10.0, 1);
        let allowed = now.path().join("gate.json");
        renew(now.path(), &allowed);
        fs::remove_file(now.path().join("instructions.json")).unwrap();
        assert!(!hold(now.path(), &allowed));
    }
}
