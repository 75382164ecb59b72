use std::collections::BTreeMap;

use mpath_core::import::{Fate, Import};
use mpath_core::{Draft, Group, SourceFile, read};
use proptest::prelude::ProptestConfig;

use super::{import, render};
use crate::format::round_trip::{groups, there_and_back};

fn imported(files: &[(&str, &str)]) -> Import {
    let place = |name: &str| format!("etc/sysconfig/network-scripts/{name}");
    import(&files.iter().map(|(name, text)| (place(name), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

fn told(import: &Import, fate: Fate) -> Vec<String> {
    let told = import.leftovers.iter().filter(|leftover| leftover.fate == fate);
    told.map(|leftover| format!("{} | {}", leftover.origin, leftover.why))
        .map(|text| text.replace("etc/sysconfig/network-scripts/", ""))
        .collect()
}

const BOND: &str = "# Bond of the office
DEVICE=bond0
TYPE='Bond'
BONDING_MASTER=yes
BONDING_OPTS=\"mode=1 miimon=100 \\
  primary=em1 downdelay=200 resend_igmp=3 odd\"
BOOTPROTO=none # static
IPADDR=192.168.1.34
NETMASK=255.255.255.0
IPADDR1=192.168.1.35
PREFIX1=24
IPADDR2=192.168.1.36
GATEWAY=192.168.1.24
BROADCAST=192.168.1.255
IPV6INIT=yes
IPV6ADDR=2001:db8:1::34/64
IPV6ADDR_SECONDARIES=\"2001:db8:1::35/64 2001:db8:1::36\"
IPV6_DEFAULTGW=fe80::1%bond0
IPV6_AUTOCONF=no
MTU=9000
DNS1=192.168.1.1
ZONE=work
DOMAIN=$(hostname -d)
. /etc/sysconfig/secret
ONBOOT=no
EMPTY=
";

#[test]
fn the_files_of_a_bond_and_its_members_are_a_group_and_every_other_line_is_told() {
    let import = imported(&[
        ("ifcfg-bond0", BOND),
        ("ifcfg-bond0:1", "DEVICE=bond0:1\nIPADDR=192.168.1.40\nPREFIX=24\nONPARENT=yes\n"),
        (
            "ifcfg-em1",
            "DEVICE=em1\nHWADDR=52:54:00:00:00:01\nMASTER=bond0\nSLAVE=yes\nBOOTPROTO=dhcp\nMTU=9000\nNM_CONTROLLED=no\n",
        ),
        ("ifcfg-em2", "export MASTER=bond0\nHWADDR=52:54:00:00:00:02\nSLAVE=yes\nETHTOOL_OPTS='speed 1000'\n"),
        ("ifcfg-em2.bak", "DEVICE=em2\nMASTER=bond0\nSLAVE=yes\n"),
        ("ifcfg-em3", "BOOTPROTO=dhcp\n"),
        ("ifcfg-lo", "DEVICE=lo\n"),
        (
            "route-bond0",
            "# to the lab\n10.0.0.0/8 via 192.168.1.9 dev bond0 metric 7\n10.9.0.0/16 via 192.168.1.9 table 7\ndefault via 192.168.1.8 metric 50\n192.0.2.1\n10.8.0.0/16 dev em3\nblackhole 10.7.0.0/16\n",
        ),
        ("route6-bond0", "2001:db8:2::/48 via 2001:db8:1::9\n"),
    ]);
    let [draft] = import.drafts.as_slice() else { panic!("{import:#?}") };
    let settled = draft.clone().settle();
    assert_eq!((&settled.leftovers, &settled.problems), (&vec![], &vec![]));
    assert_eq!(
        settled.draft.to_toml(),
        "[group.bond0]\n\
         members   = [\"em1\", { mac = \"52:54:00:00:00:02\" }]\n\
         primary   = \"em1\"\n\
         mode      = \"active-backup\"\n\
         mtu       = 9000\n\
         addresses = [\"192.168.1.34/24\", \"192.168.1.35/24\", \"2001:db8:1::34/64\", \"2001:db8:1::35/64\", \"2001:db8:1::36/64\", \"192.168.1.40/24\"]\n\
         gateway   = [\"192.168.1.24\", \"fe80::1\"]\n\
         routes    = [{ to = \"10.0.0.0/8\", via = \"192.168.1.9\", metric = 7 }, { to = \"default\", via = \"192.168.1.8\", metric = 50 }, { to = \"192.0.2.1/32\" }, { to = \"2001:db8:2::/48\", via = \"2001:db8:1::9\" }]\n\
         accept-ra = false\n\
         \n\
         [group.bond0.detection]\n\
         link = { interval = \"100ms\", down-delay = \"200ms\" }\n"
    );
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "ifcfg-bond0:23: DOMAIN=$(hostname -d) | only a shell knows its value: mpath runs none",
            "ifcfg-bond0:24: . /etc/sysconfig/secret | no assignment: mpath runs no shell",
            "ifcfg-bond0:5: resend_igmp=3 | mpath has no key for resend_igmp",
            "ifcfg-bond0:5: odd | no option with a value",
            "ifcfg-bond0:12: IPADDR2=192.168.1.36 | neither PREFIX nor NETMASK tells how large its network is",
            "route-bond0:3: 10.9.0.0/16 via 192.168.1.9 table 7 | mpath has no key for table",
            "route-bond0:6: 10.8.0.0/16 dev em3 | it leads over em3, not over bond0",
            "route-bond0:7: blackhole 10.7.0.0/16 | mpath knows routes to networks only",
            "ifcfg-bond0:21: DNS1=192.168.1.1 | mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it",
            "ifcfg-bond0:22: ZONE=work | the zone of a firewall; let the firewall name the device",
            "ifcfg-em1:5: BOOTPROTO=dhcp | a member of a group has no address of its own",
            "ifcfg-em1:6: MTU=9000 | mpath has no key for MTU",
            "ifcfg-em2:4: ETHTOOL_OPTS='speed 1000' | mpath leaves the settings of cards alone",
        ]
    );
    assert_eq!(
        told(&import, Fate::Changed),
        [
            "ifcfg-bond0:25: ONBOOT=no | it did not come up by itself; mpath up brings it up when it is run",
            "ifcfg-em1:2: HWADDR=52:54:00:00:00:01 | em1 is found by its name",
        ]
    );
    assert_eq!(
        told(&import, Fate::LeftAlone),
        [
            "ifcfg-em1:7: NM_CONTROLLED=no | which of the two tools reads the file",
            "ifcfg-em3:1: BOOTPROTO=dhcp | no device of a group and no member",
        ]
    );
}

#[test]
fn what_holds_for_all_interfaces_holds_for_a_bond_that_does_not_say_otherwise() {
    let place = |name: &str| super::place_of(name);
    let read = |global: &str, more: &str| {
        let bond = format!("DEVICE=bond0\nBONDING_OPTS='mode=1 miimon=100'\nIPADDR=192.168.1.34\nPREFIX=24\n{more}");
        let files = [("network", global), ("ifcfg-bond0", &bond), ("ifcfg-em1", "MASTER=bond0\nSLAVE=yes\n")];
        let files: BTreeMap<_, _> = files.iter().map(|(name, text)| (place(name), (*text).to_owned())).collect();
        import(&files)
    };
    let text = |import: &Import| import.drafts[0].to_toml();
    let global = "NETWORKING=yes\nHOSTNAME=office\nGATEWAY=192.168.1.24\nNETWORKING_IPV6=no\n";
    let taken = read(global, "");
    assert!(
        text(&taken).contains("gateway   = \"192.168.1.24\"") && text(&taken).contains("accept-ra = false"),
        "{taken:#?}"
    );
    assert_eq!(
        told(&taken, Fate::LeftAlone),
        ["etc/sysconfig/network:2: HOSTNAME=office | a setting of the whole host"]
    );
    assert_eq!(told(&taken, Fate::Changed).len(), 1, "IPv6 is not switched off: {taken:#?}");
    assert_eq!(told(&taken, Fate::Lost), Vec::<String>::new());

    let own = read(global, "GATEWAY=192.168.1.1\nIPV6INIT=yes\n");
    assert!(text(&own).contains("192.168.1.1\"") && !text(&own).contains("accept-ra"), "{own:#?}");
    assert_eq!(told(&own, Fate::LeftAlone).len(), 2, "{own:#?}");

    for global in ["GATEWAY=10.0.0.1\n", "GATEWAY=192.168.1.24\nGATEWAYDEV=em9\n", "IPV6_DEFAULTGW=fe80::1%em9\n"] {
        let foreign = read(global, "");
        assert!(!text(&foreign).contains("gateway"), "{foreign:#?}");
        assert_eq!(told(&foreign, Fate::LeftAlone).len(), 1, "{foreign:#?}");
    }
    let named = read("GATEWAYDEV=bond0\nGATEWAY=192.168.1.24\nIPV6_DEFAULTGW=fe80::1%bond0\n", "");
    assert!(text(&named).contains("gateway   = [\"192.168.1.24\", \"fe80::1\"]"), "{named:#?}");
    assert_eq!(told(&read("GATEWAYDEV=bond0\n", ""), Fate::Lost).len(), 1);
}

#[test]
fn without_options_the_driver_has_its_own_way_and_a_quote_without_end_hides_nothing() {
    let import = imported(&[
        (
            "ifcfg-bond0",
            "DEVICE=bond0\nTYPE=Bond\nIPV6INIT=no\nNAME='it\nMTU=1400\nIPADDR=10.0.0.2\nPREFIX=8\nMETRIC=7\nGATEWAY=10.0.0.1\nDEFROUTE=no\n",
        ),
        ("ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\n"),
        ("route-bond0", "ADDRESS0=10.1.0.0\nNETMASK0=255.255.0.0\nGATEWAY0=10.0.0.9\nGATEWAY1=10.0.0.9\n"),
    ]);
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "ifcfg-bond0:4: NAME='it | a quote that nothing ends",
            "route-bond0:4: GATEWAY1=10.0.0.9 | it belongs to no ADDRESS"
        ]
    );
    assert_eq!(told(&import, Fate::LeftAlone), ["ifcfg-bond0:9: GATEWAY=10.0.0.1 | DEFROUTE keeps it out of use"]);
    let settled = import.drafts[0].clone().settle();
    assert_eq!(
        settled.draft.to_toml(),
        "[group.bond0]\nmembers   = [\"eth0\"]\nmode      = \"balance-rr\"\nmtu       = 1400\naddresses = [\"10.0.0.2/8\"]\n\
         routes    = [{ to = \"10.1.0.0/16\", via = \"10.0.0.9\" }]\naccept-ra = false\n"
    );
    let leftovers: Vec<_> = settled.leftovers.iter().map(|leftover| leftover.origin.to_string()).collect();
    assert_eq!(leftovers, ["etc/sysconfig/network-scripts/ifcfg-bond0: no monitoring of the members"]);
}

#[test]
fn members_without_a_file_for_their_bond_are_a_group_of_the_old_way() {
    let import = imported(&[("ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\n")]);
    assert_eq!(import.drafts[0].get("members").unwrap().to_string(), "[\"eth0\"]");
    let two = imported(&[("ifcfg-a", "DEVICE=bond0\nTYPE=Bond\n"), ("ifcfg-b", "DEVICE=bond0\nTYPE=Bond\n")]);
    assert_eq!(told(&two, Fate::Lost), ["ifcfg-b:1: DEVICE=bond0 | there is another file for bond0"]);
}

fn group(text: &str) -> Group {
    read(&[SourceFile::new("a", text)]).unwrap().groups.remove(0)
}

#[test]
fn a_group_is_written_as_a_file_for_it_and_one_for_each_member() {
    let group = group(
        "[group.home-lan]\ndevice = \"bond0\"\nmembers = [{ mac = \"52:54:00:00:00:01\" }, \"eth0\"]\nprimary = \"eth0\"\n\
         addresses = [\"192.168.1.34/24\", \"192.168.1.35/24\", \"2001:db8:1::34/64\"]\ngateway = [\"192.168.1.24\", \"fe80::1\"]\nmtu = 9000\n\
         mac = \"02:00:00:00:00:07\"\nroutes = [{ to = \"192.0.2.0/24\", metric = 5 }, { to = \"10.0.0.0/8\", via = \"192.168.1.9\" }]\n",
    );
    let rendering = render(&[&group], "home.toml").unwrap();
    let texts: Vec<_> = rendering.files.iter().map(|file| format!("{}\n{}", file.path, file.text)).collect();
    let comment = "# Made by mpath from home.toml, where changes belong.\n";
    assert_eq!(
        texts,
        [
            format!(
                "etc/sysconfig/network-scripts/ifcfg-bond0\n{comment}DEVICE=bond0\nTYPE=Bond\nBONDING_MASTER=yes\n\
                 BONDING_OPTS='mode=active-backup miimon=100 updelay=0 downdelay=0 primary=eth0'\nONBOOT=yes\n\
                 MACADDR=02:00:00:00:00:07\nMTU=9000\nBOOTPROTO=none\nIPADDR=192.168.1.34\nPREFIX=24\nIPADDR1=192.168.1.35\n\
                 PREFIX1=24\nGATEWAY=192.168.1.24\nIPV6INIT=yes\nIPV6ADDR=2001:db8:1::34/64\nIPV6_DEFAULTGW=fe80::1%bond0\n"
            ),
            format!(
                "etc/sysconfig/network-scripts/ifcfg-bond0-1-52-54-00-00-00-01\n{comment}HWADDR=52:54:00:00:00:01\n\
                 TYPE=Ethernet\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\nBOOTPROTO=none\n"
            ),
            format!(
                "etc/sysconfig/network-scripts/ifcfg-bond0-2-eth0\n{comment}DEVICE=eth0\n\
                 TYPE=Ethernet\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\nBOOTPROTO=none\n"
            ),
            format!(
                "etc/sysconfig/network-scripts/route-bond0\n{comment}192.0.2.0/24 dev bond0 metric 5\n\
                 10.0.0.0/8 via 192.168.1.9 dev bond0\n"
            ),
        ]
    );
    assert_eq!(there_and_back(&group, render, import).0.map(|back| Draft::from(&back).to_toml()), {
        let mut draft = Draft::from(&group);
        draft.rename("bond0");
        draft.remove("device");
        Some(draft.to_toml())
    });
}

#[test]
fn what_the_files_have_no_word_for_is_refused() {
    let group = group("[group.a]\nmembers = [{ name = \"eth1\", prio = 3 }, \"eth0\"]\ndhcp = true\n");
    let refusals = render(&[&group], "home.toml").unwrap_err();
    assert_eq!(refusals[0].1.to_string(), "the files have no word for the `prio` of eth1");
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_ifcfg(group in groups()) {
        let (back, told) = there_and_back(&group, render, import);
        proptest::prop_assert_eq!(back, Some(group), "{}", told);
    }
}

#[test]
fn what_stands_on_a_bond_is_told_as_that_and_of_the_options_the_one_that_is_wrong() {
    let import = imported(&[
        (
            "ifcfg-bond0",
            "DEVICE=bond0\nBONDING_OPTS='mode=4 miimon=100 arp_ip_target=10.0.0.1'\nBOOTPROTO=dhcp\nBRIDGE=br0\nMETRIC=5\n",
        ),
        ("ifcfg-em1", "MASTER=bond0\nSLAVE=yes\n"),
        ("ifcfg-bond0.20", "DEVICE=bond0.20\nVLAN=yes\n"),
        ("ifcfg-office", "DEVICE=office\nVLAN=yes\nPHYSDEV=bond0\n"),
        ("ifcfg-em3.20", "DEVICE=em3.20\nVLAN=yes\n"),
        ("ifcfg-br0", "TYPE=Bridge\nIPADDR=10.0.0.2\nPREFIX=8\n"),
    ]);
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "ifcfg-bond0:5: METRIC=5 | mpath leaves the metric of what a lease brings as it is",
            "ifcfg-bond0:4: BRIDGE=br0 | mpath puts a group in no bridge: that needs somebody else",
        ]
    );
    assert_eq!(
        told(&import, Fate::LeftAlone),
        [
            "ifcfg-bond0.20:1: DEVICE=bond0.20 | stands on bond0, and stays with the scripts",
            "ifcfg-br0:1: TYPE=Bridge | stands on bond0, and stays with the scripts",
            "ifcfg-em3.20:1: DEVICE=em3.20 | no device of a group and no member",
            "ifcfg-office:1: DEVICE=office | stands on bond0, and stays with the scripts",
        ]
    );
    let settled = import.drafts[0].clone().settle();
    assert_eq!(settled.leftovers.len(), 1);
    assert_eq!(settled.leftovers[0].origin.text, "arp_ip_target=10.0.0.1");
}
