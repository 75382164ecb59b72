use std::collections::BTreeMap;

use mpath_core::import::{Fate, Import};
use mpath_core::{Draft, Group, SourceFile, read};
use proptest::prelude::ProptestConfig;

use super::{import, render};
use crate::format::round_trip::{groups, there_and_back};

const OFFICE: &str = "# by hand
[connection]
id=Office
uuid=11111111-1111-4111-8111-111111111111
type=bond
interface-name=bond0
autoconnect=false
zone=work

[bond]
mode=1
miimon=50
updelay=100
primary=enp3s0
active_slave=eth7
resend_igmp=5

[802-3-ethernet]
mtu=9000
cloned-mac-address=52:54:00:00:00:07
wake-on-lan=64

[ipv4]
address1=192.168.1.34/24,192.168.1.24
addresses2=192.168.1.35;24;0.0.0.0;
dns=192.168.1.1;
method=manual
route1=10.0.0.0/8,192.168.1.9,7
route2=10.1.2.3/16
route2_options=mtu=1400
may-fail=false

[ipv6]
addr-gen-mode=default
method=disabled

[proxy]
";

const PORT: &str = "[connection]
id=left
uuid=22222222-2222-4222-8222-222222222222
type=802-3-ethernet
interface-name=enp3s0
master=11111111-1111-4111-8111-111111111111
slave-type=bond

[bond-port]
prio=7
queue-id=2
";

const RADIO: &str = "[connection]
id=right
uuid=33333333-3333-4333-8333-333333333333
type=wifi
interface-name=wlp2s0
controller=bond0
port-type=bond

[wifi]
ssid=home

[wifi-security]
key-mgmt=wpa-psk
psk=a secret
";

fn imported(files: &[(&str, &str)]) -> Import {
    import(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

fn etc(name: &str) -> String {
    format!("etc/NetworkManager/system-connections/{name}")
}

fn told(import: &Import, fate: Fate) -> Vec<String> {
    let told = import.leftovers.iter().filter(|leftover| leftover.fate == fate);
    told.map(|leftover| format!("{} | {}", leftover.origin, leftover.why))
        .map(|text| text.replace("etc/NetworkManager/system-connections/", ""))
        .collect()
}

#[test]
fn the_profiles_of_a_bond_and_its_ports_are_a_group_and_every_other_line_is_told() {
    let import = imported(&[
        (&etc("Office.nmconnection"), OFFICE),
        (&etc("left.nmconnection"), PORT),
        (&etc("right"), RADIO),
        (&etc("vpn.nmconnection"), "[connection]\ntype=vpn\n[vpn-secrets]\npassword=no\n"),
    ]);
    let [draft] = import.drafts.as_slice() else { panic!("{import:#?}") };
    let settled = draft.clone().settle();
    assert_eq!((&settled.leftovers, &settled.problems), (&vec![], &vec![]));
    assert_eq!(
        settled.draft.to_toml(),
        "# NetworkManager gave routes of [ipv4] the metric 300 where it was told none.\n\
         [group.bond0]\n\
         members   = [{ name = \"enp3s0\", prio = 7 }, \"wlp2s0\"]\n\
         primary   = \"enp3s0\"\n\
         mode      = \"active-backup\"\n\
         mac       = \"52:54:00:00:00:07\"\n\
         mtu       = 9000\n\
         addresses = [\"192.168.1.34/24\", \"192.168.1.35/24\"]\n\
         gateway   = \"192.168.1.24\"\n\
         routes    = [{ to = \"10.0.0.0/8\", via = \"192.168.1.9\", metric = 7 }, { to = \"10.1.0.0/16\" }]\n\
         accept-ra = false\n\
         \n\
         [group.bond0.detection]\n\
         link = { interval = \"50ms\", up-delay = \"100ms\" }\n"
    );
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "Office.nmconnection:15: active_slave=eth7 | who carries the traffic now is no setting: mpath switch does it once, `primary` for good",
            "Office.nmconnection:16: resend_igmp=5 | mpath has no key for resend_igmp",
            "Office.nmconnection:26: dns=192.168.1.1; | mpath leaves name servers alone: /etc/resolv.conf, or whoever writes it",
            "Office.nmconnection:30: route2_options=mtu=1400 | mpath has no key for it",
            "Office.nmconnection:31: may-fail=false | mpath has no key for it",
            "Office.nmconnection:8: zone=work | the zone of a firewall; let the firewall name the device",
            "Office.nmconnection:21: wake-on-lan=64 | mpath leaves the settings of cards alone",
            "left.nmconnection:11: queue-id=2 | mpath has no key for queues",
        ]
    );
    assert_eq!(
        told(&import, Fate::Changed),
        [
            "Office.nmconnection:7: autoconnect=false | it did not come up by itself; mpath up brings it up when it is run",
            "Office.nmconnection:35: method=disabled | mpath does not switch IPv6 off; accept-ra = false keeps out what routers tell",
        ]
    );
    assert_eq!(
        told(&import, Fate::LeftAlone),
        [
            "right:10: ssid=home | the association stays with whoever makes it, and must be there without this profile",
            "right:13: key-mgmt=… | the association stays with whoever makes it",
            "right:14: psk=… | the association stays with whoever makes it",
            "vpn.nmconnection:2: type=vpn | no device of a group and no member",
        ]
    );
    assert!(!format!("{import:?}").contains("a secret"), "secrets are nobody's business");
}

#[test]
fn a_profile_of_run_hides_one_of_etc_and_a_link_to_nothing_hides_both() {
    let other = OFFICE.replace("primary=enp3s0", "primary=eth7");
    let files = [
        (etc("Office.nmconnection"), OFFICE),
        ("run/NetworkManager/system-connections/a.nmconnection".to_owned(), other.as_str()),
        ("run/NetworkManager/system-connections/ignored".to_owned(), PORT),
        (etc(".hidden.nmconnection"), PORT),
        (etc("old.nmconnection~"), PORT),
    ];
    let both: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let import = imported(&both);
    assert_eq!(import.drafts.len(), 1);
    assert_eq!(import.drafts[0].get("primary"), Some(&"eth7".into()));
    assert!(import.drafts[0].get("members").is_none(), "files of other names are no profiles");
    assert_eq!(
        told(&import, Fate::LeftAlone)[0],
        "Office.nmconnection:5: type=bond | hidden by /run/NetworkManager/system-connections/a.nmconnection, which has the same UUID"
    );
    let tombstone = "run/NetworkManager/system-connections/11111111-1111-4111-8111-111111111111.nmmeta";
    let import = imported(&[&both[..], &[(tombstone, "")]].concat());
    assert_eq!(import.drafts, vec![]);
}

#[test]
fn what_no_group_can_be_made_of_is_lost_and_told() {
    let port = |lines: &str| format!("[connection]\ntype=ethernet\n{lines}slave-type=bond\n");
    let (lonely, any) = (port("interface-name=eth0\nmaster=bond9\n"), port("master=bond0\n"));
    let import = imported(&[
        (&etc("a"), "[connection]\ntype=bond\nid=a\n"),
        (&etc("b"), "[connection]\ntype=bond\ninterface-name=bond0\n"),
        (&etc("c"), "[connection]\ntype=bond\ninterface-name=bond0\n"),
        (&etc("d"), &lonely),
        (&etc("e"), &any),
        (&etc("f"), "nonsense"),
    ]);
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "a:2: type=bond | a bond without interface-name, which NetworkManager does not take either",
            "c:2: type=bond | there is another profile for bond0: only one can be up",
            "d:2: type=ethernet | a port of a bond for which there is no profile",
            "e:2: type=ethernet | it is for any interface: a member needs its name or its MAC address",
        ]
    );
    // Without sections for addresses both are asked of the network, and without a mode it is balance-rr.
    assert_eq!(
        import.drafts[0].to_toml(),
        "[group.bond0]\nmode      = \"balance-rr\"\ndhcp      = true\naccept-ra = true\n"
    );
}

#[test]
fn the_link_wins_where_both_are_asked_for_and_a_rank_of_routes_is_taken_over() {
    let bond = "[connection]\ntype=bond\ninterface-name=bond0\n[bond]\nmode=active-backup\nmiimon=100\narp_interval=500\n\
        arp_ip_target=192.168.1.1\n[ipv4]\nmethod=manual\naddress1=192.168.1.34/24\ngateway=192.168.1.24\nroute-metric=50\n[ipv6]\nmethod=ignore\n";
    let import = imported(&[(&etc("a"), bond)]);
    assert_eq!(told(&import, Fate::Changed).len(), 1);
    assert_eq!(
        import.drafts[0].get("routes").unwrap().to_string(),
        "[{ to = \"default\", via = \"192.168.1.24\", metric = 50 }]"
    );
    let import =
        imported(&[(&etc("a"), &bond.replace("miimon=100\n", "").replace("route-metric=50", "never-default=true"))]);
    assert_eq!(import.drafts[0].get("detection.probe.interval"), Some(&"500ms".into()));
    assert_eq!(import.drafts[0].get("detection.probe.validate"), Some(&"none".into()), "as the driver has it");
    assert_eq!(told(&import, Fate::LeftAlone), ["a:11: gateway=192.168.1.24 | never-default keeps it out of use"]);
}

fn group(text: &str) -> Group {
    read(&[SourceFile::new("a", text)]).unwrap().groups.remove(0)
}

#[test]
fn a_group_is_written_as_a_profile_for_it_and_one_for_each_member() {
    let group = group(
        "[group.home-lan]\ndevice = \"bond0\"\nmembers = [{ mac = \"52:54:00:00:00:01\", prio = 3 }, \"eth0\"]\nprimary = \"eth0\"\n\
         addresses = [\"192.168.1.34/24\"]\ngateway = \"192.168.1.24\"\nmtu = 9000\nroutes = [{ to = \"192.0.2.0/24\", metric = 5 }]\n",
    );
    let rendering = render(&[&group], "home.toml").unwrap();
    assert!(rendering.private);
    assert_eq!(rendering, render(&[&group], "home.toml").unwrap(), "UUIDs are those of the names");
    let texts: Vec<_> = rendering.files.iter().map(|file| format!("{}\n{}", file.path, file.text)).collect();
    assert_eq!(
        texts[0],
        "etc/NetworkManager/system-connections/bond0.nmconnection\n\
         # Made by mpath from home.toml, where changes belong.\n\
         [connection]\nid=home-lan\nuuid=c4f15b29-5d49-57b2-a35e-59b158ab10e0\ntype=bond\ninterface-name=bond0\nautoconnect-slaves=1\n\n\
         [bond]\nmode=active-backup\nmiimon=100\nupdelay=0\ndowndelay=0\nprimary=eth0\n\n[ethernet]\nmtu=9000\n\n\
         [ipv4]\nmethod=manual\naddress1=192.168.1.34/24\ngateway=192.168.1.24\nroute1=192.0.2.0/24,0.0.0.0,5\nroute-metric=0\n\n\
         [ipv6]\nmethod=ignore\n"
    );
    assert_eq!(
        texts[1],
        "etc/NetworkManager/system-connections/bond0-1-52-54-00-00-00-01.nmconnection\n\
         # Made by mpath from home.toml, where changes belong.\n\
         [connection]\nid=home-lan 52:54:00:00:00:01\nuuid=bc0fa970-6948-5d36-8090-7ac15760e70c\ntype=ethernet\nmaster=bond0\n\
         slave-type=bond\n\n[ethernet]\nmac-address=52:54:00:00:00:01\n\n[bond-port]\nprio=3\n"
    );
    assert_eq!(there_and_back(&group, render, import).0.map(|back| Draft::from(&back).to_toml()), {
        let mut draft = Draft::from(&group);
        draft.rename("bond0");
        draft.remove("device");
        Some(draft.to_toml())
    });
}

#[test]
fn what_no_profile_says_is_refused() {
    let group = group("[group.a]\nmembers = [\"eth1\", \"eth0\"]\ndhcp = true\nmac = \"member:eth0\"\n");
    let refusals = render(&[&group, &group], "home.toml").unwrap_err();
    assert_eq!(refusals.len(), 3, "{refusals:?}");
    let told = |(_, refusal): &(_, mpath_core::refusal::Refusal)| {
        refusal.to_string().contains("the MAC address of eth0 is not known")
    };
    assert_eq!(refusals.iter().filter(|refusal| told(refusal)).count(), 2, "{refusals:?}");
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_group_comes_back_from_networkmanager_but_for_how_it_hears_of_routers(group in groups()) {
        let mut expected = Draft::from(&group);
        let ra = group.addressing().accept_ra;
        // What `notes` tells: only method=auto listens to routers, and it alone decides about DHCPv6.
        let ipv6 = group.addressing().addresses.iter().any(|net| net.addr().is_ipv6())
            || group.addressing().routes.iter().any(|route| route.is_ipv6())
            || group.addressing().gateways.iter().any(std::net::IpAddr::is_ipv6);
        if ra == Some(true) {
            expected.remove("dhcp6");
        } else if ra.is_none() && (ipv6 || group.addressing().dhcp6) {
            expected.set("accept-ra", false, None);
        }
        let (back, told) = there_and_back(&group, render, import);
        proptest::prop_assert_eq!(back.map(|back| Draft::from(&back).to_toml()), Some(expected.to_toml()), "{}", told);
    }
}

#[test]
fn a_route_of_another_table_is_no_route_of_the_group_and_what_stands_on_the_bond_is_told_as_that() {
    let bond = "[connection]\nuuid=7\ntype=bond\ninterface-name=bond0\nmaster=br0\nslave-type=bridge\n\
        [ipv4]\nmethod=manual\naddress1=10.0.0.2/8\nroute1=172.16.0.0/12,10.0.0.9\nroute1_options=mtu=1400,table=5\n\
        route2=172.32.0.0/12,10.0.0.9\nroute2_options=table=254,onlink=false\n[ipv6]\nmethod=ignore\n";
    let vlan = "[connection]\ntype=vlan\n[vlan]\nparent=7\n";
    let bridge = "[connection]\ntype=bridge\ninterface-name=br0\n";
    let other = "[connection]\ntype=bridge\ninterface-name=br1\n";
    let import = imported(&[(&etc("a"), bond), (&etc("b"), vlan), (&etc("c"), bridge), (&etc("d"), other)]);
    assert_eq!(
        import.drafts[0].get("routes").map(ToString::to_string).as_deref(),
        Some("[{ to = \"172.32.0.0/12\", via = \"10.0.0.9\" }]")
    );
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "a:10: route1=172.16.0.0/12,10.0.0.9 | mpath has no key for table=5 of a route, and without it the route is another one",
            "a:11: route1_options=mtu=1400,table=5 | mpath has no key for it",
            "a:13: route2_options=table=254,onlink=false | mpath has no key for it",
            "a:5: master=br0 | mpath puts a group in no bridge or other device: that needs somebody else",
            "a:6: slave-type=bridge | mpath has no key for it",
        ]
    );
    assert_eq!(
        told(&import, Fate::LeftAlone),
        [
            "b:2: type=vlan | stands on bond0, and stays with NetworkManager",
            "c:2: type=bridge | stands on bond0, and stays with NetworkManager",
            "d:2: type=bridge | no device of a group and no member",
        ]
    );
}

#[test]
fn routes_of_a_bond_whose_routes_are_in_another_table_are_none_of_the_group() {
    let bond = "[connection]\ntype=bond\ninterface-name=bond0\n\
        [ipv4]\nmethod=manual\naddress1=10.0.0.2/8,10.0.0.1\nroute-table=100\nroute1=172.16.0.0/12,10.0.0.9\n\
        [ipv6]\nmethod=manual\naddress1=2001:db8::2/64,2001:db8::1\nroute-table=254\n";
    let import = imported(&[(&etc("a"), bond)]);
    let draft = &import.drafts[0];
    assert_eq!((draft.get("routes"), draft.get("gateway")), (None, Some(&"2001:db8::1".into())));
    let why = "mpath has no key for table=100 of a route, and without it the route is another one";
    assert_eq!(
        told(&import, Fate::Lost),
        [
            "a:7: route-table=100 | mpath makes routes of the main table only".to_owned(),
            format!("a:8: route1=172.16.0.0/12,10.0.0.9 | {why}"),
            format!("a:6: address1=10.0.0.2/8,10.0.0.1 | the gateway 10.0.0.1: {why}"),
        ]
    );
}

#[test]
fn a_metric_that_only_leases_have_is_told() {
    let bond = "[connection]\ntype=bond\ninterface-name=bond0\n[ipv4]\nmethod=auto\nroute-metric=700\n[ipv6]\nmethod=manual\n\
        route-metric=7\naddress1=2001:db8::2/64,2001:db8::1\n";
    let import = imported(&[(&etc("a"), bond)]);
    let why = "mpath leaves the metric of what a lease or a router brings as it is";
    assert_eq!(told(&import, Fate::Lost), [format!("a:6: route-metric=700 | {why}")]);
    assert!(import.drafts[0].to_toml().contains("metric = 7 }"), "{}", import.drafts[0].to_toml());
}
