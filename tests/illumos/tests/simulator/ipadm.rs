//! ipadm: syntax, refusals, side effects (facts §1).

use illumos_simulator::{Link, Simulator, User, Zone};
use pretty_assertions::assert_eq;

use crate::{NEW, home_lan, host, ok, refused, run};

#[test]
fn short_t_is_refused_by_the_ipmp_subcommands_only() {
    // Facts §0.2
    let host = host(NEW);
    ok(&host, "ipadm create-if -t net0");
    for subcommand in ["create-ipmp -t ipmp0", "add-ipmp -t -i net0 ipmp0", "remove-ipmp -t -i net0 ipmp0"] {
        let output = run(&host, &format!("ipadm {subcommand}"));
        assert!(output.stderr().starts_with("ipadm: unrecognized option '-t'\nusage: "), "{}", output.stderr());
        assert_eq!(output.stdout(), "\n");
    }
    ok(&host, "ipadm create-ipmp --temporary ipmp0");
    ok(&host, "ipadm add-ipmp --temporary -i net0 ipmp0");
    ok(&host, "ipadm remove-ipmp --temporary -i net0 ipmp0");
}

#[test]
fn help_goes_to_standard_error_and_succeeds() {
    // Facts §1.1, §1.2
    let host = host(NEW);
    let output = run(&host, "ipadm help");
    assert!(output.success() && output.stdout().is_empty());
    assert!(output.stderr().contains("create-ipmp"));
    let output = run(&host, "ipadm frobnicate");
    assert!(output.stderr().starts_with("ipadm: unknown subcommand 'frobnicate'\n"));
    assert!(!output.success());
    assert_eq!(ok(&host, "ipadm"), ok(&host, "ipadm show-addr"));
}

#[test]
fn create_ipmp_pings_the_daemon_first() {
    // Facts §1.4, §10.3
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-ipmp ipmp0");
    host.stop_mpathd();
    refused(&host, "ipadm create-ipmp ipmp1", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    refused(&host, "ipadm create-ipmp home-lan", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    // add-ipmp and remove-ipmp do not ask it.
    ok(&host, "ipadm add-ipmp -i net0 ipmp0");
    ok(&host, "ipadm remove-ipmp -i net0 ipmp0");
}

#[test]
fn a_name_without_a_number_is_no_interface() {
    // Facts §0.4, §1.3
    let host = host(NEW);
    refused(&host, "ipadm create-ipmp home-lan", "ipadm: Could not create home-lan : Invalid argument provided");
    let long = "i".repeat(31) + "0";
    refused(
        &host,
        &format!("ipadm create-ipmp {long}"),
        &format!("ipadm: Could not create {long} : Invalid argument provided"),
    );
    refused(
        &host,
        &format!("ipadm add-ipmp -i {long} ipmp0"),
        &format!("ipadm: Incorrect length of interface name: {long}"),
    );
    refused(&host, "ipadm show-if home-lan", "ipadm: Could not get interface(s): Invalid argument provided");
}

#[test]
fn what_create_refuses() {
    // Facts §1.4
    let host = host(NEW);
    ok(&host, "ipadm create-if net0");
    refused(&host, "ipadm create-if net0", "ipadm: Could not create net0 : Interface already exists");
    refused(&host, "ipadm create-if net9", "ipadm: Could not create net9 : Could not open DLPI link");
    ok(&host, "ipadm create-ipmp ipmp0");
    refused(&host, "ipadm create-ipmp ipmp0", "ipadm: Could not create ipmp0 : Interface already exists");
    ok(&host, "ipadm disable-if -t ipmp0");
    refused(
        &host,
        "ipadm create-ipmp ipmp0",
        "ipadm: Could not create ipmp0 : Operation not supported on disabled object",
    );
    host.with_link("wlan0", |link| link.temporary = true);
    refused(&host, "ipadm create-if wlan0", "ipadm: Could not create wlan0 : Persistent operation on temporary object");
    host.with_link("wlan0", |link| link.zone = Some("web".to_owned()));
    refused(&host, "ipadm create-if -t wlan0", "ipadm: Could not create wlan0 : Interface already in use");
}

#[test]
fn without_authorization_everything_that_changes_is_refused() {
    // Facts §1.4, §10.13
    let host = host(NEW);
    home_lan(&host);
    host.set_user(User::ordinary("kim"));
    for (line, text) in [
        ("create-ipmp ipmp1", "Could not create ipmp1 : Insufficient user authorizations"),
        ("delete-ipmp ipmp0", "Could not delete ipmp0: Insufficient user authorizations"),
        (
            "remove-ipmp -i net0 ipmp0",
            "Cannot remove interface 'net0' from IPMP interface 'ipmp0': Insufficient user authorizations",
        ),
        ("set-ifprop -p standby=off -m ip wlan0", "set-ifprop: standby: Insufficient user authorizations"),
        (
            "create-addr -T static -a 192.168.1.35/24 ipmp0/b",
            "Could not create address: Insufficient user authorizations",
        ),
        ("delete-addr ipmp0/v4", "could not delete address: Insufficient user authorizations"),
    ] {
        refused(&host, &format!("ipadm {line}"), &format!("ipadm: {text}"));
    }
    ok(&host, "ipadm show-if");
    ok(&host, "ipmpstat -g");
    host.set_user(User::network_manager("kim"));
    refused(&host, "ipadm delete-addr ipmp0/v4", "ipadm: could not delete address: Insufficient user authorizations");
    ok(&host, "pfexec ipadm delete-addr ipmp0/v4");
}

#[test]
fn a_new_group_is_failed_and_not_running() {
    // Facts §1.4, §10.8
    let host = host(NEW);
    ok(&host, "ipadm create-ipmp ipmp0");
    assert_eq!(ok(&host, "ipadm show-if -p -o class,state,current ipmp0"), "IPMP:failed:bm--I-----46\n");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,state,interfaces"), "ipmp0:failed:\n");
    // 0.0.0.0 and :: are not listed.
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
}

#[test]
fn a_group_with_members_is_not_deleted() {
    // Facts §1.4, §10.6
    let host = host(NEW);
    home_lan(&host);
    refused(&host, "ipadm delete-ipmp ipmp0", "ipadm: Could not delete ipmp0: IPMP group is not empty");
    refused(&host, "ipadm disable-if -t ipmp0", "ipadm: Could not disable ipmp0: IPMP group is not empty");
    refused(&host, "ipadm delete-ipmp ipmp7", "ipadm: Could not delete ipmp7: Interface does not exist");
    ok(&host, "ipadm remove-ipmp -i net0,wlan0 ipmp0");
    ok(&host, "ipadm delete-ipmp ipmp0");
    // The data address and its object go with it.
    assert_eq!(ok(&host, "ipadm show-addr -p -o addrobj"), "lo0/v4\nlo0/v6\n");
    assert_eq!(ok(&host, "ipmpstat -g"), "");
}

#[test]
fn a_zone_that_shares_its_stack_has_no_daemon() {
    // Facts §4.6
    let host = host(NEW);
    host.set_zone(Zone::SharedIp);
    host.reboot();
    refused(&host, "ipadm create-ipmp ipmp0", "ipadm: Cannot ping in.mpathd: cannot contact in.mpathd");
    assert_eq!(ok(&host, "zonename"), "web\n");
    assert_eq!(ok(&host, "zonename -t"), "shared\n");
    refused(&host, "ipadm create-if net0", "ipadm: Could not create net0 : Permission denied");
    host.set_zone(Zone::ExclusiveIp);
    assert_eq!(ok(&host, "zonename -t"), "exclusive\n");
    // The global zone has not the flag of an exclusive stack.
    host.set_zone(Zone::Global);
    assert_eq!((ok(&host, "zonename"), ok(&host, "zonename -t")), ("global\n".to_owned(), "shared\n".to_owned()));
}

#[test]
fn every_line_of_the_database_is_as_ipmgmtd_writes_it() {
    // Facts §5.1
    let host = host(NEW);
    ok(&host, "ipadm create-ipmp ipmp0");
    ok(&host, "ipadm create-if net0");
    ok(&host, "ipadm create-if wlan0");
    ok(&host, "ipadm set-ifprop -p standby=on -m ip wlan0");
    ok(&host, "ipadm add-ipmp -i net0,wlan0 ipmp0");
    ok(&host, "ipadm create-addr -T static -a 192.168.1.34/24 ipmp0/v4");
    let text = std::fs::read_to_string(host.root_dir().join("etc/ipadm/ipadm.conf")).unwrap();
    for line in [
        "_ifname=ipmp0;_ifclass=1;_families=2,26;_mifnames=wlan0,net0;",
        "_ifname=net0;_ifclass=0;_families=2,26;_gifname=ipmp0;",
        "_protocol=ip;_ifname=wlan0;standby=on;",
        "_ifname=ipmp0;_aobjname=ipmp0/v4;_ipv4addr=192.168.1.34,;up=yes;",
        "_ifname=ipmp0;_aobjname=ipmp0/v4;prefixlen=24;",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}\n{text}");
    }
}

#[test]
fn the_header_comes_again_with_every_screen() {
    // Facts §1.7
    let links: Vec<Link> =
        (0..30).map(|number| Link::ether(&format!("net{number}"), &format!("0:0:0:0:0:{number:x}"))).collect();
    let host = Simulator::with_binary(env!("CARGO_BIN_EXE_illumos-simulator").as_ref(), NEW, &links);
    let shown = ok(&host, "dladm show-link");
    let headers: Vec<usize> =
        shown.lines().enumerate().filter(|(_, line)| line.starts_with("LINK ")).map(|(index, _)| index).collect();
    assert_eq!(headers, [0, 24]);
}
