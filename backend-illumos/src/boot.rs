//! What the next boot makes, as far as `ipadm` does not tell: hostname files, routers, persistent routes.
//!
//! In: the files below a root, and the output of `route -p show`. Out: which interfaces, addresses and routes are in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use mpath_core::{Address, Route};

use crate::boot_file::{self, DEFAULT_ROUTER};
use crate::op::addif;

/// What the next boot makes beside what `ipadm` keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Boot {
    /// The lines of `/etc/hostname.IF`, by interface.
    pub(crate) hostnames: BTreeMap<String, Vec<String>>,
    /// The interfaces with a file `/etc/dhcp.IF`.
    pub(crate) clients: Vec<String>,
    /// The next hops in `/etc/defaultrouter`.
    routers: Vec<IpAddr>,
    /// What `route -p` keeps.
    routes: Vec<PersistentRoute>,
}

/// A route that `route -p` keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PersistentRoute {
    to: IpNet,
    via: IpAddr,
    /// The interface that it names.
    interface: Option<String>,
    /// The arguments that `route add` got, and `route delete` takes.
    arguments: Vec<String>,
}

/// The arguments of each route in the output of `route -p show` that names an interface.
pub(crate) fn routes_naming(interface: &str, shown: &str) -> Vec<Vec<String>> {
    let routes = shown.lines().filter_map(persistent_route);
    routes.filter(|route| route.interface.as_deref() == Some(interface)).map(|route| route.arguments).collect()
}

impl Boot {
    /// Reads the files, and what `route -p show` printed.
    pub(crate) fn read(root: &Path, routes: &str) -> io::Result<Self> {
        let routers = boot_file::read(root, DEFAULT_ROUTER)?.unwrap_or_default();
        let (mut hostnames, mut clients) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(root.join("etc"))? {
            let file = entry?.file_name();
            // net-physical takes those whose names end in a digit.
            let Some(name) = file.to_str().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())) else {
                continue;
            };
            if let Some(interface) = name.strip_prefix("hostname.") {
                let text = boot_file::read(root, &boot_file::hostname(interface))?.unwrap_or_default();
                hostnames.push((interface.to_owned(), text));
            }
            clients.extend(name.strip_prefix("dhcp.").map(str::to_owned));
        }
        Ok(Self { clients, ..Self::of(hostnames, &routers, routes) })
    }

    /// What is in the texts of these hostname files, in `/etc/defaultrouter`, and in what `route -p show` printed.
    pub(crate) fn of(hostnames: Vec<(String, String)>, routers: &str, routes: &str) -> Self {
        let lines =
            |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let first = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok());
        Self {
            hostnames: hostnames.into_iter().map(|(interface, text)| (interface, lines(&text))).collect(),
            clients: vec![],
            routers: routers.lines().filter_map(first).collect(),
            routes: routes.lines().filter_map(persistent_route).collect(),
        }
    }

    /// Whether the hostname file of an interface begins with that word.
    pub(crate) fn begins(&self, interface: &str, word: &str) -> bool {
        let first = self.hostnames.get(interface).and_then(|lines| lines.first());
        first.is_some_and(|line| line.split_whitespace().next() == Some(word))
    }

    /// Whether the hostname file of an interface gives it an address, as mpath writes it.
    pub(crate) fn has_address(&self, interface: &str, address: &Address) -> bool {
        let line = addif(address).join(" ");
        self.hostnames.get(interface).is_some_and(|lines| lines.contains(&line))
    }

    /// Whether the hostname file of an interface has that line.
    pub(crate) fn has_line(&self, interface: &str, line: &str) -> bool {
        self.hostnames.get(interface).is_some_and(|lines| lines.iter().any(|other| other == line))
    }

    /// Whether a route is that of a router in `/etc/defaultrouter`.
    pub(crate) fn is_router(&self, route: &Route) -> bool {
        route.is_default() && !route.is_ipv6() && route.via.is_some_and(|via| self.routers.contains(&via))
    }

    /// Whether `route -p` keeps a route, naming no interface or one that is right.
    pub(crate) fn has_route(&self, route: &Route, is_right: impl Fn(&str) -> bool) -> bool {
        let same = |kept: &&PersistentRoute| kept.to == route.to && Some(kept.via) == route.via;
        self.routes.iter().filter(same).any(|kept| kept.interface.as_deref().is_none_or(&is_right))
    }
}

/// `persistent: route add -inet default 192.168.1.24 -ifp ipmp0` (`save_route` in `route.c` keeps the arguments).
fn persistent_route(line: &str) -> Option<PersistentRoute> {
    let (_, arguments) = line.split_once("route add ")?;
    let (mut places, mut mask, mut interface) = (Vec::new(), None, None);
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "-ifp" => interface = words.next().map(str::to_owned),
            "-ifa" | "-setsrc" => _ = words.next(),
            "-netmask" => mask = words.next().and_then(|mask| mask.parse::<IpAddr>().ok()),
            option if option.starts_with('-') => {}
            place => places.push(place),
        }
    }
    let [to, via, ..] = places[..] else { return None };
    let via: IpAddr = via.parse().ok()?;
    let to = match (to, to.parse::<IpAddr>(), mask) {
        ("default", ..) => Route::default_via(via).to,
        (_, Ok(to), Some(mask)) => IpNet::with_netmask(to, mask).ok()?,
        (_, Ok(host), None) => IpNet::from(host),
        (net, ..) => net.parse().ok()?,
    };
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Some(PersistentRoute { to: to.trunc(), via, interface, arguments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persistent_routes_are_read_in_all_ways_of_writing_them() {
        let text = "persistent: route add -inet default 192.168.1.24 -ifp ipmp0\npersistent: route add default fe80::1\n\
                    persistent: route add -net 10.0.0.0/8 192.168.1.25\n\
                    persistent: route add -host 10.1.1.1 192.168.1.25 -static\n\
                    persistent: route add -net 172.16.0.0 -netmask 255.240.0.0 -gateway 192.168.1.25\n";
        let routes = text.lines().filter_map(persistent_route);
        let found: Vec<_> = routes.map(|route| format!("{} {}", route.to, route.via)).collect();
        assert_eq!(
            found,
            [
                "0.0.0.0/0 192.168.1.24",
                "::/0 fe80::1",
                "10.0.0.0/8 192.168.1.25",
                "10.1.1.1/32 192.168.1.25",
                "172.16.0.0/12 192.168.1.25"
            ]
        );
        assert_eq!(persistent_route("No persistent routes are defined"), None);
        let own = ["-inet", "default", "192.168.1.24", "-ifp", "ipmp0"].map(str::to_owned).to_vec();
        assert_eq!(routes_naming("ipmp0", text), [own]);
        let route = Route::default_via([192, 168, 1, 24].into());
        let boot = Boot::of(vec![], "", text);
        assert!(boot.has_route(&route, |name| name == "ipmp0") && !boot.has_route(&route, |name| name == "net0"));
    }

    #[test]
    fn files_whose_names_end_in_no_digit_are_none_of_the_boot() {
        let root = tempfile::TempDir::new().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        for (file, text) in [
            ("hostname.ipmp0", "ipmp group ipmp0\naddif 192.168.1.34/24 up\n"),
            ("hostname.net0.before-mpath", "192.168.1.7\n"),
            ("defaultrouter", "# the router\n192.168.1.24\n"),
        ] {
            fs::write(root.path().join("etc").join(file), text).unwrap();
        }
        let boot = Boot::read(root.path(), "").unwrap();
        assert_eq!(boot.hostnames.len(), 1);
        assert!(boot.begins("ipmp0", "ipmp") && !boot.begins("ipmp0", "group"));
        assert!(boot.has_address("ipmp0", &Address::new("192.168.1.34/24".parse().unwrap())));
        assert!(boot.is_router(&Route::default_via([192, 168, 1, 24].into())));
        assert!(!boot.is_router(&Route::default_via([192, 168, 1, 25].into())));
    }
}
