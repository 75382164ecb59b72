//! The page and the pictures, made of the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chart::{self, Bar, Line};
use super::failover::Gaps;
use super::figures::{Life, Phase, Series};
use super::goals;
use super::scale::Scale;
use super::tables;

/// All that was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Figures {
    /// Where and with what.
    pub(crate) machine: BTreeMap<String, String>,
    pub(crate) life: BTreeMap<String, Life>,
    pub(crate) failover: BTreeMap<String, Gaps>,
    /// The same in virtual time, more than once.
    pub(crate) exact: Vec<BTreeMap<String, Gaps>>,
    pub(crate) scale: BTreeMap<String, Scale>,
    pub(crate) start: BTreeMap<String, Phase>,
    /// Instructions, by stage and number of groups.
    pub(crate) instructions: BTreeMap<String, u64>,
    /// Milliseconds of the pure core, by stage and number of groups.
    pub(crate) core: BTreeMap<String, Series>,
    /// What `make bench-fleet` tells.
    pub(crate) fleet: Vec<Fleet>,
}

/// A command on the facts of a fleet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fleet {
    pub(crate) bench: String,
    /// Of the first line, which tells what the others are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hosts: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) milliseconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) most_memory_mib: Option<u64>,
}

/// The phases in their order, and what each is.
const PHASES: [(&str, &str, &str); 4] = [
    (
        "up",
        "Up",
        "Usable: from the command to the first answered ping over the group. Returned: until the command has ended.",
    ),
    (
        "again",
        "Again",
        "The same command when nothing differs. For `ip -batch`: one look at all links, `ip -d -j link`.",
    ),
    (
        "change",
        "Change",
        "One option, the interval between two looks at the link, in the file and then on the host, while somebody talks to it. \
         Outage: the longest time without an answer, in milliseconds.",
    ),
    ("down", "Down", "Until the device is gone."),
];
/// What all are measured by.
pub(crate) const FLOOR: &str = "ip -batch";

/// How the page begins.
const HEAD: &str = "\
# Benchmarks: mpath beside what people would use instead

Written by `make bench`: what is changed here is gone after the next one. All figures: [bench.json](benchmarks/bench.json).

**Ratios are the result**: how many times as long as `ip -batch` with the same commands, which is as fast as it can be done from a
command line. Milliseconds are a note. They hold for a kernel in user mode, in which a process starts some ten times as slowly as on
the machine itself, so that whoever starts many has a hard time in it. Each figure is the middle (least–most) of all rounds.

**To repeat it**: `make bench` on a Debian with Rust, with the machine left alone meanwhile; it boots its own kernel
([the lab](../tests/lab/README.md)) and lets all programs do the same in it in turns, every other turn backwards, each in namespaces of
its own. `make bench ROUNDS=2` is a quick look. What others read was written by `mpath render`; each is given the commands that its
manual has for it. Left out: teamd, which makes no bond, and `netplan apply`. It wants systemd as the first process and has it read all
units anew, which takes a minute in the lab's kernel and would say more about that than about netplan; its parts that do the work,
`netplan generate` and `networkctl reload`, are measured.

**What CI holds**: `make bench-gate`. Ratios of mpath to `ip`, the least of eight rounds each, may be twice what
they were when `tests/bench/gate.json` was last written, since other work on a machine reaches them, and are measured a second time if
they are more; instructions of the pure core, which are the same in each run, a tenth more. `make bench-renew` writes the file anew.

";

impl Figures {
    /// What measuring commands wrote in a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(folder.join(format!("{name}.json"))).ok();
        Self {
            machine: parse(text("machine")),
            life: parse(text("life")),
            failover: parse(text("failover")),
            exact: ["exact-1", "exact-2"].into_iter().filter_map(|name| text(name).map(Some).map(parse)).collect(),
            scale: parse(text("scale")),
            start: parse(text("start")),
            instructions: parse(text("instructions")),
            core: by_criterion(&folder.join("criterion/core")),
            fleet: lines(&fs::read_to_string(folder.join("fleet.jsonl")).unwrap_or_default()),
        }
    }

    pub(crate) fn phase(&self, program: &str, phase: &str) -> Option<&Phase> {
        self.life.get(program)?.phases.get(phase)
    }
}

fn parse<T: for<'t> Deserialize<'t> + Default>(text: Option<String>) -> T {
    text.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default()
}

fn lines(text: &str) -> Vec<Fleet> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What criterion measured: in each folder of a stage one for each number of groups.
fn by_criterion(folder: &Path) -> BTreeMap<String, Series> {
    /// How often it was run, and how many nanoseconds that took.
    #[derive(Deserialize)]
    struct Sample {
        iters: Vec<f64>,
        times: Vec<f64>,
    }
    let inside = |folder: &Path| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found = BTreeMap::new();
    for groups in inside(folder).flat_map(|stage| inside(&stage).collect::<Vec<_>>()) {
        let Ok(text) = fs::read_to_string(groups.join("new/sample.json")) else { continue };
        let sample: Sample = serde_json::from_str(&text).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let each = sample.times.iter().zip(&sample.iters).map(|(time, runs)| time / runs / 1e6);
        found.insert(format!("{} {}", name(groups.parent().unwrap()), name(&groups)), Series(each.collect()));
    }
    found
}

/// How many times as much the middle of one is as that of another.
pub(crate) fn ratio(series: &Series, floor: &Series) -> Option<f64> {
    Some(series.median()? / floor.median().filter(|floor| *floor > 0.0)?)
}

pub(crate) fn shown(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

pub(crate) fn spread(series: &Series) -> String {
    match (series.median(), series.least(), series.most()) {
        (Some(median), Some(least), Some(most)) => format!("{median:.0} ({least:.0}–{most:.0})"),
        _ => "–".to_owned(),
    }
}

/// Writes the page, its pictures, and all figures in one file.
pub(crate) fn write(figures: &Path, docs: &Path) {
    let all = Figures::read(figures);
    let folder = docs.join("benchmarks");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("bench.json"), serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    for (phase, title, _) in PHASES {
        chart::bars(&folder.join(format!("{phase}.svg")), &format!("{title}: times {FLOOR}"), &life_bars(&all, phase));
    }
    chart::lines(&folder.join("scale.svg"), "Groups of two members: milliseconds", &scale_lines(&all));
    let gaps = all.failover.iter().filter_map(|(name, gaps)| bar(name, &gaps.failover, 1.0));
    let gaps: Vec<Bar> = gaps.collect();
    chart::bars(&folder.join("failover.svg"), "Failover: milliseconds without an answer", &gaps);
    fs::write(docs.join("benchmarks.md"), page(&all)).unwrap();
}

fn bar(name: &str, series: &Series, unit: f64) -> Option<Bar> {
    let (value, least, most) = (series.median()? / unit, series.least()? / unit, series.most()? / unit);
    Some(Bar { name: name.to_owned(), value, least, most })
}

/// What a phase is measured by: how long until it can be used, where that is a question.
pub(crate) fn measure<'p>(name: &str, phase: &'p Phase) -> &'p Series {
    if name == "up" { &phase.usable } else { &phase.returned }
}

fn life_bars(all: &Figures, phase: &str) -> Vec<Bar> {
    let Some(unit) = all.phase(FLOOR, phase).and_then(|floor| measure(phase, floor).median()) else { return vec![] };
    let bars = all.life.iter().filter_map(|(name, life)| bar(name, measure(phase, life.phases.get(phase)?), unit));
    bars.collect()
}

/// What grows with the number of groups.
fn scale_lines(all: &Figures) -> Vec<Line> {
    const NAMES: [(&str, &str); 6] = [
        ("ip -batch", "ip -batch"),
        ("look", "ip -d -j link"),
        ("up", "mpath up --all"),
        ("again", "mpath up --all, again"),
        ("status", "mpath status"),
        ("plan", "mpath plan --all"),
    ];
    let mut sizes: Vec<(u32, &Scale)> =
        all.scale.iter().filter_map(|(name, scale)| Some((name.strip_suffix(" of 2")?.parse().ok()?, scale))).collect();
    sizes.sort_by_key(|(groups, _)| *groups);
    let points = |phase: &str| {
        let values =
            sizes.iter().map(|(groups, scale)| Some((f64::from(*groups), scale.phases.get(phase)?.returned.median()?)));
        values.flatten().collect()
    };
    NAMES.iter().map(|(phase, name)| (*name, points(phase))).collect()
}

fn page(all: &Figures) -> String {
    let mut page = HEAD.to_owned();
    writeln!(page, "| | |\n| --- | --- |").unwrap();
    for (key, value) in &all.machine {
        writeln!(page, "| {key} | {value} |").unwrap();
    }
    for (name, life) in &all.life {
        writeln!(page, "| {name} | {} |", life.version.trim_end_matches("; urgency=medium")).unwrap();
    }
    page.push('\n');
    page.push_str(&goals::page(all));
    for (phase, title, text) in PHASES {
        life(&mut page, all, phase, title, text);
    }
    tables::failover(&mut page, all);
    tables::scale(&mut page, all);
    tables::start(&mut page, all);
    tables::core(&mut page, all);
    tables::fleet(&mut page, all);
    page
}

fn life(page: &mut String, all: &Figures, phase: &str, title: &str, text: &str) {
    let Some(floor) = all.phase(FLOOR, phase) else { return };
    let more = match phase {
        "up" => "usable, × | usable, ms | ",
        "change" => "outage, ms | ",
        _ => "",
    };
    let rule = more.matches('|').map(|_| " ---: |").collect::<String>();
    write!(
        page,
        "## {title}\n\n{text}\n\n![{title}](benchmarks/{phase}.svg)\n\n\
         | program | {more}returned, × | returned, ms | processor, × | memory, MiB | asked | changed | processes |\n\
         | --- |{rule} ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
    .unwrap();
    let mut rows: Vec<_> = all.life.iter().filter_map(|(name, life)| Some((name, life.phases.get(phase)?))).collect();
    rows.sort_by(|(_, a), (_, b)| {
        measure(phase, a).median().unwrap_or_default().total_cmp(&measure(phase, b).median().unwrap_or_default())
    });
    for (name, row) in rows {
        let more = match phase {
            "up" => format!("{} | {} | ", shown(ratio(&row.usable, &floor.usable)), spread(&row.usable)),
            "change" => format!("{} | ", spread(&row.outage)),
            _ => String::new(),
        };
        let requests = row.requests.unwrap_or_default();
        writeln!(
            page,
            "| {name} | {more}{} | {} | {} | {:.1} | {} | {} | {} |",
            shown(ratio(&row.returned, &floor.returned)),
            spread(&row.returned),
            shown(ratio(&row.cpu, &floor.cpu)),
            row.memory.median().unwrap_or_default() / 1024.0,
            requests.reads,
            requests.writes + requests.files,
            requests.processes,
        )
        .unwrap();
    }
    page.push('\n');
}
