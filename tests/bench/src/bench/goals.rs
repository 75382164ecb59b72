//! What the figures are to be, whether they are, and why not where they are not.

use std::fmt::Write as _;

use super::figures::{Phase, Series};
use super::report::{FLOOR, Figures, measure, ratio};

/// A goal: what it says, what was measured, and whether that is enough.
struct Goal {
    text: String,
    found: Option<f64>,
    most: f64,
    /// Why it is not met, where it is not.
    why: String,
}

fn goals(all: &Figures) -> Vec<Goal> {
    let mut goals = vec![
        Goal {
            text: format!("up, until it can be used, in at most 1.2 × `{FLOOR}`"),
            found: compared(all, "up", FLOOR),
            most: 1.2,
            why: format!("{} It looks at the host before the first change, and reads back after the last.", start(all)),
        },
        Goal {
            text: "again, with nothing to do, in at most 1.2 × one look at all links by `ip -d -j link`".into(),
            found: compared(all, "again", FLOOR),
            most: 1.2,
            why: format!("{} It also looks at addresses and routes, which that command does not.", start(all)),
        },
    ];
    goals.extend(["up", "change", "down", "again"].map(|phase| against_the_fastest(all, phase)));
    let outage = |name: &str| all.phase(name, "change")?.outage.median();
    let bounds = all.failover.iter().filter(|(name, _)| name.starts_with("mpath"));
    let bounds = bounds.filter_map(|(_, gaps)| Some((gaps.failover.most()? - 1.0) / gaps.bound?));
    goals.extend([
        Goal {
            text: format!("a change interrupts at most 10 ms, a tick of this kernel, longer than by `{FLOOR}` (ms)"),
            found: outage("mpath").zip(outage(FLOOR)).map(|(own, floor)| own - floor),
            most: 10.0,
            why: "The driver takes the same option the same way from both: see the spread.".into(),
        },
        Goal {
            text: "failover takes at most what the rules of the driver allow (the longest, less the millisecond between two packets, \
                   ÷ its bound)"
                .into(),
            found: bounds.max_by(f64::total_cmp),
            most: 1.0,
            why:
                "The driver's clock is that of the machine, which others used meanwhile: virtual time has none of that."
                    .into(),
        },
        Goal {
            text: "in virtual time the same run gives the same figure, within 1 % (%)".into(),
            found: differences(all).map(|(apart, of)| apart / of * 100.0).max_by(f64::total_cmp),
            most: 1.0,
            why: format!(
                "{} of {} groups are within 1 %; the others are up to {:.2} ms apart, where a tick is 4 ms.",
                differences(all).filter(|(apart, of)| apart / of <= 0.01).count(),
                differences(all).count(),
                differences(all).map(|(apart, _)| apart).max_by(f64::total_cmp).unwrap_or_default(),
            ),
        },
    ]);
    goals.extend(many(all));
    goals
}

fn compared(all: &Figures, phase: &str, with: &str) -> Option<f64> {
    ratio(measure(phase, all.phase("mpath", phase)?), measure(phase, all.phase(with, phase)?))
}

/// That of all others which have a file of their own, or a script, none is as fast.
fn against_the_fastest(all: &Figures, phase: &str) -> Goal {
    let peers = all.life.keys().filter(|name| !["mpath", FLOOR].contains(&name.as_str()));
    let nearest = peers.filter_map(|name| Some((compared(all, phase, name)?, name)));
    let (found, name) = nearest.max_by(|(a, _), (b, _)| a.total_cmp(b)).unzip();
    let name = name.map_or("–", String::as_str);
    let why = match phase {
        "again" => "ifupdown reads the note in `/run/network/ifstate` that it wrote itself, and looks at nothing: what is missing it \
             would not find. The others ask the kernel."
            .to_owned(),
        "down" => format!(
            "{} It looks first, puts members back as they were before the group, and reads back; the others delete the device.",
            start(all)
        ),
        _ => start(all),
    };
    let what = match phase {
        "up" => "until it can be used",
        "change" => "for a change",
        "again" => "with nothing to do",
        _ => "to take it down",
    };
    Goal {
        text: format!("every other program takes longer {what} (mpath ÷ the fastest: {name})"),
        found,
        most: 1.0,
        why,
    }
}

/// What of its time is no work at all.
fn start(all: &Figures) -> String {
    let of = |name: &str, series: fn(&Phase) -> &Series| {
        all.start.get(name).and_then(|phase| series(phase).median()).unwrap_or_default()
    };
    let both = |series| (of("mpath --version", series), of("ip -V", series));
    let ((own, floor), (own_pages, floor_pages)) = (both(|phase| &phase.returned), both(|phase| &phase.pages));
    format!(
        "In this kernel the program takes {own:.0} ms to start and to end (`mpath --version`), `ip` {floor:.0} ms: a process pays \
         for each page of memory that it touches first, and these touch {own_pages:.0} and {floor_pages:.0}."
    )
}

/// How far two runs are apart, of what: of each group, in milliseconds.
fn differences(all: &Figures) -> impl Iterator<Item = (f64, f64)> {
    let pairs = all.exact.first().zip(all.exact.get(1)).into_iter();
    let pairs = pairs.flat_map(|(first, second)| first.iter().map(move |(name, gaps)| (gaps, second.get(name))));
    pairs.filter_map(|(first, second)| {
        let (one, other) = (first.failover.median()?, second?.failover.median()?);
        Some(((one - other).abs(), one))
    })
}

/// The most groups that were measured.
fn many(all: &Figures) -> Option<Goal> {
    let sizes =
        all.scale.iter().filter_map(|(name, scale)| Some((name.strip_suffix(" of 2")?.parse::<u32>().ok()?, scale)));
    let (groups, scale) = sizes.max_by_key(|(groups, _)| *groups)?;
    let none = Phase::default();
    let of = |name: &str| &scale.phases.get(name).unwrap_or(&none).returned;
    Some(Goal {
        text: format!("{groups} groups with nothing to do, in at most 3 × one look at all links"),
        found: ratio(of("again"), of("look")),
        most: 3.0,
        why: "It also reads the file, looks at addresses and routes, and compares each group; see the pure core below."
            .into(),
    })
}

/// A table of them, and the reasons.
pub(crate) fn page(all: &Figures) -> String {
    let mut page = String::from("## Goals\n\n| goal | measured | |\n| --- | ---: | --- |\n");
    let mut reasons = String::new();
    for Goal { text, found, most, why } in goals(all) {
        let met = match found {
            None => "not measured",
            Some(found) if found <= most => "met",
            Some(_) => {
                writeln!(reasons, "- Not met: {text}. {why}").unwrap();
                "**not met**"
            }
        };
        let found = found.map_or("–".to_owned(), |found| format!("{found:.2}"));
        writeln!(page, "| {text} | {found} | {met} |").unwrap();
    }
    page.push('\n');
    if !reasons.is_empty() {
        page.push_str(&reasons);
        page.push('\n');
    }
    page
}
