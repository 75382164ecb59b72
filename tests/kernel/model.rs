//! The rules that the planner drafts with, asked of the kernel: after every step of a plan the host must look as
//! `mpath_core::effect` predicts.

use mpath_core::settings::MacSharing;
use mpath_core::snapshot::Controller;
use mpath_core::{Backend as _, InterfaceName, Receipt, Snapshot, Step, effect};

use crate::mpath::HOME_LAN;
use crate::network::{Segment, batch};
use crate::planned;

crate::cases!(OwnNamespace: every_step_does_what_the_model_predicts, what_is_looked_at_again_is_as_everything_is);

/// What of a host is compared, where a prediction of it is at hand.
fn visible(host: &Snapshot, predicted: &Snapshot) -> Snapshot {
    let names: Vec<_> = ["eth0", "eth1", "bond0"].map(|name| InterfaceName::new(name).unwrap()).into();
    let mut host = host.scoped(&names).configuration();
    for (name, interface) in &mut host.interfaces {
        // A device's own address that is the active member's, or at random, as when the last member has left.
        let follows = interface.group().is_some_and(|group| group.settings.mac_sharing != MacSharing::Shared);
        let random = predicted.interface(name).is_none_or(|interface| interface.mac.is_none());
        if interface.group().is_some() && (follows || random) {
            interface.mac = None;
        }
    }
    host
}

fn every_step_does_what_the_model_predicts() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    batch(
        &[],
        "link set eth1 up\naddress add 192.168.1.34/24 dev eth1\naddress add 192.168.1.35/24 dev eth1\n\
         address add 2001:db8:1::34/64 dev eth1 nodad\nroute add default via 192.168.1.24 dev eth1\n\
         route add 10.98.0.0/16 dev eth1 scope link\nlink set eth0 mtu 1400\n",
    );
    let mut backend = mpath_backend_linux::LinuxBackend::new().unwrap();
    let texts = [
        HOME_LAN.to_owned(),
        HOME_LAN.replace("100ms", "50ms").replace("primary   = \"eth1\"", "primary = \"eth0\"\nmtu = 1450"),
        HOME_LAN.replace("primary   = \"eth1\"", "mode = \"lacp\"\nlacp = { rate = \"fast\" }"),
        HOME_LAN.replace("primary   = \"eth1\"", "mode = \"lacp\"\nlacp = { rate = \"slow\", select = \"count\" }"),
        HOME_LAN.replace("primary ", "mac = \"02:aa:bb:cc:dd:ee\"\nprimary "),
        HOME_LAN.replace("primary ", "mac = \"active\"\nprimary "),
        HOME_LAN.replace("[\"eth1\", \"eth0\"]", "[\"eth1\"]"),
    ];
    let mut receipt = None;
    let mut tried = 0;
    for text in texts {
        let current = backend.observe().unwrap();
        let prepared = planned::up(&text, &current, receipt.as_ref(), &backend);
        tried += step_by_step(&mut backend, &current, &prepared.plan.steps, receipt.as_ref());
        receipt = Some(prepared.receipt);
    }
    let current = backend.observe().unwrap();
    let plan = planned::down(&current, receipt.as_ref(), &backend);
    tried += step_by_step(&mut backend, &current, &plan.steps, receipt.as_ref());
    assert!(tried > 50, "only {tried} steps were tried");
}

/// What nobody named is seen as well, since the kernel has told of it.
fn what_is_looked_at_again_is_as_everything_is() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    let mut backend = mpath_backend_linux::LinuxBackend::new().unwrap();
    let mut host = backend.observe().unwrap();
    let eth1 = [InterfaceName::new("eth1").unwrap()];
    for script in [
        "link add bond0 type bond mode active-backup miimon 100\nlink set eth0 down\nlink set eth0 master bond0\n",
        "link set bond0 type bond primary eth0\nlink set bond0 alias mpath:home-lan\nlink set bond0 up\n",
        "address add 192.168.1.34/24 dev bond0\naddress add 2001:db8:1::34/64 dev bond0 nodad\n",
        "route add default via 192.168.1.24 dev bond0\nroute add blackhole 10.9.0.0/16\n",
        "link add link bond0 name vlan7 type vlan id 7\nlink set vlan7 up\nlink add br7 type bridge\n",
        "route add 10.97.0.0/16 nexthop via 192.168.1.25 dev bond0 nexthop via 192.168.1.26 dev bond0\n",
        "link set vlan7 master br7\nlink set eth1 mtu 1400\nlink set br7 name br8\n",
        "route del 10.97.0.0/16\naddress del 192.168.1.34/24 dev bond0\nlink set eth0 nomaster\n",
        "link del vlan7\nlink del bond0\nlink del br8\nlink set eth1 name cable\nlink set cable name eth1\n",
    ] {
        batch(&[], script);
        for named in [&eth1[..], &[]] {
            backend.refresh(&mut host, named).unwrap();
            let all = backend.observe().unwrap();
            pretty_assertions::assert_eq!(host.configuration(), all.configuration(), "after: {script}");
        }
    }
}

fn step_by_step(
    backend: &mut mpath_backend_linux::LinuxBackend,
    current: &Snapshot,
    steps: &[Step],
    receipt: Option<&Receipt>,
) -> usize {
    let capabilities = backend.capabilities().clone();
    let mut predicted = current.clone();
    // What a member had before it joined is known from the receipt.
    for (name, interface) in &mut predicted.interfaces {
        let before = receipt.and_then(|receipt| receipt.before.interface(name)).map(|interface| interface.mtu);
        if let Some(Controller::Group(membership)) = &mut interface.controller {
            membership.own_mtu = before;
        }
    }
    let mut refreshed = current.clone();
    for step in steps {
        effect::apply(step, &mut predicted, &capabilities).unwrap_or_else(|nonsense| panic!("{nonsense}"));
        backend.execute(step).unwrap_or_else(|error| panic!("{step}: {error}"));
        let subjects: Vec<_> = step.subject().into_iter().cloned().collect();
        backend.refresh(&mut refreshed, &subjects).unwrap();
        let seen = backend.observe().unwrap();
        let parts = (visible(&refreshed, &predicted), visible(&seen, &predicted));
        pretty_assertions::assert_eq!(parts.0, parts.1, "looked at again after: {step}");
        pretty_assertions::assert_eq!(visible(&seen, &predicted), visible(&predicted, &predicted), "after: {step}");
        // What the kernel does on its own account is taken over, so that it is not asked of the model again.
        let hidden = predicted;
        predicted = seen;
        for (name, interface) in &mut predicted.interfaces {
            let memory = hidden.interface(name).and_then(|interface| interface.membership()).and_then(|m| m.own_mtu);
            if let Some(Controller::Group(membership)) = &mut interface.controller {
                membership.own_mtu = memory;
            }
        }
    }
    steps.len()
}
