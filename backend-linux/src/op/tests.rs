use mpath_core::address::Lifetime;
use mpath_core::detection::{LinkDetection, ProbeDetection, ProbeValidation};
use mpath_core::mode::ModeName;
use mpath_core::settings::{Failback, MacSharing};
use mpath_core::{Detection, GroupSettings, Millis};

use super::*;

fn name(name: &str) -> InterfaceName {
    InterfaceName::new(name).unwrap()
}

fn story() -> GroupSettings {
    let delay = Millis::new(200);
    let link = LinkDetection { interval: Millis::new(100), up_delay: delay, down_delay: delay };
    GroupSettings {
        mode: ModeName::ActiveBackup.with_defaults(),
        detection: Some(Detection::Link(link)),
        primary: Some(name("eth1")),
        failback: Failback::Always,
        mac_sharing: MacSharing::Shared,
        peer_notifications: 1,
    }
}

fn probing() -> GroupSettings {
    let probe = ProbeDetection {
        interval: Millis::new(500),
        targets: vec!["192.168.1.24".parse().unwrap(), "fd00::1".parse().unwrap()],
        missed: 2,
        validate: ProbeValidation::FilterStandby,
        all_targets: false,
    };
    GroupSettings { detection: Some(Detection::Probe(probe)), ..story() }
}

fn change(from: GroupSettings, to: GroupSettings) -> Vec<String> {
    explain(&Step::ChangeSettings { device: name("bond0"), from: Box::new(from), to: Box::new(to) })
}

fn new_group(settings: GroupSettings) -> NewGroup {
    NewGroup { device: name("bond0"), settings: Box::new(settings), label: None, mac: None, mtu: None }
}

#[test]
fn a_group_is_created_with_all_its_options_in_one_command() {
    let group = NewGroup { mac: Some("02:00:00:00:00:01".parse().unwrap()), mtu: Some(1400), ..new_group(story()) };
    assert_eq!(
        explain(&Step::CreateGroup(group)),
        ["ip link add name bond0 address 02:00:00:00:00:01 mtu 1400 type bond mode active-backup miimon 100 \
          updelay 200 downdelay 200 primary eth1 primary_reselect always fail_over_mac none num_grat_arp 1"]
    );
    assert_eq!(explain(&Step::DeleteGroup(new_group(story()))), ["ip link delete dev bond0"]);
}

#[test]
fn a_probing_group_is_created_without_miimon() {
    assert_eq!(
        explain(&Step::CreateGroup(new_group(probing()))),
        ["ip link add name bond0 type bond mode active-backup arp_interval 500 arp_ip_target 192.168.1.24 \
          ns_ip6_target fd00::1 arp_validate filter_backup arp_all_targets any arp_missed_max 2 primary eth1 \
          primary_reselect always fail_over_mac none num_grat_arp 1"]
    );
}

#[test]
fn only_what_differs_is_sent() {
    assert_eq!(change(story(), story()), [] as [&str; 0]);
    let to = GroupSettings { peer_notifications: 3, ..story() };
    assert_eq!(change(story(), to), ["ip link set dev bond0 type bond num_grat_arp 3"]);
}

#[test]
fn delays_go_with_every_new_miimon() {
    let delay = Millis::new(200);
    let faster = LinkDetection { interval: Millis::new(50), up_delay: delay, down_delay: delay };
    let to = GroupSettings { detection: Some(Detection::Link(faster)), ..story() };
    assert_eq!(change(story(), to), ["ip link set dev bond0 type bond miimon 50 updelay 200 downdelay 200"]);
}

#[test]
fn a_switch_between_link_and_probes_says_both_in_one_message() {
    assert_eq!(
        change(story(), probing()),
        ["ip link set dev bond0 type bond miimon 0 arp_interval 500 arp_ip_target 192.168.1.24 \
          ns_ip6_target fd00::1 arp_validate filter_backup arp_all_targets any arp_missed_max 2"]
    );
    assert_eq!(
        change(probing(), story()),
        ["ip link set dev bond0 type bond miimon 100 updelay 200 downdelay 200 arp_interval 0 arp_validate none \
          arp_ip_target '' ns_ip6_target ''"]
    );
}

#[test]
fn a_mode_without_probing_is_not_told_to_stop_it() {
    let to = GroupSettings { mode: ModeName::Lacp.with_defaults(), primary: None, ..story() };
    let [command] = &change(probing(), to)[..] else { panic!() };
    assert!(command.contains("mode 802.3ad miimon 100") && !command.contains("arp_interval"), "{command}");
    assert!(!command.contains("ad_actor_system") && !command.contains("primary eth"), "{command}");
}

#[test]
fn a_primary_is_taken_away_through_sysfs_as_ip_cannot() {
    let to = GroupSettings { primary: None, ..story() };
    assert_eq!(change(story(), to.clone()), ["echo > /sys/class/net/bond0/bonding/primary"]);
    let to = GroupSettings { peer_notifications: 2, ..to };
    assert_eq!(
        change(story(), to),
        ["ip link set dev bond0 type bond num_grat_arp 2 && echo > /sys/class/net/bond0/bonding/primary"]
    );
}

#[test]
fn every_step_about_links_is_one_command() {
    let (device, member) = (name("bond0"), name("eth1"));
    let interface = device.clone();
    let mac = "02:00:00:00:00:01".parse().unwrap();
    let text = |step: Step| explain(&step).join("\n");
    assert_eq!(text(Step::LoadDriver), "modprobe bonding max_bonds=0");
    let label = Some("mpath:home-lan".to_owned());
    assert_eq!(
        text(Step::SetLabel { device: device.clone(), from: None, to: label }),
        "ip link set dev bond0 alias 'mpath:home-lan'"
    );
    assert_eq!(text(Step::SetLabel { device: device.clone(), from: None, to: None }), "ip link set dev bond0 alias ''");
    assert_eq!(
        text(Step::AddMember { device: device.clone(), member: member.clone() }),
        "ip link set dev eth1 master bond0"
    );
    assert_eq!(
        text(Step::RemoveMember { device: device.clone(), member: member.clone() }),
        "ip link set dev eth1 nomaster"
    );
    assert_eq!(
        text(Step::SetPriority { device, member: member.clone(), from: 0, to: -5 }),
        "ip link set dev eth1 type bond_slave prio -5"
    );
    assert_eq!(text(Step::SetUp { interface: interface.clone(), up: true }), "ip link set dev bond0 up");
    assert_eq!(text(Step::SetUp { interface: member, up: false }), "ip link set dev eth1 down");
    assert_eq!(
        text(Step::SetMtu { interface: interface.clone(), from: 1500, to: 9000 }),
        "ip link set dev bond0 mtu 9000"
    );
    assert_eq!(
        text(Step::SetMac { interface: interface.clone(), from: None, to: mac }),
        "ip link set dev bond0 address 02:00:00:00:00:01"
    );
    assert_eq!(
        text(Step::SetAcceptRa { interface: interface.clone(), from: AcceptRa::Unless, to: AcceptRa::No }),
        "sysctl -w net/ipv6/conf/bond0/accept_ra=0"
    );
    assert_eq!(
        text(Step::StartDhcp { interface: interface.clone(), family: Family::V4 }),
        "dhcpcd -4 -b --noipv6rs bond0"
    );
    assert_eq!(text(Step::StopDhcp { interface, family: Family::V6 }), "dhcpcd -6 -k bond0");
}

fn add(address: Address) -> String {
    explain(&Step::AddAddress { interface: name("bond0"), address }).join("\n")
}

#[test]
fn an_address_is_added_with_all_about_it() {
    let mut address = Address::new("192.168.1.34/24".parse().unwrap());
    assert_eq!(add(address.clone()), "ip address add 192.168.1.34/24 dev bond0");
    address.broadcast = Some([192, 168, 1, 255].into());
    assert_eq!(add(address.clone()), "ip address add 192.168.1.34/24 brd + dev bond0");
    address.broadcast = Some([192, 168, 1, 0].into());
    address.label = Some("bond0:1".to_owned());
    address.scope = 253;
    address.metric = Some(50);
    address.no_prefix_route = true;
    address.lifetime = Some(Lifetime { valid: u32::MAX, preferred: 0 });
    assert_eq!(
        add(address),
        "ip address add 192.168.1.34/24 brd 192.168.1.0 dev bond0 label 'bond0:1' scope link metric 50 \
         valid_lft forever preferred_lft 0 noprefixroute"
    );
}

#[test]
fn the_length_of_a_peers_prefix_stands_at_the_peer() {
    let address = Address { peer: Some([10, 0, 0, 2].into()), ..Address::new("10.0.0.1/32".parse().unwrap()) };
    assert_eq!(add(address.clone()), "ip address add 10.0.0.1 peer 10.0.0.2/32 dev bond0");
    assert_eq!(
        explain(&Step::RemoveAddress { interface: name("bond0"), address }),
        ["ip address del 10.0.0.1 peer 10.0.0.2/32 dev bond0"]
    );
}

#[test]
fn a_route_is_added_and_removed_in_ips_words() {
    let interface = name("bond0");
    let route = Route::default_via([192, 168, 1, 24].into());
    let steps = [
        Step::AddRoute { interface: interface.clone(), route: route.clone() },
        Step::RemoveRoute { interface: interface.clone(), route },
    ];
    assert_eq!(
        steps.map(|step| explain(&step).join("\n")),
        [
            "ip route add default via 192.168.1.24 dev bond0 proto static",
            "ip route del default via 192.168.1.24 dev bond0 proto static"
        ]
    );
    let mut route = Route::new("10.0.0.0/8".parse().unwrap(), Some("fd00::1".parse().unwrap()));
    route.metric = Some(5);
    route.table = Some(1000);
    route.source = Some([10, 0, 0, 1].into());
    route.scope = Some(253);
    route.protocol = 186;
    route.onlink = true;
    assert_eq!(
        explain(&Step::AddRoute { interface, route }),
        ["ip route add 10.0.0.0/8 via inet6 fd00::1 dev bond0 table 1000 proto 186 scope link src 10.0.0.1 \
          metric 5 onlink"]
    );
}

#[test]
fn an_operation_is_data_that_can_be_stored() {
    let ops = ops_for(&Step::SetUp { interface: name("bond0"), up: true });
    assert_eq!(serde_json::to_string(&ops).unwrap(), r#"[{"op":"set-up","interface":"bond0","up":true}]"#);
}
