//! `solaris10`: the files of Solaris 10, which has no IPMP interface.
//!
//! A data address is on a member, and hops to another one as a logical interface when that one fails (in.mpathd(1M)). So
//! the addresses of the group stand in the file of its primary, and `up` cannot bring them about: nothing on the host
//! says which group they belong to.

use ipnet::IpNet;
use mpath_core::group::Member;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, InterfaceName};

use super::{
    Refusals, STATIC_ROUTES, check, file_of_lines, hostname_file, is_standby, mpathd_file, named, notes, routes,
};
use crate::boot_file::{DEFAULT_ROUTER, member_line};
use crate::capability::capabilities_of;
use crate::dialect::Dialect;

/// Groups as hostname files in which the members have the addresses.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let capabilities = capabilities_of(Dialect::Solaris10);
    let refusals = check(groups, &capabilities);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut rendering = Rendering::default();
    for group in groups {
        rendering.files.extend(member_files(group));
        rendering.notes.extend(notes(group, &capabilities));
    }
    let all = || groups.iter().flat_map(|group| routes(group));
    let routers = all().filter(|route| route.is_default()).filter_map(|route| Some(route.via?.to_string()));
    rendering.files.extend(file_of_lines(DEFAULT_ROUTER, source, routers));
    let others = all().filter(|route| !route.is_default());
    let others = others.filter_map(|route| Some(format!("-inet {} {}", route.to, route.via?)));
    rendering.files.extend(file_of_lines(STATIC_ROUTES, source, others));
    rendering.files.push(mpathd_file(groups, source));
    Ok(rendering)
}

/// The files of the members. Each has two lines at least: `netmask + broadcast + up` is appended to a single one, and
/// `netmask +` takes the mask from `/etc/netmasks` (`inet_process_hostname` in `net_include.sh`).
fn member_files(group: &Group) -> Vec<RenderedFile> {
    let carrier = group.primary().or_else(|| named(group).map(|(name, _)| name).next());
    let file = |(name, member): (&InterfaceName, &Member)| {
        let mut addresses = Vec::new();
        if Some(name) == carrier {
            addresses.extend(group.addressing().addresses.iter().map(address));
        }
        if let Some(test) = member.probe_address.filter(|_| group.detection().probe().is_some()) {
            // Other than later ones, this in.mpathd needs to be told that new connections are not to come from it.
            addresses.push(format!("{} deprecated -failover", address(&test)));
        }
        // The first address is the interface's own, the others are on logical interfaces.
        let mut addresses = addresses.into_iter();
        let own = addresses.next();
        let standby = is_standby(group, name).then(|| "standby".to_owned());
        let words: Vec<_> = own.into_iter().chain(standby).chain(["up".to_owned()]).collect();
        let mut lines = vec![member_line(group.name().as_str()), words.join(" ")];
        lines.extend(addresses.map(|address| format!("addif {address} up")));
        hostname_file(name, &lines)
    };
    named(group).map(file).collect()
}

fn address(net: &IpNet) -> String {
    format!("{} netmask {} broadcast +", net.addr(), net.netmask())
}
