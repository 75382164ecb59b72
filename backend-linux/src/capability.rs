//! What Linux bonding can do.
//!
//! In: nothing. Out: [`Capabilities`]; an observation makes them more exact, see [`observe`](crate::observe).

use mpath_core::Capabilities;
use mpath_core::capability::{ChangeNeed, Cures, DefaultDevice, Feature, GroupRules, Missing};
use mpath_core::settings::Setting;
use mpath_core::snapshot::Manager;

/// What no bonding driver can do, and what it needs to change a setting (`bond_opts[]` in
/// `drivers/net/bonding/bond_options.c`: BOND_OPTFLAG_IFDOWN, BOND_OPTFLAG_NOSLAVES).
pub fn capabilities() -> Capabilities {
    Capabilities {
        platform: "Linux bonding",
        // IFNAMSIZ, less its NUL.
        longest_interface_name: 15,
        // Folders of net.ipv4.conf (`devinet_sysctl_register`), and a file in /sys/class/net.
        reserved_names: &["all", "default", "bonding_masters"],
        default_device: DefaultDevice::GroupName,
        missing: vec![
            Missing {
                feature: Feature::LinkAndProbe,
                reason: "bonding watches either the link or probe targets: miimon and arp_interval exclude each other"
                    .to_owned(),
                cure: None,
            },
            Missing {
                feature: Feature::Persistence,
                reason: "the kernel keeps nothing over a boot".to_owned(),
                cure: None,
            },
        ],
        rules: GroupRules::default(),
        cures: Cures {
            show_interfaces: "ip link",
            free_member: "ip link set dev {member} nomaster",
            free_passing_member: "ip link set dev {member} nomaster",
            remove_route: "ip route del {route} dev {interface}",
            ranks_routes: true,
            switch_off: "ip link set dev {interface} down",
            remove_interface: "ip link delete dev {interface}",
            leave_alone: &[
                (Manager::NetworkManager, "nmcli device set {interface} managed no"),
                (
                    Manager::Networkd,
                    "printf '[Match]\\nName={name}\\n[Link]\\nUnmanaged=yes\\n' > {unit} && networkctl reload",
                ),
            ],
            own_directory: "run it as root; or, with CAP_NET_ADMIN, let root type first: install -d -o {user} {directory}",
        },
        obstacles: vec![],
        remarks: vec![],
        change_needs: &[
            (Setting::Mode, ChangeNeed::DownAndEmpty),
            (Setting::MacSharing, ChangeNeed::DownAndEmpty),
            (Setting::LacpRate, ChangeNeed::Down),
            (Setting::LacpActive, ChangeNeed::Down),
            (Setting::LacpSelect, ChangeNeed::Down),
            (Setting::LacpPortKey, ChangeNeed::Down),
            (Setting::DynamicBalance, ChangeNeed::Down),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_and_probe_at_once_is_always_refused() {
        assert!(capabilities().missing(Feature::LinkAndProbe).unwrap().reason.contains("miimon"));
    }

    #[test]
    fn the_mode_changes_only_on_an_empty_device() {
        assert_eq!(capabilities().need_of(Setting::Mode), ChangeNeed::DownAndEmpty);
        assert_eq!(capabilities().need_of(Setting::Primary), ChangeNeed::Nothing);
    }
}
