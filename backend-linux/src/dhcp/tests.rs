use super::*;

#[test]
fn a_client_is_known_by_its_program_and_its_interface() {
    assert!(is_client("/usr/sbin/dhclient\0-4\0-nw\0bond0", "dhclient", "bond0"));
    assert!(is_client("dhcpcd: bond0 [ip4]", "dhcpcd", "bond0"));
    assert!(!is_client("dhcpcd: bond01 [ip4]", "dhcpcd", "bond0"));
    assert!(!is_client("/usr/bin/vi\0dhclient\0bond0", "dhclient", "bond0"));
    assert!(!is_client("", "dhclient", "bond0"));
}

#[test]
fn every_client_is_bound_to_the_device_and_to_one_family() {
    let bond = InterfaceName::new("bond0").unwrap();
    assert_eq!(Client::Dhcpcd.start(&bond, Family::V4), "-4 -b --noipv6rs bond0");
    assert_eq!(Client::Dhcpcd.start(&bond, Family::V6), "-6 -b --noipv6rs --ia_na bond0");
    assert_eq!(
        Client::Dhclient.start(&bond, Family::V6),
        "-6 -nw -pf /run/dhclient-mpath-bond0-6.pid -lf /run/dhclient-mpath-bond0-6.leases bond0"
    );
    assert_eq!(
        Client::Udhcpc.start(&bond, Family::V4),
        "-i bond0 -p /run/mpath/udhcpc-bond0-4.pid -b -R -t 3 -T 3 -A 10"
    );
    assert!(!Client::Udhcpc.knows(Family::V6));
}
