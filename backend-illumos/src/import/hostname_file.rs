//! `/etc/hostname.IF` and `/etc/hostname6.IF`: each line is arguments of `ifconfig IF inet` (`inet_process_hostname` in
//! `net_include.sh`).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use mpath_core::import::{Files, Import, Origin};

use super::words;

/// One file.
#[derive(Debug)]
pub(super) struct HostnameFile {
    pub(super) path: String,
    pub(super) interface: String,
    pub(super) is_ipmp: bool,
    pub(super) group: Option<String>,
    pub(super) standby: bool,
    pub(super) addresses: Vec<Configured>,
    pub(super) mtu: Vec<(i64, Origin)>,
}

/// An address in a file.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) net: IpNet,
    /// It never moves (`-failover`): only probes come from it.
    pub(super) is_test: bool,
    pub(super) origin: Origin,
}

/// What names and networks the host's own files know.
#[derive(Debug)]
pub(super) struct Names {
    hosts: Vec<(String, IpAddr)>,
    masks: Vec<(Ipv4Addr, Ipv4Addr)>,
}

impl Names {
    pub(super) fn read(files: &dyn Files) -> Self {
        let text = |paths: [&str; 2]| paths.iter().find_map(|path| files.read(path)).unwrap_or_default();
        let mut hosts = Vec::new();
        for line in text(["etc/inet/hosts", "etc/hosts"]).lines() {
            if let [address, names @ ..] = words(line).as_slice()
                && let Ok(address) = address.parse()
            {
                hosts.extend(names.iter().map(|name| ((*name).to_owned(), address)));
            }
        }
        let mask = |line: &str| match words(line).as_slice() {
            [net, mask, ..] => Some((net.parse().ok()?, mask.parse().ok()?)),
            _ => None,
        };
        let masks = text(["etc/inet/netmasks", "etc/netmasks"]).lines().filter_map(mask).collect();
        Self { hosts, masks }
    }

    /// The address that a word stands for.
    pub(super) fn address(&self, word: &str) -> Option<IpAddr> {
        let host = || self.hosts.iter().find(|(name, _)| name == word).map(|(_, address)| *address);
        word.parse().ok().or_else(host)
    }

    /// The mask of `netmask +`: that of the subnet or else of the network that netmasks(5) lists, or else that of its class.
    fn mask(&self, address: Ipv4Addr) -> Ipv4Addr {
        let class = match address.octets()[0] {
            0..=127 => Ipv4Addr::new(255, 0, 0, 0),
            128..=191 => Ipv4Addr::new(255, 255, 0, 0),
            _ => Ipv4Addr::new(255, 255, 255, 0),
        };
        let of_subnet = self.masks.iter().find(|(net, mask)| address & *mask == *net);
        let listed = of_subnet.or_else(|| self.masks.iter().find(|(net, _)| address & class == *net));
        listed.map_or(class, |(_, mask)| *mask)
    }
}

/// Every file that a boot reads, the groups' own first, as it does.
pub(super) fn all(files: &dyn Files, names: &Names, import: &mut Import) -> Vec<HostnameFile> {
    let mut found = Vec::new();
    for name in files.list("etc") {
        let Some(interface) = name.strip_prefix("hostname.").or_else(|| name.strip_prefix("hostname6.")) else {
            continue;
        };
        // net-physical takes /etc/hostname.*[0-9].
        if !interface.ends_with(|c: char| c.is_ascii_digit()) {
            import.leave(
                Origin::of_file(&format!("etc/{name}"), interface),
                "the boot reads no file whose name ends in no digit",
            );
            continue;
        }
        if let Some(text) = files.read(&format!("etc/{name}")) {
            found.push(parse(&format!("etc/{name}"), interface, &text, names, import));
        }
    }
    // An interface is in its group with both families, whichever of its files says so (ifconfig(8), `group`).
    let mut said: BTreeMap<String, (bool, Option<String>)> = BTreeMap::new();
    for file in &found {
        let (is_ipmp, group) = said.entry(file.interface.clone()).or_default();
        *is_ipmp |= file.is_ipmp;
        *group = group.take().or_else(|| file.group.clone());
    }
    for file in &mut found {
        let (is_ipmp, group) = &said[&file.interface];
        file.is_ipmp = *is_ipmp;
        file.group = file.group.take().or_else(|| group.clone());
    }
    found.sort_by_key(|file| !file.is_ipmp);
    found
}

/// An address before its mask is known.
struct Open {
    address: IpAddr,
    prefix: Option<u8>,
    is_test: bool,
    origin: Origin,
}

impl Open {
    fn close(self, names: &Names) -> Configured {
        let prefix = self.prefix.unwrap_or(match self.address {
            IpAddr::V4(address) => {
                Ipv4Net::with_netmask(address, names.mask(address)).map_or(32, |net| net.prefix_len())
            }
            IpAddr::V6(_) => 64,
        });
        let net = IpNet::new(self.address, prefix).unwrap_or_else(|_| IpNet::from(self.address));
        Configured { net, is_test: self.is_test, origin: self.origin }
    }
}

/// The lines, each with its number. A backslash at the end goes on on the next one, as `read` of a shell takes it.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let part = line.strip_suffix('\\');
        match logical.last_mut().filter(|_| goes_on) {
            Some((_, before)) => *before += part.unwrap_or(line),
            None => logical.push((number, part.unwrap_or(line).to_owned())),
        }
        goes_on = part.is_some();
    }
    logical
}

fn parse(path: &str, interface: &str, text: &str, names: &Names, import: &mut Import) -> HostnameFile {
    let mut file = HostnameFile {
        path: path.to_owned(),
        interface: interface.to_owned(),
        is_ipmp: false,
        group: None,
        standby: false,
        addresses: vec![],
        mtu: vec![],
    };
    // Flags of a line without an address: those of the interface's own, which another line may give.
    let mut own = None;
    for (number, line) in logical_lines(text) {
        let origin = Origin::line(path, number, &line);
        // Each line begins with the interface's own address.
        let mut open: Option<Open> = None;
        // Flags before it are that address's too.
        let mut stays = None;
        let mut rest = line.split_whitespace();
        while let Some(word) = rest.next() {
            let mut value = || rest.next().unwrap_or_default().to_owned();
            match word {
                "ipmp" => file.is_ipmp = true,
                "group" => file.group = Some(value()).filter(|group| !group.is_empty()),
                "standby" => file.standby = true,
                "-standby" => file.standby = false,
                "-failover" | "failover" => match &mut open {
                    Some(open) => open.is_test = word == "-failover",
                    None => stays = Some(word == "-failover"),
                },
                // A test address is deprecated by itself; `down` is how a place for a lease begins.
                "inet" | "inet6" | "plumb" | "up" | "down" | "deprecated" | "-deprecated" | "addif" | "set" => {}
                "netmask" => {
                    let mask = value();
                    if let Some(Open { address: IpAddr::V4(address), prefix, .. }) = &mut open {
                        let mask = if mask == "+" { Some(names.mask(*address)) } else { mask.parse().ok() };
                        let net = mask.and_then(|mask| Ipv4Net::with_netmask(*address, mask).ok());
                        match net {
                            Some(net) => *prefix = Some(net.prefix_len()),
                            None => import.lose(origin.clone(), "this netmask has no length of a prefix"),
                        }
                    }
                }
                // What follows from address and netmask.
                "broadcast" => drop(value()),
                "mtu" => match value().parse() {
                    Ok(mtu) => file.mtu.push((mtu, origin.clone())),
                    Err(_) => import.lose(origin.clone(), "the MTU is no number"),
                },
                word => {
                    let (name, prefix) =
                        word.split_once('/').map_or((word, None), |(name, prefix)| (name, prefix.parse().ok()));
                    let Some(address) = names.address(name) else {
                        let why = format!("mpath has no key for {word}, and nobody tells an address of this name");
                        import.lose(origin.clone(), why);
                        // What follows may be its value.
                        break;
                    };
                    file.addresses.extend(open.take().map(|open| open.close(names)));
                    let is_test = stays.take().unwrap_or_default();
                    open = Some(Open { address, prefix, is_test, origin: origin.clone() });
                }
            }
        }
        file.addresses.extend(open.map(|open| open.close(names)));
        own = stays.map(|stays| (stays, origin)).or(own);
    }
    match (own, file.addresses.first_mut()) {
        (Some((is_test, _)), Some(address)) => address.is_test = is_test,
        // In a file of IPv6 that is the link-local address, from which in.mpathd probes (in.mpathd(8)).
        (Some((true, origin)), None) => {
            import.lose(origin, "the file names no address that could be the test address; mpath probes by IPv4");
        }
        _ => {}
    }
    file
}
