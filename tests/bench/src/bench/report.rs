//! The page and the pictures, made of the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chart::{self, Bar};
use super::failover::Gaps;
use super::figures::{Life, Phase, Series};
use super::goals;
use super::scale::Scale;

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
        }
    }

    pub(crate) fn phase(&self, program: &str, phase: &str) -> Option<&Phase> {
        self.life.get(program)?.phases.get(phase)
    }
}

fn parse<T: for<'t> Deserialize<'t> + Default>(text: Option<String>) -> T {
    text.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default()
}

/// How many times as much the middle of one is as that of another.
pub(crate) fn ratio(series: &Series, floor: &Series) -> Option<f64> {
    Some(series.median()? / floor.median().filter(|floor| *floor > 0.0)?)
}

fn shown(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn spread(series: &Series) -> String {
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

fn page(all: &Figures) -> String {
    let mut page = String::from(
        "# Benchmarks: side by side with what people would use instead\n\n\
         Made by `make bench`, in one run on one machine: one kernel, the programs in turns, every other turn backwards. **Ratios are the\n\
         result**: how many times as long as `ip -batch` with the same commands, which is as fast as it can be done from a command line.\n\
         Milliseconds are a note; they hold for a kernel in user mode, in which a process starts some ten times as slowly as on the\n\
         machine itself. Middle (least–most) of all runs. All figures: [bench.json](benchmarks/bench.json).\n\n",
    );
    writeln!(page, "| | |\n| --- | --- |").unwrap();
    for (key, value) in &all.machine {
        writeln!(page, "| {key} | {value} |").unwrap();
    }
    page.push('\n');
    page.push_str(&goals::page(all));
    for (phase, title, text) in PHASES {
        life(&mut page, all, phase, title, text);
    }
    failover(&mut page, all);
    scale(&mut page, all);
    start(&mut page, all);
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

fn failover(page: &mut String, all: &Figures) {
    if all.failover.is_empty() {
        return;
    }
    page.push_str(
        "## Failover and failback\n\n\
         The longest time without an answer, as one sees it who sends a packet each millisecond: after the cable of the active member is\n\
         pulled, and after it is plugged in again. *Nothing said*: the least that a file of that program can say. The bound is the interval\n\
         and the delay of the driver (`bond_mii_monitor`), and one tick of this kernel's clock.\n\n\
         ![Failover](benchmarks/failover.svg)\n\n\
         | group | bound, ms | failover, ms | failback, ms |\n| --- | ---: | ---: | ---: |\n",
    );
    for (name, gaps) in &all.failover {
        let bound = gaps.bound.map_or("–".to_owned(), |bound| format!("{bound:.0}"));
        let never = |series: &Series| if series.0.is_empty() { "never".to_owned() } else { spread(series) };
        writeln!(page, "| {name} | {bound} | {} | {} |", never(&gaps.failover), never(&gaps.failback)).unwrap();
    }
    page.push('\n');
    if let [first, second] = all.exact.as_slice() {
        page.push_str(
            "In virtual time (`tests/lab/README.md`), where nothing else that a machine does counts, two runs:\n\n\
             | group | first, ms | second, ms |\n| --- | ---: | ---: |\n",
        );
        for (name, gaps) in first {
            let middle = |gaps: Option<&Gaps>| gaps.and_then(|gaps| gaps.failover.median()).unwrap_or_default();
            writeln!(page, "| {name} | {:.2} | {:.2} |", middle(Some(gaps)), middle(second.get(name))).unwrap();
        }
        page.push('\n');
    }
}

fn scale(page: &mut String, all: &Figures) {
    if all.scale.is_empty() {
        return;
    }
    page.push_str(
        "## Many groups\n\n\
         Groups on one host, on dummy devices: `up --all` from nothing and again, `status --json`, `plan --all`, beside `ip -batch` with the\n\
         same commands and one look, `ip -d -j link`. *Asked* counts the messages of `up --all` that finds nothing to do. *Event*: from a\n\
         command that switches a member off or on until `mpath watch --json` has told of it.\n\n\
         | groups of members | ip -batch, ms | up, × | look, ms | again, × | status, × | plan, × | memory, MiB | asked | event, ms |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut rows: Vec<_> = all.scale.iter().collect();
    let number = |name: &str| name.split(' ').filter_map(|word| word.parse::<usize>().ok()).product::<usize>();
    rows.sort_by_key(|(name, _)| number(name));
    for (name, scale) in rows {
        let none = Phase::default();
        let of = |name: &str| scale.phases.get(name).unwrap_or(&none);
        let look = |name: &str| shown(ratio(&of(name).returned, &of("look").returned));
        writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {} | {} | {:.1} | {} | {} |",
            spread(&of("ip -batch").returned),
            shown(ratio(&of("up").returned, &of("ip -batch").returned)),
            spread(&of("look").returned),
            look("again"),
            look("status"),
            look("plan"),
            of("again").memory.median().unwrap_or_default() / 1024.0,
            of("again").requests.map_or(0, |requests| requests.reads),
            spread(&scale.event),
        )
        .unwrap();
    }
    page.push('\n');
}

fn start(page: &mut String, all: &Figures) {
    if !all.start.is_empty() {
        page.push_str("## Starting\n\n| command | ms | memory, MiB |\n| --- | ---: | ---: |\n");
        for (name, phase) in &all.start {
            let memory = phase.memory.median().unwrap_or_default() / 1024.0;
            let middle = phase.returned.median().unwrap_or_default();
            let (least, most) = (phase.returned.least().unwrap_or_default(), phase.returned.most().unwrap_or_default());
            writeln!(page, "| `{name}` | {middle:.1} ({least:.1}–{most:.1}) | {memory:.1} |").unwrap();
        }
        page.push('\n');
    }
    if !all.instructions.is_empty() {
        page.push_str(
            "## Instructions\n\nCounted by callgrind, the same in every run: the pure core on so many groups.\n\n\
             | stage | groups | instructions |\n| --- | ---: | ---: |\n",
        );
        for (name, count) in &all.instructions {
            let (stage, groups) = name.split_once(' ').unwrap_or((name, ""));
            writeln!(page, "| {stage} | {groups} | {count} |").unwrap();
        }
        page.push('\n');
    }
}
