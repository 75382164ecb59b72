//! Groups in the files of a boot of illumos and of Solaris 10, read: the way back from [`render`](crate::render).
//!
//! In: `/etc/hostname.IF`, `/etc/hostname6.IF`, `/etc/dhcp.IF`, `/etc/defaultrouter`, `/etc/inet/static_routes`,
//! `/etc/default/mpathd`. Out: a draft for each group. Both systems are read alike: Solaris 10 has no file that begins with
//! `ipmp`, and its data addresses stand in the files of members.

mod hostname_file;

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::draft::Value;
use mpath_core::import::{Files, Import, Origin};
use mpath_core::settings::Failback;
use mpath_core::{Draft, GroupName};

use crate::boot_file::{DEFAULT_ROUTER, dhcp};
use crate::mpathd;
use crate::render::STATIC_ROUTES;
use hostname_file::{HostnameFile, Names};

/// What the files say of one group, before it is one.
#[derive(Debug, Default)]
struct Found {
    /// The IPMP interface, where a file makes one.
    device: Option<String>,
    members: Vec<HostnameFile>,
    addresses: Vec<(IpNet, Origin)>,
    mtu: Option<(i64, Origin)>,
    leased: Option<Origin>,
}

/// The groups of the files.
pub fn import(files: &dyn Files) -> Import {
    let mut import = Import::default();
    let names = Names::read(files);
    let mut groups: BTreeMap<String, Found> = BTreeMap::new();
    let mut order = Vec::new();
    for file in hostname_file::all(files, &names, &mut import) {
        let Some(group) = file.group.clone() else {
            let why = "an interface that is in no group";
            import.leave(Origin::of_file(&file.path, file.interface.clone()), why);
            continue;
        };
        if !groups.contains_key(&group) {
            order.push(group.clone());
        }
        groups.entry(group).or_default().take(file, files, &mut import);
    }
    for name in &order {
        let draft = groups[name].draft(name, files, &mut import);
        import.drafts.push(draft);
    }
    let addresses: Vec<Vec<IpNet>> =
        order.iter().map(|name| groups[name].addresses.iter().map(|(net, _)| *net).collect()).collect();
    let devices: Vec<_> = order.iter().map(|name| groups[name].device.clone()).collect();
    routes(files, &names, (&addresses, &devices), &mut import);
    import
}

impl Found {
    fn take(&mut self, file: HostnameFile, files: &dyn Files, import: &mut Import) {
        let client = dhcp(&file.interface);
        if let Some(text) = files.read(&client) {
            let origin = Origin::line(&client, 1, text.lines().next().unwrap_or_default());
            if file.is_ipmp {
                self.leased = Some(origin);
            } else {
                import.lose(
                    origin,
                    "a lease of a member is a test address or comes and goes with the member; `dhcp` is the group's",
                );
            }
        }
        for address in file.addresses.iter().filter(|address| !address.is_test) {
            self.addresses.push((address.net, address.origin.clone()));
        }
        for (mtu, origin) in &file.mtu {
            match (file.is_ipmp, *mtu) {
                (true, mtu) => self.mtu = Some((mtu, origin.clone())),
                // As it is by itself (RFC 894).
                (false, 1500) => {}
                (false, _) => import.lose(origin.clone(), "`mtu` is the group's, and its members follow"),
            }
        }
        if file.is_ipmp {
            self.device = Some(file.interface);
        } else if let Some(before) = self.members.iter_mut().find(|member| member.interface == file.interface) {
            // hostname6 of one that has a hostname file.
            before.standby |= file.standby;
            before.addresses.extend(file.addresses);
        } else {
            self.members.push(file);
        }
    }

    fn draft(&self, group: &str, files: &dyn Files, import: &mut Import) -> Draft {
        let settings =
            files.read(mpathd::FILE).map(|text| mpathd::settings(&text)).unwrap_or_else(mpathd::shipped_settings);
        let name = if GroupName::new(group).is_ok() { group } else { self.device.as_deref().unwrap_or("group") };
        let mut draft = Draft::new(name);
        // As it would be called by itself: the letters of the group's name, and a zero.
        let usual = |device: &str| {
            device == name && format!("{}0", device.trim_end_matches(|c: char| c.is_ascii_digit())) == device
        };
        if let Some(device) = self.device.as_deref().filter(|device| !usual(device)) {
            draft.set("device", device, None);
        }
        let carriers: Vec<_> = self.members.iter().filter(|member| !member.standby).collect();
        let has_standby = carriers.len() < self.members.len();
        // Who is preferred first, as people write it.
        let ordered = carriers.iter().copied().chain(self.members.iter().filter(|member| member.standby));
        for member in ordered {
            let tests: Vec<_> = member.addresses.iter().filter(|address| address.is_test).collect();
            let value = match tests.first() {
                Some(test) => Value::Table(vec![
                    ("name", member.interface.as_str().into()),
                    ("probe-address", test.net.to_string().into()),
                ]),
                None => member.interface.as_str().into(),
            };
            draft.push("members", value, Some(Origin::of_file(&member.path, member.interface.clone())));
            for more in tests.iter().skip(1) {
                import.lose(more.origin.clone(), "mpath has one test address for each member");
            }
        }
        match carriers.as_slice() {
            [primary] if has_standby => draft.set("primary", primary.interface.as_str(), None),
            [_, second, ..] if has_standby => {
                let origin = Origin::of_file(&second.path, format!("{} is no standby", second.interface));
                import.change(
                    origin,
                    "mpath prefers one member, and has no standbys behind several; here none is preferred",
                );
            }
            [] => import.change(Origin::of_file(mpathd::FILE, "every member is standby"), "here none is preferred"),
            _ => {}
        }
        if self.members.iter().any(|member| member.addresses.iter().any(|address| address.is_test)) {
            let interval = settings.probe_time.get() / mpathd::PROBES;
            draft.set(
                "detection.probe.interval",
                format!("{}ms", interval.max(1)),
                file_origin(files, "FAILURE_DETECTION_TIME"),
            );
        }
        if settings.failback == Failback::Never {
            draft.set("failback", settings.failback.word(), file_origin(files, "FAILBACK"));
        }
        for (net, origin) in &self.addresses {
            draft.push("addresses", net.to_string(), Some(origin.clone()));
        }
        if let Some((mtu, origin)) = &self.mtu {
            draft.set("mtu", *mtu, Some(origin.clone()));
        }
        if let Some(origin) = &self.leased {
            draft.set("dhcp", true, Some(origin.clone()));
        }
        draft
    }
}

/// The line of in.mpathd's file that has a key.
fn file_origin(files: &dyn Files, key: &str) -> Option<Origin> {
    let text = files.read(mpathd::FILE)?;
    let (number, line) = (1..).zip(text.lines()).find(|(_, line)| line.starts_with(key))?;
    Some(Origin::line(mpathd::FILE, number, line))
}

/// Gives each route to the group that it leads over, or that has an address in the network of its next hop.
fn routes(
    files: &dyn Files,
    names: &Names,
    (addresses, devices): (&[Vec<IpNet>], &[Option<String>]),
    import: &mut Import,
) {
    let owner = |via: &IpAddr, over: Option<&str>| match over {
        Some(device) => devices.iter().position(|own| own.as_deref() == Some(device)),
        None => addresses.iter().position(|nets| nets.iter().any(|net| net.contains(via))),
    };
    let read = |path: &str| files.read(path).unwrap_or_default();
    for (number, line) in (1..).zip(read(DEFAULT_ROUTER).lines()) {
        let Some(word) = words(line).into_iter().next() else { continue };
        let origin = Origin::line(DEFAULT_ROUTER, number, line);
        match names.address(word).map(|via| (via, owner(&via, None))) {
            Some((via, Some(place))) => import.drafts[place].add("gateway", via.to_string(), Some(origin)),
            Some((_, None)) => import.leave(origin, "the router is in the network of no group"),
            None => import.lose(origin, "nobody tells the address of this router"),
        }
    }
    for (number, line) in (1..).zip(read(STATIC_ROUTES).lines()) {
        let origin = Origin::line(STATIC_ROUTES, number, line);
        let mut rest = words(line);
        let over = rest.iter().position(|word| *word == "-ifp").and_then(|place| rest.get(place + 1).copied());
        if let Some(place) = rest.iter().position(|word| *word == "-ifp") {
            rest.drain(place..(place + 2).min(rest.len()));
        }
        rest.retain(|word| !matches!(*word, "-inet" | "-inet6" | "-net" | "add"));
        let (to, via) = match rest.as_slice() {
            [] => continue,
            [to, via] => (*to, names.address(via)),
            _ => {
                import.lose(origin, "mpath has no key for this kind of route");
                continue;
            }
        };
        let Some(via) = via else {
            import.lose(origin, "nobody tells the address of the next hop");
            continue;
        };
        match owner(&via, over) {
            Some(place) if to == "default" => import.drafts[place].add("gateway", via.to_string(), Some(origin)),
            Some(place) => {
                let entries = vec![("to", to.into()), ("via", via.to_string().into())];
                import.drafts[place].push("routes", Value::Table(entries), Some(origin));
            }
            None => import.leave(origin, "the route leads over no group"),
        }
    }
}

/// The words of a line without its comment.
fn words(line: &str) -> Vec<&str> {
    line.split('#').next().unwrap_or_default().split_whitespace().collect()
}

#[cfg(test)]
mod tests;
