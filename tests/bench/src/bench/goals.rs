//! What the figures are to be, and whether they are. The same holds in CI, with wider margins (`gate`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::report::{FLOOR, Figures, measure, ratio};

/// A goal: what it says, what was measured, and whether that is enough.
struct Goal {
    text: String,
    found: Option<f64>,
    most: f64,
}

fn goals(all: &Figures) -> Vec<Goal> {
    let returned = |phase: &str| ratio(&all.phase("mpath", phase)?.returned, &all.phase(FLOOR, phase)?.returned);
    let usable = ratio(
        &all.phase("mpath", "up").map(|phase| phase.usable.clone()).unwrap_or_default(),
        &all.phase(FLOOR, "up").map(|phase| phase.usable.clone()).unwrap_or_default(),
    );
    let peers = all.life.keys().filter(|name| !["mpath", FLOOR].contains(&name.as_str()));
    let nearest = peers.filter_map(|name| {
        let own = all.phase("mpath", "up")?.usable.median()?;
        Some(own / all.phase(name, "up")?.usable.median()?)
    });
    let outage = all.phase("mpath", "change").and_then(|own| ratio(&own.outage, &all.phase(FLOOR, "change")?.outage));
    let many = all
        .scale
        .get("1000 of 2")
        .and_then(|scale| ratio(&scale.phases.get("again")?.returned, &scale.phases.get("look")?.returned));
    vec![
        Goal { text: format!("up, until it can be used, in at most 1.2 × {FLOOR}"), found: usable, most: 1.2 },
        Goal {
            text: "nothing to do, in at most 1.2 × one look at all links".into(),
            found: returned("again"),
            most: 1.2,
        },
        Goal {
            text: "every other program takes longer until it can be used (mpath ÷ the fastest of them)".into(),
            found: nearest.max_by(f64::total_cmp),
            most: 1.0,
        },
        Goal { text: format!("a change interrupts no longer than by {FLOOR}, within 1.2"), found: outage, most: 1.2 },
        Goal {
            text: "1,000 groups with nothing to do, in at most 3 × one look at all links".into(),
            found: many,
            most: 3.0,
        },
    ]
}

/// A table of them.
pub(crate) fn page(all: &Figures) -> String {
    let mut page = String::from("## Goals\n\n| goal | measured | |\n| --- | ---: | --- |\n");
    for Goal { text, found, most } in goals(all) {
        let (found, met) = match found {
            None => ("–".to_owned(), "not measured"),
            Some(found) => (format!("{found:.2}"), if found <= most { "met" } else { "**not met**" }),
        };
        writeln!(page, "| {text} | {found} | {met} |").unwrap();
    }
    page.push('\n');
    page
}

/// What CI allows: `tests/bench/gate.json`.
#[derive(Debug, Deserialize)]
struct Gate {
    /// Ratios of mpath to `ip`, by phase: the most.
    ratios: std::collections::BTreeMap<String, f64>,
    /// Instructions of the pure core, by stage and number of groups.
    instructions: std::collections::BTreeMap<String, u64>,
    /// How much more instructions may be, as a part of them.
    margin: f64,
}

/// Holds figures against what is allowed, tells each, and whether all hold.
pub(crate) fn gate(figures: &Path, allowed: &Path) -> bool {
    let all = Figures::read(figures);
    let gate: Gate = serde_json::from_str(&fs::read_to_string(allowed).unwrap()).unwrap();
    let mut holds = true;
    let mut told = |what: String, found: Option<f64>, most: f64| {
        let fine = found.is_some_and(|found| found <= most);
        holds &= fine;
        let found = found.map_or("not measured".to_owned(), |found| format!("{found:.2}"));
        println!("{}: {what}: {found}, at most {most:.2}", if fine { "holds" } else { "TOO MUCH" });
    };
    for (phase, most) in &gate.ratios {
        // The least of all rounds: others use the machine, too, and make it slower, never quicker.
        let least = |name: &str| all.phase(name, phase).and_then(|found| measure(phase, found).least());
        let measured = least("mpath").zip(least(FLOOR)).map(|(own, floor)| own / floor);
        told(format!("{phase}, times ip"), measured, *most);
    }
    #[allow(clippy::cast_precision_loss, reason = "a count of instructions has room in 52 bits")]
    for (stage, count) in &gate.instructions {
        let most = *count as f64 * (1.0 + gate.margin);
        told(format!("instructions of {stage}"), all.instructions.get(stage).map(|count| *count as f64), most);
    }
    holds
}
