//! `hostname`: the files of illumos, as `mpath up --persist` writes them where IPMP is made by `ifconfig`.

use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Address, Group};

use super::{
    Refusals, STATIC_ROUTES, check, file_of_lines, hostname_file, is_standby, mpathd_file, named, notes, routes,
};
use crate::boot_file::{CLIENT_LINE, CLIENT_PLACE, dhcp, group_line, member_line};
use crate::capability::capabilities_of;
use crate::dialect::Dialect;
use crate::op::{addif, route_words};

/// Groups as hostname files with the keyword `ipmp`.
///
/// # Errors
///
/// What the format has no word for, and what a group leaves open that it must have: all of it, each with its group.
pub fn render(groups: &[&Group], source: &str) -> Result<Rendering, Refusals> {
    let capabilities = capabilities_of(Dialect::Ifconfig);
    let mut refusals = check(groups, &capabilities);
    let mut rendering = Rendering::default();
    let mut kept_routes = Vec::new();
    for group in groups {
        let device = match capabilities.device_of(group) {
            Ok(device) => device,
            Err(reason) => {
                refusals.push((group.name().clone(), Refusal::DeviceName { reason }));
                continue;
            }
        };
        let line = |address: &Address| addif(address).join(" ");
        let addresses = group.addressing().addresses.iter().map(|net| line(&Address::new(*net)));
        let asks = group.addressing().dhcp;
        let place = asks.then(|| CLIENT_PLACE.to_owned());
        let lines: Vec<_> = [group_line(device.as_str())].into_iter().chain(addresses).chain(place).collect();
        rendering.files.push(hostname_file(&device, &lines));
        if asks {
            rendering.files.push(RenderedFile { path: dhcp(device.as_str()), text: format!("{CLIENT_LINE}\n") });
        }
        for (name, member) in named(group) {
            let probe = member.probe_address.filter(|_| group.detection().probe().is_some());
            let test = probe.map(|net| line(&Address { probe_only: true, ..Address::new(net) }));
            let standby = is_standby(group, name).then(|| "standby".to_owned());
            let lines = [member_line(device.as_str()), "up".to_owned()];
            let lines: Vec<_> = lines.into_iter().chain(standby).chain(test).collect();
            rendering.files.push(hostname_file(name, &lines));
        }
        kept_routes.extend(routes(group).map(|route| route_words(&device, &route).join(" ")));
        rendering.notes.extend(notes(group, &capabilities));
    }
    rendering.files.extend(file_of_lines(STATIC_ROUTES, source, kept_routes));
    rendering.files.push(mpathd_file(groups, source));
    if refusals.is_empty() { Ok(rendering) } else { Err(refusals) }
}
