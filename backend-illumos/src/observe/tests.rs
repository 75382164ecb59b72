use mpath_core::detection::LinkDetection;
use mpath_core::{Detection, Millis};

use super::*;
use crate::{datalink, group, ifconfig, interface, route};

const LINKS: &str = "net0:phys:1500:up:\nwlan0:phys:1500:up:\n";
const PHYS: &str = "net0:Ethernet:up:1000\nwlan0:WiFi:up:54\n";
const MACS: &str = "net0:2\\:0\\:0\\:0\\:0\\:1\nwlan0:2\\:0\\:0\\:0\\:0\\:2\n";
const IFCONFIG: &str = "ipmp0: flags=8001000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4,IPMP> mtu 1500 index 4\n\tinet 192.168.1.34 netmask ffffff00 broadcast 192.168.1.255\n\tgroupname ipmp0\nnet0: flags=1000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4> mtu 1500 index 2\n\tinet 0.0.0.0 netmask 0 \n\tgroupname ipmp0\n\tether 2:0:0:0:0:1 \nwlan0: flags=61000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4,STANDBY,INACTIVE> mtu 1500 index 3\n\tinet 0.0.0.0 netmask 0 \n\tgroupname ipmp0\n\tether 2:0:0:0:0:2 \n";

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn story() -> Rows {
    Rows {
        dialect: Dialect::Ipadm,
        links: datalink::datalinks(LINKS, PHYS, MACS).unwrap(),
        interfaces: interface::interfaces(
            "lo0:VIRTUAL:ok:-m-v------46:---\nnet0:IP:ok:bm--------46:---\nwlan0:IP:ok:bm---si---46:---\n\
             ipmp0:IPMP:ok:bm--I-----46:---\n",
        )
        .unwrap(),
        addresses: address::addresses("ipmp0/v192x168x1x34:static:ok:---:192.168.1.34/24\n", &[]).unwrap(),
        blocks: ifconfig::blocks(IFCONFIG),
        routes: route::routes("default 0.0.0.0 192.168.1.24 ipmp0 1500 0 1 UG 0 0\n"),
        leases: BTreeMap::new(),
        underlying: group::underlying("wlan0:no:ipmp0:is-----:up:disabled:ok\nnet0:yes:ipmp0:--mbM--:up:disabled:ok\n")
            .unwrap(),
        inbound: group::inbound("192.168.1.34:up:ipmp0:net0\n").unwrap(),
        host_wide: HostWide { failback: Failback::Always, probe_time: Millis::new(10_000) },
        marks: BTreeMap::from([("ipmp0".to_owned(), "mpath:home-lan".to_owned())]),
        boot: Boot::default(),
        idle: vec![],
        special: vec![],
    }
}

#[test]
fn the_story_is_one_group_with_a_primary_and_a_standby() {
    let host = story().snapshot();
    let group = host.group(&name("ipmp0")).unwrap();
    assert_eq!(group.owner().unwrap().as_str(), "home-lan");
    assert_eq!((&group.active, &group.settings.primary), (&Some(name("net0")), &Some(name("net0"))));
    assert_eq!(group.settings.detection, Some(Detection::Link(LinkDetection::AT_ONCE)));
    let (net0, wlan0) = (&host.interfaces["net0"], &host.interfaces["wlan0"]);
    assert!(!net0.membership().unwrap().standby && net0.membership().unwrap().active);
    assert!(wlan0.membership().unwrap().standby && !wlan0.membership().unwrap().active);
    assert_eq!(wlan0.kind, Kind::Wireless);
    assert_eq!(host.interfaces["ipmp0"].own_addresses().count(), 1);
    assert_eq!(host.interfaces["ipmp0"].own_routes().count(), 1);
}

#[test]
fn a_card_that_ip_does_not_know_is_off() {
    let rows = Rows { interfaces: vec![], addresses: vec![], blocks: vec![], ..story() };
    let host = rows.snapshot();
    assert!(!host.interfaces["net0"].up && host.interfaces["net0"].membership().is_none());
}

#[test]
fn a_test_address_turns_probes_on() {
    let mut rows = story();
    rows.addresses.extend(address::addresses("net0/?:static:ok:---:192.168.1.35/24\n", &[]).unwrap());
    rows.blocks.extend(ifconfig::blocks(
        "net0:1: flags=9040843<UP,BROADCAST,RUNNING,MULTICAST,DEPRECATED,IPv4,NOFAILOVER> mtu 1500 index 2\n\tinet 192.168.1.35 netmask ffffff00 broadcast 192.168.1.255\n",
    ));
    let host = rows.snapshot();
    assert!(host.interfaces["net0"].addresses[0].probe_only && host.interfaces["net0"].addresses[0].label.is_none());
    let detection = host.group(&name("ipmp0")).unwrap().settings.detection.clone();
    assert_eq!(detection.unwrap().probe().unwrap().interval, Millis::new(1428));
}

#[test]
fn a_route_without_an_interface_is_that_of_the_subnet_with_its_next_hop() {
    let rows = Rows { routes: route::routes("default 0.0.0.0 192.168.1.24 0 2 UG 5201 0\n"), ..story() };
    let host = rows.snapshot();
    assert_eq!(host.interfaces["ipmp0"].routes[0].protocol, WITHOUT_INTERFACE);
}

#[test]
fn a_route_to_the_router_of_a_lease_goes_with_the_lease() {
    let mut rows = story();
    rows.addresses.extend(address::addresses("net7/dhcp:dhcp:ok:U--:10.0.0.7/24\n", &[]).unwrap());
    rows.links.extend(datalink::datalinks("net7:phys:1500:up:\n", "", "").unwrap());
    rows.routes = route::routes(
        "default 0.0.0.0 10.0.0.1 net7 1500 0 1 UG 0 0\n10.9.0.0 255.255.0.0 10.0.0.1 net7 1500 0 1 UG 0 0\n",
    );
    rows.leases = BTreeMap::from([("net7".to_owned(), vec!["10.0.0.1".parse().unwrap()])]);
    let card = &rows.snapshot().interfaces["net7"];
    assert!(card.routes[0].goes_with_lease() && !card.routes[1].automatic, "{:?}", card.routes);
}

#[test]
fn a_route_that_names_no_interface_is_the_cards_before_it_is_the_groups() {
    let mut rows = story();
    rows.addresses.extend(address::addresses("net7/v4:static:ok:U--:192.168.1.7/24\n", &[]).unwrap());
    rows.links.extend(datalink::datalinks("net7:phys:1500:up:\n", "", "").unwrap());
    rows.routes = route::routes("default 0.0.0.0 192.168.1.24 0 1 UG 0 0\n");
    let host = rows.snapshot();
    assert_eq!((host.interfaces["net7"].routes.len(), host.interfaces["ipmp0"].routes.len()), (1, 0));
}
