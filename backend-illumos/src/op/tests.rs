use mpath_core::address::Lifetime;
use mpath_core::settings::Failback;
use mpath_core::snapshot::HostWide;
use mpath_core::{Address, Millis, Route};

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
    assert_eq!(
        explain(&step, Dialect::Ifconfig),
        ["ifconfig net0 group ipmp0", "ifconfig net0 up", "ifconfig net0 inet6 up"]
    );
    let leave = step.inverse().unwrap();
    assert_eq!(text(&leave), "ipadm remove-ipmp --temporary -i net0 ipmp0\nifconfig net0 inet6 down");
    assert_eq!(explain(&leave, Dialect::Ifconfig), ["ifconfig net0 group ''", "ifconfig net0 inet6 down"]);
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
        "cp -p /etc/default/mpathd /etc/default/mpathd.before-mpath && { egrep -v '^(FAILBACK)=' \
         /etc/default/mpathd.before-mpath; echo FAILBACK=no; } > /etc/default/mpathd\nsvcadm refresh svc:/network/ipmp:default"
    );
}

fn persistent(step: Step, dialect: Dialect) -> String {
    explain(&step.persistent(), dialect).join("\n")
}

#[test]
fn what_lasts_goes_without_an_option_where_ipadm_makes_groups() {
    let join = Step::AddMember { device: name("ipmp0"), member: name("net0") };
    let link_local = "ipadm create-addr -T addrconf -p stateful=no,stateless=no net0/linklocal";
    assert_eq!(persistent(join.clone(), Dialect::Ipadm), format!("{link_local}\nipadm add-ipmp -i net0 ipmp0"));
    let leave = join.inverse().unwrap();
    assert_eq!(
        persistent(leave, Dialect::Solaris11),
        "ipadm remove-ipmp -i net0 ipmp0\nipadm delete-addr net0/linklocal"
    );
    let standby = Step::SetStandby { device: name("ipmp0"), member: name("net1"), standby: true };
    assert_eq!(persistent(standby.clone(), Dialect::Ipadm), "ipadm set-ifprop -p standby=on -m ip net1");
    let none = standby.inverse().unwrap();
    assert_eq!(persistent(none, Dialect::Ipadm), "ipadm reset-ifprop -p standby -m ip net1");
    let up = Step::SetUp { interface: name("net0"), up: true };
    assert_eq!(persistent(up, Dialect::Ipadm), "ipadm create-ip net0");
}

#[test]
fn what_lasts_is_a_line_in_a_file_where_ifconfig_makes_groups() {
    let join = Step::AddMember { device: name("ipmp0"), member: name("net0") };
    assert_eq!(
        persistent(join, Dialect::Ifconfig),
        "ifconfig net0 group ipmp0\nifconfig net0 up\ntest ! -f /etc/hostname.net0 || mv /etc/hostname.net0 \
         /etc/hostname.net0.before-mpath; printf '%s\\n' 'group ipmp0' up > /etc/hostname.net0"
    );
    let address = Address { kept: true, ..address("192.168.1.34/24") };
    assert_eq!(
        persistent(add("ipmp0", address), Dialect::Ifconfig),
        "ifconfig ipmp0 addif 192.168.1.34/24 up\necho 'addif 192.168.1.34/24 up' >> /etc/hostname.ipmp0"
    );
}

#[test]
fn what_a_member_keeps_is_taken_out_of_what_ipadm_keeps_for_a_group_that_lasts() {
    let kept = Address { kept: true, label: Some("net0/v4".to_owned()), ..address("192.168.1.7/24") };
    let step = Step::RemoveAddress { interface: name("net0"), address: kept };
    assert_eq!(persistent(step.clone(), Dialect::Ipadm), "ipadm delete-addr net0/v4");
    assert_eq!(
        persistent(step.inverse().unwrap(), Dialect::Ipadm),
        "ipadm create-addr -T static -a 192.168.1.7/24 net0/v4"
    );
    // The boot does not read it where there is a hostname file.
    assert_eq!(persistent(step, Dialect::Ifconfig), "ipadm disable-addr -t net0/v4");
}

#[test]
fn a_router_of_the_boot_goes_back_into_its_file() {
    let route = Route { kept: true, protocol: OF_DEFAULT_ROUTER, ..Route::default_via([192, 168, 1, 24].into()) };
    let step = Step::RemoveRoute { interface: name("net0"), route: route.clone() };
    assert_eq!(
        persistent(step.inverse().unwrap(), Dialect::Ipadm),
        "route add -inet default 192.168.1.24\necho 192.168.1.24 >> /etc/defaultrouter"
    );
    assert_eq!(text(&step), "route delete -inet default 192.168.1.24");
    let own = Step::AddRoute { interface: name("ipmp0"), route: Route { protocol: Route::STATIC, ..route } };
    assert_eq!(persistent(own, Dialect::Ifconfig), "route -p add -inet default 192.168.1.24 -ifp ipmp0");
}
