//! What one configuration says to different hosts.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::collections::BTreeMap;

use mpath_core::identity::{Links, Os};
use mpath_core::{Group, Identity, InterfaceName, MacAddress, SourceFile, read, read_for};
use pretty_assertions::assert_eq;

fn on(text: &str, name: &str, os: Os) -> Vec<Group> {
    groups(&[SourceFile::new("fleet.toml", text)], &Identity::named(name, os))
}

fn groups(sources: &[SourceFile], identity: &Identity) -> Vec<Group> {
    let found = read_for(sources, identity);
    found.unwrap_or_else(|problems| panic!("{}", shown(&problems))).groups
}

fn shown(problems: &[mpath_core::Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn mtu(text: &str, name: &str, os: Os) -> Option<u32> {
    on(text, name, os)[0].mtu()
}

const FLEET: &str = "
[group.lan]
members   = [\"eth0\", \"eth1\"]
addresses = [\"10.0.0.${host.index}/16\"]
mtu       = 1500
detection = { link = { interval = \"100ms\", up-delay = \"200ms\" } }

[group.lan.os.illumos]
members = [\"net0\", \"net1\"]
mtu     = 1501

[group.lan.host.\"web*\"]
mtu       = 1502
detection = { link = { up-delay = \"300ms\" } }

[group.lan.host.\"web1?\"]
mtu = 1503

[group.lan.host.web11]
mtu = 1504
";

#[test]
fn a_narrower_override_is_laid_over_a_wider_one_and_names_over_systems() {
    assert_eq!(mtu(FLEET, "db7", Os::Linux), Some(1500));
    assert_eq!(mtu(FLEET, "db7", Os::Illumos), Some(1501));
    assert_eq!(mtu(FLEET, "web7", Os::Illumos), Some(1502));
    assert_eq!(mtu(FLEET, "web17", Os::Linux), Some(1503));
    assert_eq!(mtu(FLEET, "web11", Os::Linux), Some(1504));
    // The same whatever the order of the file.
    let mut parts: Vec<_> = FLEET.split("\n\n").collect();
    parts[1..].reverse();
    assert_eq!(mtu(&parts.join("\n\n"), "web11", Os::Illumos), Some(1504));
}

#[test]
fn tables_are_merged_and_lists_are_replaced() {
    let group = on(FLEET, "web7", Os::Illumos).remove(0);
    assert_eq!(group.members().len(), 2);
    assert_eq!(format!("{:?}", group.members()).matches("net").count(), 2);
    let link = group.detection().link().unwrap();
    assert_eq!((link.interval.get(), link.up_delay.get()), (100, 300));
    assert_eq!(group.addressing().addresses[0].to_string(), "10.0.0.7/16");
}

#[test]
fn hosts_that_do_not_match_do_not_have_a_group() {
    let text = "[group.lan]\nmembers = [\"eth0\"]\ndhcp = true\nmatch = { host = [\"web*\", \"db1\"], os = \"linux\" }\n\
        [group.all]\nmembers = [\"eth9\"]\ndhcp = true\n[[hook]]\non = [\"failover\"]\nrun = [\"/bin/${x}\"]\ngroups = [\"lan\"]\n";
    let names =
        |host: &str, os| -> Vec<String> { on(text, host, os).iter().map(|group| group.name().to_string()).collect() };
    assert_eq!(names("web1", Os::Linux), ["lan", "all"]);
    assert_eq!(names("db1.example", Os::Linux), ["lan", "all"]);
    assert_eq!(names("db2", Os::Linux), ["all"]);
    assert_eq!(names("web1", Os::Solaris), ["all"]);
    // Of whom nothing is known has what all have.
    assert_eq!(read(&[SourceFile::new("fleet.toml", text)]).unwrap().groups.len(), 1);
}

#[test]
fn an_override_that_is_wrong_is_an_error_on_hosts_that_do_not_have_it() {
    let wrong = |more: &str| {
        let text = format!("{FLEET}\n[group.lan.host.\"db*\"]\n{more}\n");
        let problems = read_for(&[SourceFile::new("fleet.toml", text.as_str())], &Identity::named("web1", Os::Linux));
        problems.err().map(|problems| shown(&problems))
    };
    for (more, expected) in [
        ("mtuu = 1", "the key \"mtuu\" is not known here"),
        ("mtu = \"1\"", "found the text \"1\""),
        ("gateway = \"192.168.1.1\"", "lies in none"),
        ("addresses = []", "the group has no address"),
        ("primary = \"eth7\"", "eth7 is not the name of a member"),
    ] {
        let found = wrong(more).unwrap_or_default();
        assert!(found.contains(expected), "{more}: {found}");
    }
    // Good on some of the hosts that have it: the others are told when it is their turn.
    assert_eq!(wrong("gateway = \"10.0.0.2\""), None);
    assert_eq!(wrong("primary = \"net1\""), None);
}

#[test]
fn facts_are_put_into_texts() {
    let text = "[group.lan]\ndevice = \"bond${host.index}\"\nmembers = [\"eth0\"]\nmac = \"${link.eth0.mac}\"\n\
        addresses = [\"10.${ host.index }.0.${host.index+100}/24\", \"10.9.${host.index/3}.${host.index % 4}/24\"]\n";
    let mac = MacAddress::new([0x52, 0x54, 0, 0, 0, 9]);
    let links = Links::Known(BTreeMap::from([(InterfaceName::new("eth0").unwrap(), Some(mac))]));
    let identity = Identity { links, ..Identity::named("web007", Os::Linux) };
    let group = groups(&[SourceFile::new("fleet.toml", text)], &identity).remove(0);
    assert_eq!(format!("{:?}", group.device()), "Named(InterfaceName(\"bond7\"))");
    let addresses: Vec<_> = group.addressing().addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.7.0.107/24", "10.9.2.3/24"]);
    assert!(format!("{:?}", group.mac()).contains(&format!("{mac:?}")), "{:?}", group.mac());
}

#[test]
fn a_value_with_a_fact_is_checked_as_what_it_is_and_told_with_what_is_written() {
    let problems = |name: &str| {
        let source = SourceFile::new("fleet.toml", FLEET);
        read_for(&[source], &Identity::named(name, Os::Linux)).map(drop).map_err(|problems| shown(&problems))
    };
    assert_eq!(problems("web254"), Ok(()));
    let told = problems("web256").unwrap_err();
    assert!(told.contains("10.0.0.256/16") && told.contains("from \"10.0.0.${host.index}/16\""), "{told}");
    let told = problems("webx").unwrap_err();
    assert!(told.contains("the host \"webx\" has no number") && told.lines().count() == 1, "{told}");
}

#[test]
fn two_dollars_are_one_where_a_fact_would_begin_and_hooks_know_no_facts() {
    let text = "[group.lan]\ndevice = \"a$${b}$$\"\nmembers = [\"eth0\"]\ndhcp = true\n\
        [[hook]]\non = [\"failover\"]\nrun = [\"/bin/sh\", \"-c\", \"echo ${HOME} $$\"]\n";
    let source = SourceFile::new("fleet.toml", text);
    let found = read_for(&[source], &Identity::named("web1", Os::Linux)).unwrap();
    assert_eq!(format!("{:?}", found.groups[0].device()), "Named(InterfaceName(\"a${b}$$\"))");
    assert_eq!(found.hooks[0].run[2], "echo ${HOME} $$");
}

#[test]
fn drop_ins_are_laid_over_their_file_in_order_and_below_overrides() {
    let sources = [
        SourceFile::new("fleet.toml", FLEET),
        SourceFile::drop_in("fleet.toml.d/10-a.toml", "[group.lan]\nmtu = 1600\ndevice = \"bond1\"\n"),
        SourceFile::drop_in(
            "fleet.toml.d/20-b.toml",
            "[group.lan]\nmtu = 1700\n[group.lan.host.web11]\nfailback = \"never\"\n[group.more]\nmembers = [\"eth5\"]\ndhcp = true\n",
        ),
        SourceFile::new("other.toml", "[group.other]\nmembers = [\"eth6\"]\ndhcp = true\n"),
    ];
    let db = groups(&sources, &Identity::named("db1", Os::Linux));
    assert_eq!(db.iter().map(|group| group.name().as_str()).collect::<Vec<_>>(), ["lan", "more", "other"]);
    assert_eq!(
        (db[0].mtu(), format!("{:?}", db[0].device())),
        (Some(1700), "Named(InterfaceName(\"bond1\"))".to_owned())
    );
    let web = groups(&sources, &Identity::named("web11", Os::Linux));
    assert_eq!((web[0].mtu(), format!("{:?}", web[0].failback())), (Some(1504), "Never".to_owned()));
}

#[test]
fn hooks_of_drop_ins_are_added_and_their_problems_have_their_places() {
    let hook = "[[hook]]\non = [\"failover\"]\nrun = [\"/bin/true\"]\n";
    let sources = [
        SourceFile::new("a.toml", format!("[group.lan]\nmembers = [\"eth0\"]\ndhcp = true\n{hook}")),
        SourceFile::drop_in("a.toml.d/b.toml", format!("{hook}{hook}")),
    ];
    assert_eq!(read(&sources).unwrap().hooks.len(), 3);
    let mut broken = sources.clone();
    broken[1].text.push_str("[group.lan]\n\nmtu = 12\nfailbak = 1\n");
    let problems = read(&broken).unwrap_err();
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (problem.span.source, broken[problem.span.source].position(problem.span.bytes.start).0))
        .collect();
    assert_eq!(places, [(1, 9), (1, 10)], "{}", shown(&problems));
}

const TAKES_OUT: &str = "
[group.lan]
members   = [\"eth0\", \"eth1\"]
primary   = \"eth0\"
addresses = [\"10.0.0.1/16\"]
mtu       = 1500
detection = { link = { interval = \"100ms\", up-delay = \"200ms\" } }

[group.lan.host.\"db*\"]
unset     = [\"mtu\", \"detection.link\", \"primary\"]
detection = { link = { down-delay = \"1s\" } }

[group.lan.host.db7]
mtu = 9000
";

#[test]
fn an_override_takes_keys_out_and_a_narrower_one_puts_them_back() {
    assert_eq!(mtu(TAKES_OUT, "web1", Os::Linux), Some(1500));
    assert_eq!(mtu(TAKES_OUT, "db1", Os::Linux), None);
    assert_eq!(mtu(TAKES_OUT, "db7", Os::Linux), Some(9000));
    let without = "[group.lan]\nmembers = ['eth0', 'eth1']\naddresses = ['10.0.0.1/16']\ndetection = { link = { down-delay = '1s' } }";
    assert_eq!(on(TAKES_OUT, "db1", Os::Linux), on(without, "db1", Os::Linux));
}

#[test]
fn a_drop_in_takes_keys_out_of_its_file_and_of_what_is_for_some_hosts() {
    let mtus = |drop_ins: &[&str]| {
        let drop_ins = drop_ins.iter().map(|text| SourceFile::drop_in("fleet.toml.d/x.toml", *text));
        let sources: Vec<_> = std::iter::once(SourceFile::new("fleet.toml", TAKES_OUT)).chain(drop_ins).collect();
        ["web1", "db7"].map(|name| groups(&sources, &Identity::named(name, Os::Linux))[0].mtu())
    };
    let of_group = "[group.lan]\nunset = ['mtu']";
    assert_eq!(mtus(&[of_group]), [None, Some(9000)]);
    assert_eq!(mtus(&[of_group, "[group.lan]\nmtu = 1400"]), [Some(1400), Some(9000)]);
    // With the key of the override goes what would have been over the group, and the group's own.
    assert_eq!(mtus(&["[group.lan.host.db7]\nunset = ['mtu']"]), [Some(1500), None]);
    assert_eq!(mtus(&["[group.lan.host.db7]\nunset = ['mtu']\nmtu = 8000"]), [Some(1500), Some(8000)]);
    assert_eq!(mtus(&["[group.lan]\nunset = ['host']"]), [Some(1500), Some(1500)]);
    // Another drop-in that takes out something else does not bring the first one's back.
    let web = |key: &str| format!("[group.lan.host.web1]\nunset = ['{key}']");
    assert_eq!(mtus(&[&web("mtu"), &web("detection")]), [None, Some(9000)]);
}

#[test]
fn what_cannot_be_taken_out_is_told_with_its_place() {
    let problems = |text: &str| shown(&read(&[SourceFile::new("fleet.toml", text)]).unwrap_err());
    let group = "[group.lan]\nmembers = ['eth0']\ndhcp = true\n";
    for (text, expected) in [
        ("unset = ['mtu']", "group.lan.unset: `unset` takes keys out of what is below, and below the file is nothing"),
        ("[group.lan.os.linux]\nunset = 'mtu'", "group.lan.os.linux.unset: found the text \"mtu\"; allowed: a list"),
        ("[group.lan.os.linux]\nunset = ['mtuu']", "unset[0]: the key \"mtuu\" is not known"),
        ("[group.lan.os.linux]\nunset = ['host']", "unset[0]: the key \"host\" is not known"),
        ("[group.lan.os.linux]\nunset = ['members']", "group.lan"),
    ] {
        let told = problems(&format!("{group}{text}"));
        assert!(told.contains(expected) && told.lines().count() == 1, "{text}: {told}");
    }
}
