//! What differs between the dialects (facts §7, §10.12, §10.14).

use illumos_simulator::{Dialect, Lease};
use pretty_assertions::assert_eq;

use crate::{home_lan, host, ok, refused, run};

#[test]
fn illumos_of_before_2554_has_no_ipmp_subcommands() {
    let host = host(Dialect::IllumosOld);
    for line in ["ipadm create-ipmp ipmp0", "ipadm create-ip net0"] {
        let output = run(&host, line);
        let subcommand = line.split(' ').nth(1).unwrap();
        assert!(output.stderr().starts_with(&format!("ipadm: unknown subcommand '{subcommand}'\nusage:")));
        assert!(!output.success() && !output.stderr().contains("\tcreate-ipmp"));
    }
    let output = run(&host, "ipadm");
    assert!(output.stderr().starts_with("usage:") && !output.success());
    ok(&host, "ipadm create-if net0");
    assert_eq!(
        ok(&host, "ipadm show-if net0"),
        "IFNAME     STATE    CURRENT      PERSISTENT\nnet0       down     bm--------46 -46\n"
    );
    refused(&host, "ipadm show-if -p -o class", "ipadm: unknown output field: `class'");
}

#[test]
fn ipadm_of_before_2554_refuses_groups_and_members() {
    // Facts §0.1, §10.12
    let host = host(Dialect::IllumosOld);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ifconfig net0 group home-lan up");
    for object in ["net0/v4", "ipmp0/v4"] {
        refused(
            &host,
            &format!("ipadm create-addr -T static -a 192.168.1.34/24 {object}"),
            "ipadm: Could not create address: Operation not supported",
        );
    }
    refused(&host, "ipadm set-ifprop -p standby=on -m ip net0", "ipadm: set-ifprop: standby: Operation not supported");
}

#[test]
fn the_story_runs_on_older_illumos_by_ifconfig() {
    let host = host(Dialect::IllumosOld);
    for line in [
        "ifconfig ipmp0 ipmp group home-lan",
        "ifconfig net0 plumb group home-lan up",
        "ifconfig wlan0 plumb group home-lan standby up",
        "ifconfig ipmp0 192.168.1.34/24 up",
    ] {
        ok(&host, line);
    }
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"), "ipmp0:home-lan:ok::net0 (wlan0)\n");
    host.cut("net0");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,inbound"), "192.168.1.34:wlan0\n");
    host.plug("net0");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,inbound"), "192.168.1.34:net0\n");
    for line in [
        "ifconfig net0 group \"\"",
        "ifconfig wlan0 group \"\" -standby",
        "ifconfig net0 unplumb",
        "ifconfig wlan0 unplumb",
        "ifconfig ipmp0 unplumb",
    ] {
        ok(&host, line);
    }
    assert!(ok(&host, "ifconfig -a4").ends_with("\tinet 127.0.0.1 netmask ff000000 \n"));
    // There is no service; the daemon was started by ifconfig.
    assert!(!run(&host, "svcs svc:/network/ipmp:default").success());
    ok(&host, "pkill -HUP -x in.mpathd");
}

#[test]
fn solaris_11_shows_classes_in_lower_case_and_what_a_group_is_over() {
    let host = host(Dialect::Solaris11);
    home_lan(&host);
    assert_eq!(
        ok(&host, "ipadm show-if"),
        "\
IFNAME     CLASS    STATE    ACTIVE OVER
lo0        loopback ok       yes    --
net0       ip       ok       yes    --
wlan0      ip       ok       no     --
ipmp0      ipmp     ok       yes    net0 wlan0
"
    );
    assert_eq!(ok(&host, "ipadm show-if -p -o ifname,class,over ipmp0"), "ipmp0:ipmp:net0 wlan0\n");
    assert_eq!(ok(&host, "ipadm show-if -p -o current,persistent wlan0"), "bm---si---46:s46\n");
    assert!(ok(&host, "ipadm").starts_with("NAME              CLASS/TYPE STATE        UNDER      ADDR\n"));
}

#[test]
fn solaris_11_takes_short_t_and_names_addresses_itself() {
    let host = host(Dialect::Solaris11);
    for line in [
        "ipadm create-ip -t net0",
        "ipadm create-ipmp -t -i net0 ipmp0",
        "ipadm create-addr -t -a 192.168.1.34/24 ipmp0",
    ] {
        ok(&host, line);
    }
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj,addr ipmp0/"), "ipmp0/v4:192.168.1.34/24\n");
    refused(&host, "ipadm delete-ipmp ipmp0", "ipadm: Could not delete ipmp0: IPMP group is not empty");
    ok(&host, "ipadm delete-ipmp -f ipmp0");
    assert!(!run(&host, "ipadm show-if ipmp0").success());
}

#[test]
fn solaris_11_keeps_a_leased_interface_out_of_a_group() {
    // Facts §6
    let host = host(Dialect::Solaris11);
    host.with_link("net0", |link| {
        link.lease = Some(Lease { address: "192.168.1.77/24".to_owned(), router: None });
    });
    ok(&host, "ipadm create-addr -T dhcp net0/v4");
    ok(&host, "ipadm create-ipmp ipmp0");
    refused(
        &host,
        "ipadm add-ipmp -i net0 ipmp0",
        "ipadm: cannot add net0 to ipmp0: Underlying interface has addresses managed by dhcpagent(8)",
    );
}

#[test]
fn solaris_11_does_not_read_hostname_files() {
    let host = host(Dialect::Solaris11);
    std::fs::write(host.root_dir().join("etc/hostname.net0"), "10.0.0.1\n").unwrap();
    host.reboot();
    assert!(host.state().interface("net0").is_none());
}

#[test]
fn solaris_10_has_neither_ipadm_nor_ipmpstat_nor_an_ipmp_interface() {
    let host = host(Dialect::Solaris10);
    assert!(!host.bin_dir().join("ipadm").exists() && !host.bin_dir().join("ipmpstat").exists());
    assert!(host.bin_dir().join("if_mpadm").exists());
    assert!(!run(&host, "ifconfig ipmp0 ipmp").success());
    std::fs::write(host.root_dir().join("etc/hostname.net0"), "192.168.1.34/24\n").unwrap();
    host.reboot();
    assert!(ok(&host, "ifconfig net0").contains("inet 192.168.1.34 netmask ffffff00 broadcast 192.168.1.255"));
    assert!(!run(&host, "svcs svc:/network/ipmp:default").success());
}

#[test]
fn solaris_11_has_profiles_of_network_configuration() {
    // Facts §5.4
    let host = host(Dialect::Solaris11);
    host.set_profile_manager(true);
    assert!(ok(&host, "netadm list").contains("ncp         Automatic      online\n"));
    ok(&host, "netadm enable -p ncp DefaultFixed");
    assert!(ok(&host, "netadm list").contains("ncp         DefaultFixed   online\n"));
}
