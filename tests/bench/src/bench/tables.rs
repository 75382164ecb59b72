//! The tables of the page that are not the life of a group.

use std::fmt::Write as _;

use super::failover::Gaps;
use super::figures::{Phase, Series};
use super::report::{Figures, ratio, shown, spread};

pub(crate) fn failover(page: &mut String, all: &Figures) {
    if all.failover.is_empty() {
        return;
    }
    page.push_str(
        "## Failover and failback\n\n\
         The longest time without an answer, as one sees it who sends a packet each millisecond: after the cable of the active member is\n\
         pulled, and after it is plugged in again. *Nothing said*: the least that a file of that program can say. *The story*: looked at each\n\
         100 ms, with delays of 200 ms. The bound: a look of the driver finds the loss, the delay is counted in looks\n\
         (`bond_miimon_inspect`), and each is a tick of this kernel's clock, 10 ms, later than asked for (`calc_index`). *Never*: the group\n\
         had lost the cable and did not see it. One after the other here, not in turns.\n\n\
         ![Failover](benchmarks/failover.svg)\n\n\
         | group | bound, ms | failover, ms | failback, ms |\n| --- | ---: | ---: | ---: |\n",
    );
    let mut rows: Vec<_> = all.failover.iter().collect();
    let middle = |gaps: &Gaps| gaps.failover.median().unwrap_or(f64::MAX);
    rows.sort_by(|(_, a), (_, b)| middle(a).total_cmp(&middle(b)));
    for (name, gaps) in rows {
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

pub(crate) fn scale(page: &mut String, all: &Figures) {
    if all.scale.is_empty() {
        return;
    }
    page.push_str(
        "## Many groups\n\n\
         Groups on one host, on dummy devices: `up --all` from nothing and again, `status --json`, `plan --all`, beside `ip -batch` with the\n\
         same commands and one look, `ip -d -j link`. *Asked* counts the messages of `up --all` that finds nothing to do. *Event*: from a\n\
         command that switches a member off or on until `mpath watch --json` has told of it. Three rounds where there are more than 100. Memory: of `up --all`, and of `watch`.\n\n\
         ![Many groups](benchmarks/scale.svg)\n\n\
         | groups of members | ip -batch, ms | up, × | look, ms | again, × | status, × | plan, × | up, MiB | watch, MiB | asked | event, ms |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
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
            "| {name} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} | {} | {} |",
            spread(&of("ip -batch").returned),
            shown(ratio(&of("up").returned, &of("ip -batch").returned)),
            spread(&of("look").returned),
            look("again"),
            look("status"),
            look("plan"),
            of("up").memory.median().unwrap_or_default() / 1024.0,
            mebibytes(scale.watching),
            of("again").requests.map_or(0, |requests| requests.reads),
            spread(&scale.event),
        )
        .unwrap();
    }
    page.push('\n');
}

pub(crate) fn start(page: &mut String, all: &Figures) {
    if !all.start.is_empty() {
        page.push_str(
            "## Starting\n\nOne group is there and as wanted. Pages are those that a program touches for the first time.\n\n\
             | command | ms | memory, MiB | pages |\n| --- | ---: | ---: | ---: |\n",
        );
        for (name, phase) in &all.start {
            let memory = phase.memory.median().unwrap_or_default() / 1024.0;
            let middle = phase.returned.median().unwrap_or_default();
            let (least, most) = (phase.returned.least().unwrap_or_default(), phase.returned.most().unwrap_or_default());
            let pages = phase.pages.median().unwrap_or_default();
            writeln!(page, "| `{name}` | {middle:.1} ({least:.1}–{most:.1}) | {memory:.1} | {pages:.0} |").unwrap();
        }
        page.push('\n');
    }
}

pub(crate) fn core(page: &mut String, all: &Figures) {
    if all.instructions.is_empty() && all.core.is_empty() {
        return;
    }
    page.push_str(
        "## The pure core\n\nWithout any host: a file of groups is parsed, read (parsed and validated), and planned (read, and a plan for each group). By criterion\n\
         on the machine itself; instructions by callgrind, which are the same in every run.\n\n\
         | stage | groups | ms | instructions |\n| --- | ---: | ---: | ---: |\n",
    );
    let mut rows: Vec<(&str, u64)> = all
        .instructions
        .keys()
        .chain(all.core.keys())
        .filter_map(|name| {
            let (stage, groups) = name.split_once(' ')?;
            Some((stage, groups.parse().ok()?))
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    for (stage, groups) in rows {
        let name = format!("{stage} {groups}");
        let instructions = all.instructions.get(&name).map_or("–".to_owned(), ToString::to_string);
        let time = all.core.get(&name).map_or("–".to_owned(), spread);
        writeln!(page, "| {stage} | {groups} | {time} | {instructions} |").unwrap();
    }
    page.push('\n');
}

pub(crate) fn fleet(page: &mut String, all: &Figures) {
    let Some((hosts, bytes)) = all.fleet.iter().find_map(|line| Some((line.hosts?, line.facts_bytes?))) else { return };
    write!(
        page,
        "## A fleet\n\nOne file for {hosts} hosts, of which `facts.json` has {:.0} MiB ([a fleet](guide/a-fleet.md)), on the machine itself; `make bench-fleet`\n\
         by itself. Memory is the most of this command and those above it.\n\n| command | ms | memory, MiB |\n| --- | ---: | ---: |\n",
        mebibytes(bytes / 1024)
    )
    .unwrap();
    for line in all.fleet.iter().filter(|line| line.milliseconds.is_some()) {
        let memory = line.most_memory_mib.map_or("–".to_owned(), |memory| memory.to_string());
        let (verb, rest) = line.bench.split_once(' ').unwrap_or((&line.bench, ""));
        let command = format!("{verb} --hosts facts.json {rest}");
        writeln!(page, "| `mpath {}` | {:.0} | {memory} |", command.trim_end(), line.milliseconds.unwrap_or_default())
            .unwrap();
    }
    page.push('\n');
}

#[allow(clippy::cast_precision_loss, reason = "no program here has that much memory")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
