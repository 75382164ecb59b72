use mpath_core::snapshot::GroupState;

use super::*;
use crate::sysfs::tests::Folder;

fn group() -> Kind {
    let settings = crate::settings::settings_of(&[], |_| None).unwrap();
    Kind::Group(Box::new(GroupState { settings, label: None, active: None, dhcp: Default::default() }))
}

#[test]
fn network_manager_owns_a_card_that_it_manages() {
    let file = "[device]\nmanaged=true\nnm-owned=false\n";
    assert!(network_manager_owns(file, &Kind::Ethernet));
    assert!(!network_manager_owns("[device]\nmanaged=false\n", &Kind::Ethernet));
    assert!(!network_manager_owns("", &Kind::Ethernet));
}

#[test]
fn network_manager_owns_only_a_bond_that_it_made() {
    assert!(!network_manager_owns("[device]\nmanaged=true\nnm-owned=false\n", &group()));
    assert!(network_manager_owns("[device]\nmanaged=true\nnm-owned=true\n", &group()));
}

#[test]
fn networkd_owns_what_it_has_a_file_for_and_not_what_is_new_to_it() {
    let file = "NETWORK_FILE=/etc/systemd/network/a.network\n";
    for (state, file, owns) in [
        ("configured", file, true),
        ("configuring", file, true),
        ("pending", file, true),
        ("initialized", file, true),
        ("failed", file, true),
        ("pending", "", false),
        ("initialized", "", false),
        ("unmanaged", file, false),
    ] {
        let text = format!("# private data\nADMIN_STATE={state}\nOPER_STATE=up\n{file}");
        assert_eq!(networkd_owns(&text), owns, "{text}");
    }
    assert!(!networkd_owns(""));
}

/// A host on which networkd has said that interface 2 is its own, and what else is there.
fn host(name: &str, others: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(name);
    folder.file("run/systemd/netif/links/2", "ADMIN_STATE=configured\n");
    others.iter().for_each(|(file, text)| folder.file(file, text));
    folder
}

#[test]
fn what_a_program_left_behind_counts_only_while_it_runs() {
    let manager = |name: &str| {
        let folder = host(name, &[("proc/7/comm", name)]);
        let root = Root::at(&folder.0);
        Managers::look(&root).of(&root, 2, &Kind::Ethernet)
    };
    assert_eq!(manager("systemd-resolve"), None);
    assert_eq!(manager("systemd-network"), Some(Manager::Networkd));
}

#[test]
fn a_service_of_systemd_is_found_in_any_hierarchy_of_control_groups() {
    for cgroup in ["", "unified/", "systemd/"] {
        let file = format!("sys/fs/cgroup/{cgroup}system.slice/systemd-networkd.service/cgroup.procs");
        // A number may have gone to another process.
        for (name, is_it) in [("systemd-network", true), ("sh", false)] {
            let folder = host("service", &[(&file, "7\n"), ("proc/7/comm", name)]);
            assert_eq!(is_service(&Root::at(&folder.0), "systemd-networkd", "systemd-network"), is_it, "{file}");
        }
    }
}

#[test]
fn a_program_that_never_ran_or_owns_nothing_is_not_looked_for() {
    let looked_for = |root: &Root, index| {
        let managers = Managers::look(root);
        managers.of(root, index, &Kind::Ethernet);
        managers.networkd.runs.get().is_some()
    };
    assert!(!looked_for(&Root::at(std::path::Path::new("/nonexistent")), 2));
    let folder = host("owner", &[]);
    assert!(looked_for(&Root::at(&folder.0), 2));
    assert!(!looked_for(&Root::at(&folder.0), 3));
}
