//! home-lan: up, cable out, cable in, down (facts §1.8, samples of §1.7 and §3).

use illumos_simulator::Dialect;
use pretty_assertions::assert_eq;

use crate::{failed, home_lan, home_lan_with_v6, host, ok, run};

#[test]
fn a_healthy_group_is_shown_as_in_the_sample() {
    let host = host(Dialect::IllumosNew);
    home_lan_with_v6(&host);
    assert_eq!(
        ok(&host, "ipmpstat -g"),
        "\
GROUP       GROUPNAME   STATE     FDT       INTERFACES
ipmp0       ipmp0       ok        --        net0 (wlan0)
"
    );
    assert_eq!(
        ok(&host, "ipmpstat -i"),
        "\
INTERFACE   ACTIVE  GROUP       FLAGS     LINK      PROBE     STATE
wlan0       no      ipmp0       is-----   up        disabled  ok
net0        yes     ipmp0       --mbM--   up        disabled  ok
"
    );
    assert_eq!(
        ok(&host, "ipmpstat -an"),
        "\
ADDRESS                   STATE  GROUP       INBOUND     OUTBOUND
192.168.1.34              up     ipmp0       net0        net0
"
    );
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"), "ipmp0:ipmp0:ok::net0 (wlan0)\n");
}

#[test]
fn show_if_is_laid_out_as_in_the_sample() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    assert_eq!(
        ok(&host, "ipadm show-if"),
        "\
IFNAME     CLASS     STATE    CURRENT      PERSISTENT
lo0        VIRTUAL   ok       -m-v------46 ---
net0       IP        ok       bm--------46 -46
wlan0      IP        ok       bm---si---46 s46
ipmp0      IPMP      ok       bm--I-----46 -46
"
    );
    let parsable = ok(&host, "ipadm show-if -p -o ifname,class,state,current,persistent");
    assert!(parsable.contains("net0:IP:ok:bm--------46:-46\nwlan0:IP:ok:bm---si---46:s46\n"));
}

#[test]
fn a_cable_pulled_out_moves_the_address_to_the_standby() {
    let host = host(Dialect::IllumosNew);
    home_lan_with_v6(&host);
    host.cut("net0");
    assert!(ok(&host, "ipmpstat -g").ends_with("\nipmp0       ipmp0       degraded  --        wlan0 [net0]\n"));
    assert!(ok(&host, "ipmpstat -i").ends_with(
        "
wlan0       yes     ipmp0       -smbM--   up        disabled  ok
net0        no      ipmp0       -------   down      disabled  failed
"
    ));
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,inbound"), "192.168.1.34:wlan0\n");
    let shown = ok(&host, "ipadm show-if");
    assert!(shown.contains("net0       IP        failed   bm--------46 -46\n"), "{shown}");
    assert!(shown.contains("wlan0      IP        ok       bm---s----46 s46\n"), "{shown}");
    assert!(shown.contains("ipmp0      IPMP      ok       bm--I-----46 -46\n"), "{shown}");
}

#[test]
fn a_cable_put_in_again_brings_the_address_back_at_once() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    host.cut("net0");
    host.plug("net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,inbound"), "192.168.1.34:net0\n");
}

#[test]
fn with_both_down_addresses_stay_and_are_inaccessible() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    host.cut("net0");
    host.cut("wlan0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"), "ipmp0:ipmp0:failed::[wlan0 net0]\n");
    assert_eq!(ok(&host, "ipmpstat -nPa -o address,state,group,inbound,outbound"), "192.168.1.34:up:ipmp0::\n");
    assert_eq!(ok(&host, "ipadm show-addr -p -o state ipmp0/v4"), "inaccessible\n");
    assert_eq!(ok(&host, "ipadm show-if -p -o state ipmp0"), "failed\n");
}

#[test]
fn without_failback_the_standby_keeps_the_address() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    std::fs::write(host.root_dir().join("etc/default/mpathd"), "FAILBACK=no\n").unwrap();
    ok(&host, "svcadm refresh svc:/network/ipmp:default");
    host.cut("net0");
    host.plug("net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"), "ipmp0:ipmp0:ok::wlan0 (net0)\n");
    assert_eq!(ok(&host, "ipmpstat -Pi -o interface,flags"), "wlan0:-smb---\nnet0:i------\n");
}

#[test]
fn if_mpadm_takes_a_member_out_and_in() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    ok(&host, "if_mpadm -d net0");
    assert_eq!(
        ok(&host, "ipmpstat -Pg -o group,groupname,state,fdt,interfaces"),
        "ipmp0:ipmp0:degraded::wlan0 [net0]\n"
    );
    assert!(
        ok(&host, "ipmpstat -Pi -o interface,active,group,flags,link,probe,state")
            .contains("net0:no:ipmp0:-----d-:up:disabled:offline\n")
    );
    failed(&host, "if_mpadm -d net0", "if_mpadm: fatal: interface net0 is already offline");
    failed(&host, "if_mpadm -r wlan0", "if_mpadm: fatal: interface wlan0 is not offline");
    failed(
        &host,
        "if_mpadm -d wlan0",
        "if_mpadm: fatal: cannot offline wlan0: no other functioning interfaces are in its IPMP group",
    );
    ok(&host, "if_mpadm -r net0");
    assert_eq!(ok(&host, "ipmpstat -Pg -o state,interfaces"), "ok:net0 (wlan0)\n");
}

#[test]
fn down_leaves_the_host_as_it_was() {
    let host = host(Dialect::IllumosNew);
    let before = host.state();
    home_lan(&host);
    for line in [
        "ipadm delete-addr ipmp0/v4",
        "ipadm remove-ipmp -i net0,wlan0 ipmp0",
        "ipadm delete-ipmp ipmp0",
        "ipadm reset-ifprop -p standby -m ip wlan0",
        "ipadm delete-if net0",
        "ipadm delete-if wlan0",
    ] {
        ok(&host, line);
    }
    let after = host.state();
    assert_eq!(after.interfaces, before.interfaces);
    assert_eq!(after.database, before.database);
    assert_eq!(after.mpathd, before.mpathd);
}

#[test]
fn the_multi_call_binary_finds_its_host_with_an_empty_environment() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    for place in [host.bin_dir(), host.root_dir().join("sbin")] {
        let output = std::process::Command::new(place.join("ipmpstat"))
            .args(["-nP", "-o", "group,state", "-g"])
            .env_clear()
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ipmp0:ok\n");
    }
    let output = std::process::Command::new(host.bin_dir().join("ipadm"))
        .args(["delete-ipmp", "ipmp0"])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"ipadm: Could not delete ipmp0: IPMP group is not empty");
    assert_eq!(output.stdout, b"\n");
}

#[test]
fn only_commands_that_change_something_are_told_as_mutations() {
    let host = host(Dialect::IllumosNew);
    home_lan(&host);
    host.forget_calls();
    for line in [
        "ipadm show-if",
        "ipmpstat -g",
        "ifconfig -a",
        "ifconfig net0 inet6",
        "dladm show-phys",
        "route -p show",
        "netstat -rn",
        "svcs -H -o state ipmp",
        "ipadm help",
        "zonename",
        "pfexec /usr/sbin/ipadm show-addr",
    ] {
        run(&host, line);
    }
    assert_eq!(host.mutations(), Vec::<String>::new());
    run(&host, "ifconfig net0 group \"\"");
    run(&host, "pfexec ipadm delete-addr ipmp0/v4");
    assert_eq!(host.mutations(), ["ifconfig net0 group \"\"", "pfexec ipadm delete-addr ipmp0/v4"]);
    assert_eq!(host.calls().len(), 13);
}
