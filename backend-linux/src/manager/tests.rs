use mpath_core::snapshot::GroupState;

use super::*;

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

#[test]
fn a_program_that_never_ran_is_not_looked_for() {
    let root = Root::at(std::path::Path::new("/nonexistent"));
    assert_eq!(Managers::look(&root), Managers { network_manager: false, networkd: false });
}
