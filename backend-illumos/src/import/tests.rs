use std::collections::BTreeMap;

use mpath_core::import::Fate;
use mpath_core::{Group, SourceFile, read};
use proptest::prelude::{ProptestConfig, Strategy, any};
use proptest::sample::{select, subsequence};

use super::*;
use crate::render::{hostname, solaris10};

fn files(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn settled(import: Import) -> (Vec<Group>, Vec<String>) {
    let mut told: Vec<_> =
        import.leftovers.iter().map(|left| format!("{:?} {}: {}", left.fate, left.origin, left.why)).collect();
    let mut groups = Vec::new();
    for draft in import.drafts {
        let settled = draft.settle();
        told.extend(settled.leftovers.iter().map(|left| format!("{:?} {}", left.fate, left.origin)));
        told.extend(settled.problems.iter().map(ToString::to_string));
        groups.extend(settled.group);
    }
    (groups, told)
}

/// Groups that both kinds of files can say, with the members in the order in which files are read: the primary, and the
/// others by their names.
const GROUPS: [&str; 4] = [
    "[group.ipmp0]\nmembers = [\"net1\", \"net0\"]\nprimary = \"net1\"\naddresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\n",
    "[group.ipmp0]\nmembers = [\"net0\", \"net1\"]\naddresses = [\"10.0.0.34/23\", \"10.0.0.37/23\"]\nfailback = \"never\"\n\
     routes = [{ to = \"172.16.0.0/12\", via = \"10.0.0.2\" }]\n",
    "[group.ipmp0]\nmembers = [{ name = \"net1\", probe-address = \"10.0.0.36/23\" }, { name = \"net0\", probe-address = \"10.0.0.35/23\" }]\n\
     primary = \"net1\"\naddresses = [\"10.0.0.34/23\"]\ngateway = \"10.0.0.1\"\ndetection.probe = { interval = \"500ms\" }\n",
    "[group.lan0]\nmembers = [\"net0\"]\naddresses = [\"10.0.0.34/8\"]\n",
];

#[test]
fn what_is_rendered_is_read_as_the_same_group() {
    for text in GROUPS {
        let group = &read(&[SourceFile::new("group.toml", text)]).unwrap().groups[0];
        for render in [hostname::render, solaris10::render] {
            let rendering = render(&[group], "group.toml").unwrap();
            let files: BTreeMap<_, _> = rendering.files.into_iter().map(|file| (file.path, file.text)).collect();
            let (groups, told) = settled(import(&files));
            assert_eq!((groups.as_slice(), told), ([group.clone()].as_slice(), vec![]), "{files:#?}");
        }
    }
}

/// Any group that both kinds of files can say.
fn any_group() -> impl Strategy<Value = Group> {
    let members = (subsequence(vec!["net0", "net1", "e1000g2", "ixgbe0"], 1..=4), any::<proptest::sample::Index>());
    let addresses =
        select(vec!["\"10.0.0.34/24\"", "\"10.0.0.34/23\", \"10.0.0.37/23\"", "\"10.0.0.34/8\", \"172.16.9.1/16\""]);
    // In milliseconds; in.mpathd takes five of them for a failure, and not less than 100 ms altogether.
    let probes = proptest::option::of(select(vec![20, 100, 500, 2000]));
    (members, any::<bool>(), addresses, probes, any::<[bool; 3]>()).prop_map(
        |((mut members, first), prefers, addresses, probes, [gateway, route, stays])| {
            members.sort_unstable();
            let primary = (prefers && members.len() > 1).then(|| members.remove(first.index(members.len())));
            members.splice(0..0, primary);
            let member = |(number, name): (usize, &&str)| match probes {
                Some(_) => format!("{{ name = \"{name}\", probe-address = \"10.0.0.{}/24\" }}", 50 + number),
                None => format!("\"{name}\""),
            };
            let named: Vec<_> = members.iter().enumerate().map(member).collect();
            let mut text = format!("[group.lan0]\nmembers = [{}]\naddresses = [{addresses}]\n", named.join(", "));
            let mut line = |said: bool, line: &str| text += &if said { format!("{line}\n") } else { String::new() };
            line(primary.is_some(), &format!("primary = \"{}\"", members[0]));
            line(gateway || probes.is_some(), "gateway = \"10.0.0.1\"");
            line(route, "routes = [{ to = \"192.168.0.0/16\", via = \"10.0.0.2\" }]");
            line(stays, "failback = \"never\"");
            line(probes.is_some(), &format!("detection.probe = {{ interval = \"{}ms\" }}", probes.unwrap_or_default()));
            read(&[SourceFile::new("group.toml", text.as_str())])
                .unwrap_or_else(|told| panic!("{told:?}\n{text}"))
                .groups
                .remove(0)
        },
    )
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_both_kinds_of_files(group in any_group()) {
        for render in [hostname::render, solaris10::render] {
            let files: BTreeMap<_, _> =
                render(&[&group], "group.toml").unwrap().files.into_iter().map(|file| (file.path, file.text)).collect();
            let (groups, told) = settled(import(&files));
            proptest::prop_assert_eq!((groups, told), (vec![group.clone()], vec![]), "{:#?}", files);
        }
    }
}

#[test]
fn several_groups_keep_their_own_routes() {
    let text = "[group.ipmp0]\nmembers = [\"net0\"]\naddresses = [\"10.0.0.34/24\"]\ngateway = \"10.0.0.1\"\n\
        [group.ipmp1]\ndevice = \"ipmp1\"\nmembers = [\"net1\"]\ndhcp = true\naddresses = [\"10.0.1.34/24\"]\nroutes = [{ to = \"10.9.0.0/16\", via = \"10.0.1.1\" }]\n";
    let wanted = read(&[SourceFile::new("group.toml", text)]).unwrap().groups;
    let rendering = hostname::render(&wanted.iter().collect::<Vec<_>>(), "group.toml").unwrap();
    let files: BTreeMap<_, _> = rendering.files.into_iter().map(|file| (file.path, file.text)).collect();
    let (groups, told) = settled(import(&files));
    assert_eq!((groups, told), (wanted, vec![]), "{files:#?}");
}

#[test]
fn files_by_hand_are_read_with_names_masks_and_free_group_names() {
    let files = files(&[
        (
            "etc/hostname.ixgbe0",
            "172.16.35.93 netmask 255.255.255.0 mtu 1500 broadcast + group 10g-failover deprecated -failover up\n",
        ),
        ("etc/hostname.ixgbe1", "group 10g-failover standby up\n"),
        ("etc/hostname.ipmp0", "ipmp group 10g-failover www netmask + broadcast + up\n"),
        ("etc/inet/hosts", "172.16.35.92 www www.example # the service\n"),
        ("etc/inet/netmasks", "172.16.0.0 255.255.255.0\n"),
        ("etc/defaultrouter", "# out\n172.16.35.1\n"),
        ("etc/default/mpathd", "FAILURE_DETECTION_TIME=7000\n"),
    ]);
    let (groups, told) = settled(import(&files));
    let text = "[group.10g-failover]\ndevice = \"ipmp0\"\nmembers = [{ name = \"ixgbe0\", probe-address = \"172.16.35.93/24\" }, \"ixgbe1\"]\n\
        primary = \"ixgbe0\"\naddresses = [\"172.16.35.92/24\"]\ngateway = \"172.16.35.1\"\ndetection.probe = { interval = \"1s\" }\n";
    assert_eq!(groups, read(&[SourceFile::new("group.toml", text)]).unwrap().groups, "{told:#?}");
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn what_no_key_says_is_told_with_its_line() {
    let files = files(&[
        ("etc/hostname.net0", "group a\n10.0.0.5/24 up\naddif elsewhere up\nether 2:0:0:0:0:1\n"),
        ("etc/hostname.net1", "group a\nup\nstandby\n"),
        ("etc/hostname.net2", "10.0.9.1/24 up\n"),
        ("etc/hostname.net3", "group a\n"),
        ("etc/hostname.net0.before-mpath", "10.0.0.9/24\n"),
        ("etc/dhcp.net1", ""),
        ("etc/defaultrouter", "10.7.0.1\nrouter\n"),
        (
            "etc/inet/static_routes",
            "-inet 10.8.0.0/16 10.0.0.1\n-inet 10.9.0.0/16 -interface 10.0.0.5\n-inet default 10.7.0.2 -ifp net2\n",
        ),
    ]);
    let found = import(&files);
    let told: Vec<_> =
        found.leftovers.iter().map(|left| (left.fate, left.origin.file.as_str(), left.origin.line)).collect();
    for expected in [
        (Fate::Lost, "etc/hostname.net0", Some(3)),
        (Fate::Lost, "etc/hostname.net0", Some(4)),
        (Fate::LeftAlone, "etc/hostname.net2", None),
        (Fate::LeftAlone, "etc/hostname.net0.before-mpath", None),
        (Fate::Changed, "etc/hostname.net3", None),
        (Fate::Lost, "etc/dhcp.net1", Some(1)),
        (Fate::LeftAlone, "etc/defaultrouter", Some(1)),
        (Fate::Lost, "etc/defaultrouter", Some(2)),
        (Fate::Lost, "etc/inet/static_routes", Some(2)),
        (Fate::LeftAlone, "etc/inet/static_routes", Some(3)),
    ] {
        assert!(told.contains(&expected), "{expected:?}: {told:#?}");
    }
}

#[test]
fn both_families_of_an_interface_are_in_its_group_and_flags_before_an_address_are_its_own() {
    let files = files(&[
        ("etc/hostname.net0", "group ipmp0 -failover 10.0.0.5/8 up addif 10.0.0.6/8 -failover deprecated up\n"),
        ("etc/hostname6.net0", "plumb -failover up\n"),
        ("etc/hostname.net1", "group ipmp0 \\\nup\n"),
        ("etc/hostname.net2", "10.0.0.8/8 group ipmp0 up\n-failover deprecated\n"),
        ("etc/hostname.net3", "-failover deprecated\n10.0.0.9/8 group ipmp0 up\n"),
        ("etc/hostname.ipmp0", "ipmp group ipmp0 10.0.0.7/8 up \\\n"),
        ("etc/hostname6.ipmp0", "addif 2001:db8::7/64 up\n"),
        ("etc/defaultrouter", "10.0.0.1\n2001:db8::1\n"),
    ]);
    let found = import(&files);
    let text = found.drafts[0].to_toml();
    assert!(
        text.contains(
            "members   = [{ name = \"net0\", probe-address = \"10.0.0.5/8\" }, \"net1\", \
        { name = \"net2\", probe-address = \"10.0.0.8/8\" }, { name = \"net3\", probe-address = \"10.0.0.9/8\" }]"
        ),
        "{text}"
    );
    assert!(text.contains("addresses = [\"10.0.0.7/8\", \"2001:db8::7/64\"]"), "{text}");
    assert!(text.contains("gateway   = [\"10.0.0.1\", \"2001:db8::1\"]"), "{text}");
    let told: Vec<_> = found.leftovers.iter().map(|left| (left.fate, left.why.as_str())).collect();
    let of_ipv6 = "the file names no address that could be the test address; mpath probes by IPv4";
    assert_eq!(told, [(Fate::Lost, of_ipv6), (Fate::Lost, "mpath has one test address for each member")]);
}
