//! What stands in the way of groups on a host.
//!
//! In: what the host's programs say, or the rows of an observation. Out: [`Obstacle`]s, each with the command that cures
//! it.

use mpath_core::InterfaceName;
use mpath_core::capability::Obstacle;
use mpath_core::finding::Code;
use mpath_core::shell::word;

use crate::command::Programs;
use crate::dialect::Dialect;
use crate::interface::IpInterface;
use crate::observe::Rows;

/// The service of in.mpathd, where it has one.
const IPMP_SERVICE: &str = "svc:/network/ipmp:default";

/// Why in.mpathd does not answer, by the state of its service (smf(7)), and what cures that.
fn no_daemon(state: &str) -> (String, String) {
    // A service on its way to another state has a `*` behind the one that it is in.
    let (why, verb) = match state.trim_end_matches('*') {
        // `enable` changes nothing then: it is enabled, and its method failed too often.
        "maintenance" => (" (its service is in maintenance: svcs -xv svc:/network/ipmp tells why)", "clear"),
        "online" | "degraded" => (" although its service is online", "restart"),
        "offline" => (" (its service waits for another one: svcs -xv svc:/network/ipmp tells which)", "enable -rs"),
        _ => ("", "enable -s"),
    };
    (format!("in.mpathd does not run{why}, and without it nothing fails over"), format!("svcadm {verb} {IPMP_SERVICE}"))
}

/// What stands in the way of any group, each as what a doctor would call it, and seen by.
pub(crate) fn of_the_host(
    programs: &Programs,
    dialect: Dialect,
    daemon_answers: bool,
) -> Vec<(Code, &'static str, Obstacle)> {
    let mut obstacles = Vec::new();
    let mut found = |code, seen, reason: &str, cure: &str, unsupported| {
        let (reason, cure) = (reason.to_owned(), cure.to_owned());
        let (interfaces, of_lasting, of_ipv6) = (vec![], false, false);
        obstacles.push((code, seen, Obstacle { interfaces, reason, cure, unsupported, of_lasting, of_ipv6 }));
    };
    let says = |program, words: &[&str]| programs.ask(program, words).unwrap_or_default().trim().to_owned();
    // As `smf_configure_ip` of smf_include.sh asks: the global zone calls its network shared too.
    let zone = says("zonename", &[]);
    if zone != "global" && says("zonename", &["-t"]) == "shared" {
        found(
            Code::ZoneSharesNetwork,
            "zonename -t: shared",
            "this is a zone that shares the network of the global zone, and only that one makes groups",
            &format!(
                "run mpath in the global zone, or give the zone its own network there: zonecfg -z {} set ip-type=exclusive",
                word(&zone)
            ),
            true,
        );
    }
    if says("svcs", &["-H", "-o", "state", "svc:/network/physical:nwam"]) == "online" {
        found(
            Code::NwamManages,
            "svcs -H -o state svc:/network/physical:nwam: online",
            "NWAM manages the network: it keeps one link on at a time and knows no groups",
            "svcadm disable svc:/network/physical:nwam && svcadm enable svc:/network/physical:default",
            false,
        );
    }
    if dialect == Dialect::Solaris11 && is_automatic(&says("netadm", &["list", "-p", "ncp"])) {
        found(
            Code::ProfileAutomatic,
            "netadm list -p ncp: Automatic, online",
            "the network profile Automatic manages the network, and knows no groups",
            "netadm enable -p ncp DefaultFixed",
            false,
        );
    }
    // `ifconfig … ipmp` starts the daemon by itself, `ipadm create-ipmp` only asks whether it is there.
    if dialect != Dialect::Ifconfig && !daemon_answers {
        let (reason, cure) = no_daemon(&says("svcs", &["-H", "-o", "state", IPMP_SERVICE]));
        found(Code::MpathdOff, "ipmpstat -g: it cannot contact in.mpathd", &reason, &cure, false);
    }
    obstacles
}

/// What stands in the way of groups with certain interfaces.
pub(crate) fn of_interfaces(rows: &Rows, dialect: Dialect) -> Vec<Obstacle> {
    let mut obstacles = plumbed_by_halves(rows, dialect);
    let mut found = |name: &str, reason: String, cure: String, of_lasting| {
        let Ok(name) = InterfaceName::new(name.to_owned()) else { return };
        let (interfaces, unsupported, of_ipv6) = (vec![name], false, false);
        obstacles.push(Obstacle { interfaces, reason, cure, unsupported, of_lasting, of_ipv6 });
    };
    for ip in &rows.interfaces {
        let name = &ip.name;
        if ip.is_disabled {
            found(
                name,
                format!("{name} is configured but disabled"),
                format!("ipadm enable-if -t {}", word(name.as_str())),
                false,
            );
        }
    }
    for standby in rows.standbys_outside() {
        // It would stay a standby in the group, whoever the primary is.
        let word = word(standby.as_str());
        let cure = match dialect {
            Dialect::Ifconfig => format!("ifconfig {word} -standby"),
            // What is not kept cannot be changed for every boot.
            _ if !rows.interfaces.iter().any(|ip| ip.name == standby.as_str() && rows.is_persistent(ip)) => {
                format!("ipadm set-ifprop -t -p standby=off -m ip {word}")
            }
            _ => format!("ipadm reset-ifprop -p standby -m ip {word}"),
        };
        let reason = format!("{standby} is a standby already, though in no group, and would join as one");
        found(standby.as_str(), reason, cure, false);
    }
    for name in rows.boot.clients.iter().filter(|name| dialect != Dialect::Solaris11 && rows.links.contains_key(*name))
    {
        // net-physical goes through these files after it has made the groups.
        let reason = format!("/etc/dhcp.{name} is there, so that the boot starts a DHCP client on {name} in the group");
        let path = format!("/etc/dhcp.{name}");
        found(name, reason, format!("mv {} {}", word(&path), word(&format!("{path}.saved"))), true);
    }
    if dialect == Dialect::Ifconfig {
        return obstacles;
    }
    for name in rows.boot.hostnames.keys().filter(|_| dialect == Dialect::Ipadm) {
        // net-physical: "found /etc/hostname.X or /etc/hostname6.X, ignoring ipadm configuration".
        let reason = format!("/etc/hostname.{name} is there, so that the boot ignores what ipadm keeps of {name}");
        found(name, reason, format!("mv /etc/hostname.{name} /etc/hostname.{name}.saved"), true);
    }
    let of = |object: &String| object.split('/').next().unwrap_or_default().to_owned();
    for object in &rows.idle {
        // The boot would bring it up on the member, as a test address (`i_ipadm_init_ifobj`).
        let reason = format!("the address object {object} is not in use now, and would come up in the group at boot");
        found(&of(object), reason, format!("ipadm delete-addr {}", word(object)), true);
    }
    for object in &rows.special {
        let reason = format!("the address object {object} has properties that `down` could not give back");
        let cure = format!("ipadm reset-addrprop -p deprecated {object}; ipadm reset-addrprop -p private {object}");
        found(&of(object), reason, cure, true);
    }
    obstacles
}

/// Members that are plumbed for one family alone, as `ifconfig` and hostname files do. The group's other one would have no
/// active member (`ipmp_ill_is_active`), while `ipmpstat` says `ok`. By `ifconfig` a group of IPv4 alone can do without.
fn plumbed_by_halves(rows: &Rows, dialect: Dialect) -> Vec<Obstacle> {
    let halves = rows.interfaces.iter().filter(|ip| !ip.is_ipmp && !ip.is_virtual && !ip.is_disabled);
    let obstacle = |ip: &IpInterface| {
        let (name, family) = (&ip.name, ip.lacks?);
        let of_ipv6 = dialect == Dialect::Ifconfig;
        if of_ipv6 && family == "inet" {
            return None;
        }
        let lacking = if family == "inet" { "IPv4" } else { "IPv6" };
        Some(Obstacle {
            interfaces: vec![InterfaceName::new(name.clone()).ok()?],
            reason: format!("{name} is not plumbed for {lacking}, and would carry none of the group's"),
            cure: format!("ifconfig {} {family} plumb", word(name.as_str())),
            unsupported: false,
            of_lasting: false,
            of_ipv6,
        })
    };
    halves.filter_map(obstacle).collect()
}

/// Whether the profile `Automatic` is the one that is online: rows are `TYPE:PROFILE:STATE` (netadm(8)).
fn is_automatic(list: &str) -> bool {
    list.lines().any(|line| line.contains("Automatic") && line.ends_with("online"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_in_maintenance_is_cleared_and_others_are_enabled_or_restarted() {
        for (state, verb) in [
            ("maintenance", "clear"),
            ("disabled", "enable -s"),
            ("offline*", "enable -rs"),
            ("online", "restart"),
            ("", "enable -s"),
        ] {
            let (reason, cure) = no_daemon(state);
            assert!(reason.starts_with("in.mpathd does not run"), "{reason}");
            assert_eq!(cure, format!("svcadm {verb} svc:/network/ipmp:default"), "{state}");
        }
    }
}
