//! Plans as text: what would be done for a group on a host, and which native commands that is.
//!
//! Each folder beside this file is a case: `group.toml` (what is wanted), `current.toml` (the host, a snapshot),
//! `plan.txt` (steps and notes, or refusals), `linux.txt` (the same steps as commands), and `illumos.txt`: what the same
//! file becomes there, commands and notes or refusals, on a host with the same members. `UPDATE_EXPECTED=1` writes the
//! last three anew; read the difference before you commit it. Where a folder has `illumos-persistent.txt`, that is the
//! plan of `--persist` there, in both of the ways in which it is made to last.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mpath_backend_illumos::Dialect;
use mpath_core::effect;
use mpath_core::fake::FakeHost;
use mpath_core::plan::{self, NoPlan, Prepared};
use mpath_core::resolve::Question;
use mpath_core::settings::MacSharing;
use mpath_core::snapshot::{Controller, Driver};
use mpath_core::source::SourceFile;
use mpath_core::{Backend as _, Capabilities, Group, Receipt, Snapshot, Step};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/plans");
    let mut cases: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    cases
}

fn group(case: &Path) -> Group {
    let path = case.join("group.toml");
    let source = SourceFile::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
    let groups =
        mpath_core::validate::read(&[source]).unwrap_or_else(|problems| panic!("{path:?}: {problems:#?}")).groups;
    assert_eq!(groups.len(), 1, "{path:?}");
    groups.into_iter().next().unwrap()
}

fn current(case: &Path) -> Snapshot {
    let path = case.join("current.toml");
    toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn plan(group: &Group, host: &Snapshot) -> Result<Prepared, NoPlan> {
    let capabilities = mpath_backend_linux::capabilities();
    plan::up(Question {
        desired: group,
        current: host,
        receipt: None,
        capabilities: &capabilities,
        adopt: false,
        persist: false,
    })
}

/// The case on illumos: the interfaces of the host under illumos's rules, without what only Linux shows.
fn current_on_illumos(case: &Path) -> Snapshot {
    let mut host = current(case);
    host.driver = Driver::Ready;
    host.host_wide = Some(mpath_backend_illumos::shipped_settings());
    let primary: BTreeMap<_, _> = host
        .interfaces
        .iter()
        .filter_map(|(name, interface)| Some((name.clone(), interface.group()?.settings.primary.clone()?)))
        .collect();
    for (name, interface) in &mut host.interfaces {
        interface.manager = None;
        let is_group = interface.group().is_some();
        for (number, address) in (0..).zip(&mut interface.addresses) {
            // As ipadm calls them, kept over a boot; but a group is there until the next one.
            address.label = Some(format!("{name}/v{number}"));
            address.kept = !address.automatic && !is_group;
        }
        if let Some(group) = interface.group_mut() {
            group.settings.mac_sharing = MacSharing::Active;
            (interface.mac, interface.up) = (None, true);
        }
        if let Some(Controller::Group(membership)) = &mut interface.controller {
            membership.standby = primary.get(&membership.device).is_some_and(|primary| primary != name);
            membership.own_mac = interface.permanent_mac;
        }
        interface.mac = interface.permanent_mac.or(interface.mac);
        interface.persistent = interface.up && !is_group;
    }
    host.let_settings_follow(&mpath_backend_illumos::capabilities().rules);
    host
}

/// The text of `illumos-persistent.txt`.
fn illumos_persistent(desired: &Group, host: &Snapshot) -> String {
    let by_ipadm = illumos(desired, host, Dialect::Ipadm, true);
    format!("## by ipadm\n{by_ipadm}\n## by ifconfig\n{}", illumos(desired, host, Dialect::Ifconfig, true))
}

/// The text of `illumos.txt`.
fn illumos(desired: &Group, host: &Snapshot, dialect: Dialect, persist: bool) -> String {
    let capabilities = illumos_capabilities(host, dialect);
    let question =
        Question { desired, current: host, receipt: None, capabilities: &capabilities, adopt: false, persist };
    told(&plan::up(question), |step| typed(step, &mpath_backend_illumos::explain(step, dialect)))
}

fn illumos_capabilities(host: &Snapshot, dialect: Dialect) -> Capabilities {
    let mut capabilities = mpath_backend_illumos::capabilities_of(dialect);
    capabilities.obstacles = mpath_backend_illumos::obstacles_in(host);
    capabilities
}

/// The text of `linux.txt`.
fn linux(result: &Result<Prepared, NoPlan>) -> String {
    let steps = result.iter().flat_map(|prepared| &prepared.plan.steps);
    steps.map(|step| typed(step, &mpath_backend_linux::explain(step))).collect()
}

/// A plan with its notes, or what stands against it.
fn told(result: &Result<Prepared, NoPlan>, show: impl Fn(&Step) -> String) -> String {
    let mut text = String::new();
    match result {
        Err(NoPlan::Refused(refusals)) => {
            for refusal in refusals {
                writeln!(text, "refused: {refusal}\n  hint: {}", refusal.hint()).unwrap();
            }
        }
        Err(NoPlan::Defect(nonsense)) => panic!("{nonsense}"),
        Ok(Prepared { plan, .. }) => {
            for note in &plan.notes {
                writeln!(text, "{}: {note}", if note.is_warning() { "warning" } else { "note" }).unwrap();
            }
            text.extend(plan.steps.iter().map(show));
            if plan.is_empty() {
                writeln!(text, "nothing to do").unwrap();
            }
        }
    }
    text
}

/// A step as it could be typed.
fn typed(step: &Step, commands: &[String]) -> String {
    commands.iter().fold(format!("# {step}\n"), |text, command| text + command + "\n")
}

#[test]
fn each_case_has_the_plan_that_its_folder_says() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let plan = plan(&group(&case), &current(&case));
        let (text, linux) = (told(&plan, |step| format!("{step}\n")), linux(&plan));
        let here = current_on_illumos(&case);
        let illumos = illumos(&group(&case), &here, Dialect::Ipadm, false);
        let persistent = case.join("illumos-persistent.txt").exists();
        let persistent = persistent.then(|| ("illumos-persistent.txt", illumos_persistent(&group(&case), &here)));
        // Where the older programs do it otherwise than the newer.
        let by_ifconfig = case.join("illumos-ifconfig.txt").exists();
        let by_ifconfig = by_ifconfig
            .then(|| ("illumos-ifconfig.txt", self::illumos(&group(&case), &here, Dialect::Ifconfig, false)));
        let all = [("plan.txt", text), ("linux.txt", linux), ("illumos.txt", illumos)];
        for (file, found) in all.into_iter().chain(persistent).chain(by_ifconfig) {
            let path = case.join(file);
            if update {
                fs::write(&path, found).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != found {
                wrong.push(format!("{}:\n{found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_plan_ends_in_a_host_that_needs_nothing_more() {
    for case in cases() {
        let desired = group(&case);
        let Ok(Prepared { plan: planned, .. }) = plan(&desired, &current(&case)) else { continue };
        let mut host = FakeHost::new(current(&case));
        host.capabilities = mpath_backend_linux::capabilities();
        for step in &planned.steps {
            host.execute(step).unwrap_or_else(|error| panic!("{case:?}: {step}: {error}"));
        }
        let again = plan(&desired, &host.observe().unwrap()).unwrap().plan;
        assert!(again.is_empty(), "{case:?}: {:#?}", again.steps);
    }
}

/// The paths of all keys in a table, as `mpath_core::spec::keys` writes them.
fn paths(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => paths(inner, &format!("{path}."), found),
            toml::Value::Array(list) => {
                for inner in list.iter().filter_map(toml::Value::as_table) {
                    paths(inner, &format!("{path}[]."), found);
                }
            }
            _ => {}
        }
        found.insert(path);
    }
}

#[test]
fn each_plan_on_illumos_ends_in_a_host_that_needs_nothing_more() {
    let mut lasting = 0;
    for (case, persist) in cases().into_iter().flat_map(|case| [(case.clone(), false), (case, true)]) {
        let (desired, before) = (group(&case), current_on_illumos(&case));
        let capabilities = illumos_capabilities(&before, Dialect::Ipadm);
        let ask = |current: &Snapshot, receipt: Option<&Receipt>, persist| {
            let (desired, capabilities) = (&desired, &capabilities);
            plan::up(Question { desired, current, receipt, capabilities, adopt: false, persist })
        };
        let Ok(Prepared { plan: planned, receipt }) = ask(&before, None, persist) else { continue };
        let mut host = before.clone();
        let go = |steps: &[Step], host: &mut Snapshot| {
            for step in steps {
                effect::apply(step, host, &capabilities).unwrap_or_else(|error| panic!("{case:?}: {error}"));
                let told = mpath_backend_illumos::explain(step, Dialect::Ipadm);
                assert!(!told.is_empty(), "{case:?}: nothing would be done to {step}");
            }
        };
        go(&planned.steps, &mut host);
        // A group keeps its kind, whether or not that is asked for another time.
        for persist in [false, persist] {
            let again = ask(&host, Some(&receipt), persist).unwrap().plan;
            assert!(again.is_empty(), "{case:?}: {:#?}", again.steps);
        }
        let device = &host.interfaces[&planned.device];
        assert_eq!(device.persistent, persist, "{case:?}");
        assert!(device.own_addresses().all(|address| address.kept == persist), "{case:?}");
        lasting += usize::from(persist);
        // A group that mpath had not made has no receipt, and cannot be given back.
        if receipt.before.interfaces.contains_key(&planned.device) || before.group(&planned.device).is_some() {
            continue;
        }
        let down = plan::down(desired.name(), &planned.device, &host, Some(&receipt), &capabilities, false).unwrap();
        go(&down.steps, &mut host);
        assert_eq!(host.configuration(), before.configuration(), "{case:?}");
    }
    assert!(lasting > 10, "only {lasting} groups were made to last");
}

#[test]
fn the_cases_cover_every_key_of_the_file() {
    let mut found = BTreeSet::new();
    for case in cases() {
        let file: toml::Table = fs::read_to_string(case.join("group.toml")).unwrap().parse().unwrap();
        for group in file["group"].as_table().unwrap().values() {
            paths(group.as_table().unwrap(), "", &mut found);
        }
    }
    // Hooks are no part of any plan.
    let keys = mpath_core::spec::keys::KEYS.iter().map(|key| key.path).filter(|path| !path.starts_with("hook[]"));
    let keys: BTreeSet<_> = keys.map(str::to_owned).collect();
    let missing: Vec<_> = keys.difference(&found).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
    let unknown: Vec<_> = found.difference(&keys).collect();
    assert!(unknown.is_empty(), "keys that are in no list: {unknown:?}");
}
