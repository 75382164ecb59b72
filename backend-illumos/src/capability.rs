//! What IPMP can do.
//!
//! In: a [`Dialect`], or a [`Snapshot`]. Out: [`Capabilities`], and what stands in the way on that host.

use mpath_core::capability::{Cures, DefaultDevice, Feature, GroupRules, Missing, Obstacle};
use mpath_core::shell::word;
use mpath_core::snapshot::Kind;
use mpath_core::{Address, Capabilities, InterfaceName, Snapshot};

use crate::dialect::Dialect;
use crate::mpathd::PROBES;
use crate::op::object_name;

/// The directory is on `/var/run`, root's and gone after a boot; the network profile lets nobody write there.
const OWN_DIRECTORY: &str = "run it as root; or, with the profile Network Management, let root give you the directory until the next boot: mkdir -p -m 755 {directory} && chown {user} {directory}";

/// in.mpathd probes IPv6 from a member's link-local address, once that has NOFAILOVER, which nothing keeps over a boot.
const NO_IPV6_PROBES: &str = "test addresses are IPv4, and in.mpathd asks the IPv4 next hops of the group's routes";

const IPV4_OVER_A_BOOT: &str =
    "mpath writes /etc/hostname.IF, with IPv4 addresses, and not the /etc/hostname6.IF of each interface";

/// Only what `ipadm` plumbs is kept from in.ndpd (`i_ipadm_disable_autoconf`), and it plumbs no IPMP interface here.
const LISTENS_BY_ITSELF: &str = "in.ndpd listens on each interface with a link-local address, unless /etc/inet/ndpd.conf has `StatelessAddrConf false` for it";

/// What the IPMP of illumos can do, as far as that is known without looking at a host.
pub fn capabilities() -> Capabilities {
    capabilities_of(Dialect::Ipadm)
}

/// What a dialect can do.
pub fn capabilities_of(dialect: Dialect) -> Capabilities {
    let mut missing = vec![
        (Feature::OtherModes, "an IPMP group fails over; spreading by a hash is the aggregation's (dladm create-aggr)"),
        (Feature::MemberPriority, "a member is a standby or it is none, and among standbys the daemon takes the first"),
        (Feature::Ipv6ProbeAlone, NO_IPV6_PROBES),
        (Feature::Ipv6ProbeAddress, NO_IPV6_PROBES),
        (Feature::ProbeMissed, "in.mpathd takes a member for failed after 5 lost probes (in.mpathd(8))"),
        (Feature::ProbeTargets, "in.mpathd asks the next hops of the group's routes (in.mpathd(8))"),
        (Feature::ProbeValidation, "a probe is an ICMP echo, and its answer is all that counts"),
        (Feature::ProbeAllTargets, "one target that answers is enough for in.mpathd"),
        (Feature::VlanHash, "there is no transmit hash"),
        (Feature::LacpPassive, "there is no LACP; it is the aggregation's (dladm create-aggr)"),
        (Feature::Dhcp6, "stateful IPv6 follows the router's advertisements: accept-ra = true"),
        (Feature::MacFollow, "each member keeps its own MAC address"),
        (Feature::SharedMac, "each member keeps its own MAC address, and two of a group may not have the same"),
        (Feature::FailbackBetter, "FAILBACK in /etc/default/mpathd is yes or no"),
        (Feature::PeerNotifications, "the kernel announces each address by itself"),
        (
            Feature::Mtu,
            "the MTU of an IPMP interface is the smallest of its members': dladm set-linkprop -p mtu=N LINK",
        ),
        (Feature::RouteMetric, "routes have no metric that ranks them"),
        (Feature::OnLinkRoute, "a route needs a next hop"),
    ];
    if dialect == Dialect::Ifconfig {
        missing.push((Feature::PersistentIpv6, IPV4_OVER_A_BOOT));
        missing.push((Feature::IgnoredAdvertisements, LISTENS_BY_ITSELF));
    }
    if dialect == Dialect::Solaris10 {
        let without = "mpath writes hostname files with static IPv4 addresses alone";
        missing.extend([(Feature::Ipv6, without), (Feature::Dhcp, without)]);
    }
    let told = |(feature, reason): (Feature, &str)| Missing {
        feature,
        reason: reason.to_owned(),
        cure: match feature {
            Feature::Ipv6ProbeAlone => {
                Some("give the group an IPv4 `gateway` too, or take `detection.probe` out of the file")
            }
            Feature::Ipv6ProbeAddress => Some("give the member an IPv4 `probe-address`"),
            _ => None,
        },
    };
    Capabilities {
        platform: dialect.platform(),
        // LIFNAMSIZ, less its NUL (net/if.h).
        longest_interface_name: 31,
        reserved_names: &["lo0"],
        default_device: DefaultDevice::LettersAndZero,
        missing: missing.into_iter().map(told).collect(),
        rules: GroupRules {
            members_stay_on: true,
            routes_outlive_addresses: true,
            standbys_receive: true,
            settings_follow: true,
            probes_per_failure: PROBES,
            device_always_on: true,
            ipv6_needs_link_local: true,
            taken_out_of_use: true,
            numbered_names: true,
        },
        cures: Cures {
            show_interfaces: "dladm show-link",
            free_member: match dialect {
                Dialect::Ipadm | Dialect::Solaris11 => "ipadm remove-ipmp -i {member} {controller}",
                Dialect::Ifconfig | Dialect::Solaris10 => "ifconfig {member} group ''",
            },
            // What was made with --temporary goes only with it (`ipmgmt_ipmp_update_handler`).
            free_passing_member: match dialect {
                Dialect::Ipadm | Dialect::Solaris11 => "ipadm remove-ipmp --temporary -i {member} {controller}",
                Dialect::Ifconfig | Dialect::Solaris10 => "ifconfig {member} group ''",
            },
            remove_route: "route delete {to} {via}",
            ranks_routes: false,
            switch_off: "ifconfig {interface} down",
            remove_interface: "dladm delete-vlan {interface}",
            // NWAM and the Automatic profile manage all interfaces or none, and are obstacles.
            leave_alone: &[],
            own_directory: OWN_DIRECTORY,
        },
        obstacles: vec![],
        remarks: vec![],
        change_needs: &[],
    }
}

/// Obstacles that a snapshot shows.
pub fn obstacles_in(host: &Snapshot) -> Vec<Obstacle> {
    let card = |kind: &Kind| matches!(kind, Kind::Ethernet | Kind::Wireless | Kind::Stacked(_));
    let cards: Vec<_> = host.interfaces.iter().filter(|(_, interface)| card(&interface.kind)).collect();
    let mut obstacles = Vec::new();
    for (place, (name, interface)) in cards.iter().enumerate() {
        for (other, _) in cards[..place].iter().filter(|(_, other)| other.mac.is_some() && other.mac == interface.mac) {
            obstacles.push(Obstacle {
                interfaces: vec![(*other).clone(), (*name).clone()],
                // in.mpathd takes the later one out of use (flag h of `ipmpstat -i`).
                reason: format!("{other} and {name} have one MAC address, and IPMP takes only one of them"),
                cure: "eeprom 'local-mac-address?=true' on SPARC, and a reboot; elsewhere give one its own: dladm set-linkprop -p mac-address=MAC LINK".to_owned(),
                unsupported: false,
                of_lasting: false,
                of_ipv6: false,
            });
        }
        let by_hand = interface.addresses.iter().find(|address| {
            interface.membership().is_none() && address.label.as_ref().is_some_and(|label| label.ends_with("/?"))
        });
        obstacles.extend(by_hand.map(|address| Obstacle {
            interfaces: vec![(*name).clone()],
            reason: format!(
                "{name} has the address {address}, which ipadm does not know, so `down` could not give it back"
            ),
            // Only link-local ones come by themselves; up and without an object they hinder joining (EADDRINUSE).
            cure: match address.automatic {
                true => format!("ifconfig {} inet6 down", word(name.as_str())),
                false => format!("let ipadm have it: {}", let_ipadm_have(address, name, interface.persistent)),
            },
            unsupported: false,
            of_lasting: false,
            of_ipv6: false,
        }));
    }
    obstacles
}

/// The commands by which an address that `ifconfig` gave becomes an address object, as lasting as its interface.
fn let_ipadm_have(address: &Address, name: &InterfaceName, lasts: bool) -> String {
    let family = if address.is_ipv6() { " inet6" } else { "" };
    let logical = address.label.as_ref().is_some_and(|label| label.contains(':'));
    let interface = word(name.as_str());
    // The first one is the interface's own place, and `ipadm` takes it where nothing else is in it.
    let free = match logical {
        true => format!("ifconfig {interface}{family} removeif {}", address.net.addr()),
        false => format!("ifconfig {interface}{family} {}", if address.is_ipv6() { "::" } else { "0.0.0.0" }),
    };
    let temporary = if lasts { "" } else { "-t " };
    let object = format!("{name}/{}", object_name(&address.net));
    format!("{free} && ipadm create-addr {temporary}-T static -a {} {}", address.net, word(&object))
}

#[cfg(test)]
mod tests {
    use mpath_core::MacAddress;
    use mpath_core::snapshot::Interface;

    use super::*;

    #[test]
    fn other_modes_are_refused_in_every_dialect() {
        for dialect in Dialect::ALL {
            assert!(capabilities_of(dialect).missing(Feature::OtherModes).is_some(), "{dialect:?}");
        }
    }

    #[test]
    fn two_cards_with_one_mac_address_are_no_group() {
        let mut host = Snapshot::default();
        for name in ["net0", "net1", "net2"] {
            let mut card = Interface::new(Kind::Ethernet);
            card.mac = Some(MacAddress::new([2, 0, 0, 0, 0, u8::from(name == "net2")]));
            host.interfaces.insert(InterfaceName::new(name).unwrap(), card);
        }
        let found = obstacles_in(&host);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].interfaces.len(), 2);
    }
}
