use mpath_core::Millis;
use mpath_core::address::Lifetime;
use mpath_core::settings::Failback;
use mpath_core::snapshot::HostWide;

use super::*;

fn name(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

fn text(step: &Step) -> String {
    explain(step, Dialect::Ipadm).join("\n")
}

fn address(text: &str) -> Address {
    Address::new(text.parse().unwrap())
}

fn add(interface: &str, address: Address) -> Step {
    Step::AddAddress { interface: name(interface), address }
}

#[test]
fn a_member_joins_temporarily_and_gets_a_link_local_address() {
    let step = Step::AddMember { device: name("ipmp0"), member: name("net0") };
    assert_eq!(
        text(&step),
        "ifconfig net0 inet6 down\nipadm add-ipmp --temporary -i net0 ipmp0\nifconfig net0 inet6 up"
    );
    assert_eq!(explain(&step, Dialect::Ifconfig), ["ifconfig net0 group ipmp0", "ifconfig net0 up"]);
    let leave = step.inverse().unwrap();
    assert_eq!(text(&leave), "ipadm remove-ipmp --temporary -i net0 ipmp0\nifconfig net0 inet6 down");
    assert_eq!(explain(&leave, Dialect::Ifconfig), ["ifconfig net0 group ''"]);
}

#[test]
fn the_short_option_is_never_used_with_ipmp_subcommands() {
    let member = Step::AddMember { device: name("ipmp0"), member: name("net0") };
    for step in [member.clone(), member.inverse().unwrap()] {
        for op in ops_for(&step, Dialect::Ipadm) {
            let Op::Run(CommandLine { arguments, .. }) = op else { continue };
            assert!(!arguments.contains(&"-t".to_owned()), "{arguments:?}");
        }
    }
}

#[test]
fn a_group_address_has_an_object_and_a_test_address_has_none() {
    assert_eq!(
        text(&add("ipmp0", address("192.168.1.34/24"))),
        "ipadm create-addr -t -T static -a 192.168.1.34/24 ipmp0/v192x168x1x34"
    );
    let test = add("net0", Address { probe_only: true, ..address("192.168.1.35/24") });
    assert_eq!(text(&test), "ifconfig net0 addif 192.168.1.35/24 -failover up");
    assert_eq!(text(&test.inverse().unwrap()), "ifconfig net0 removeif 192.168.1.35");
}

#[test]
fn what_the_system_keeps_is_put_aside_and_not_deleted() {
    let kept = Address { kept: true, label: Some("net0/v4".to_owned()), ..address("192.168.1.7/24") };
    let step = Step::RemoveAddress { interface: name("net0"), address: kept };
    assert_eq!(text(&step), "ipadm disable-addr -t net0/v4");
    assert_eq!(text(&step.inverse().unwrap()), "ipadm enable-addr -t net0/v4");
}

#[test]
fn a_temporary_lease_comes_back_as_a_lease() {
    let lifetime = Some(Lifetime { valid: u32::MAX, preferred: u32::MAX });
    let leased = Address { lifetime, label: Some("net0/d".to_owned()), ..address("192.168.1.7/24") };
    assert_eq!(text(&add("net0", leased)), "ipadm create-addr -t -T dhcp -w 30 net0/d");
}

#[test]
fn object_names_are_letters_and_digits_and_short_enough() {
    for net in ["192.168.100.200/24", "2001:db8::34/64", "2001:db8:1111:2222:3333:4444:5555:6666/64"] {
        let name = object_name(&net.parse().unwrap());
        assert!(name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
    }
}

#[test]
fn routes_name_their_interface_unless_they_were_without() {
    let route = Route::default_via([192, 168, 1, 24].into());
    let step = Step::AddRoute { interface: name("ipmp0"), route: route.clone() };
    assert_eq!(text(&step), "route add -inet default 192.168.1.24 -ifp ipmp0");
    let bare = Route { protocol: WITHOUT_INTERFACE, ..route };
    let step = Step::RemoveRoute { interface: name("net0"), route: bare };
    assert_eq!(text(&step), "route delete -inet default 192.168.1.24");
}

#[test]
fn host_wide_settings_are_told_to_the_daemon() {
    let from = HostWide { failback: Failback::Always, probe_time: Millis::new(10_000) };
    let step = Step::SetHostWide { from, to: HostWide { failback: Failback::Never, ..from } };
    assert_eq!(
        text(&step),
        "cp -p /etc/default/mpathd /etc/default/mpathd.before-mpath && sed -e 's/^FAILBACK=.*/FAILBACK=no/' \
         /etc/default/mpathd.before-mpath > /etc/default/mpathd\nsvcadm refresh svc:/network/ipmp:default"
    );
}
