//! The stanzas of `/etc/network/interfaces.d` that make one group.
//!
//! The options stand in the first stanza: ifup runs the scripts of ifenslave once for each, and they do nothing where
//! there are none. What ifenslave has no option for is given to the device in `pre-up`, before it finds it there (`add_master`);
//! what ifupdown2 has none for comes in `up`, since its `pre-up` is run when the members are in.

use std::fmt::Write as _;
use std::net::IpAddr;

use ipnet::IpNet;
use mpath_core::group::{MacPolicy, MemberSelector};
use mpath_core::shell::word;
use mpath_core::{Group, InterfaceName, Route};

use super::Dialect;
use crate::format::bond_option;

/// The stanzas of one group.
pub(super) struct Stanzas<'g> {
    group: &'g Group,
    device: &'g InterfaceName,
    dialect: Dialect,
    /// Each with its first line and those below.
    stanzas: Vec<(String, Vec<String>)>,
}

impl<'g> Stanzas<'g> {
    pub(super) fn new(group: &'g Group, device: &'g InterfaceName, dialect: Dialect) -> Self {
        let mut all = Self { group, device, dialect, stanzas: vec![] };
        let first = all.link();
        all.addressing();
        // A method other than static has no mtu (interfaces(5)), and a MAC address that is chosen is there before addresses are.
        let can_begin = all.stanzas.first().is_some_and(|(header, _)| header.ends_with("inet static"));
        if !all.is_leased_as_one() && (!can_begin || all.chosen_mac().is_some()) {
            all.stanzas.insert(0, (all.header("inet manual"), vec![]));
        }
        let lines = &mut all.stanzas[0].1;
        lines.splice(0..0, first);
        let routes = all.routes();
        if let Some((_, lines)) = all.stanzas.last_mut() {
            lines.extend(routes);
        }
        all
    }

    fn header(&self, method: &str) -> String {
        format!("iface {} {method}", self.device)
    }

    /// ifupdown2 joins the stanzas of an interface to one, with the method of the first: one that leases addresses has to
    /// come first, and then no other is taken from a stanza (`squash` in its `iface.py`, `_pre_up` in `addons/address.py`).
    fn is_leased_as_one(&self) -> bool {
        let addressing = self.group.addressing();
        self.dialect == Dialect::Ifupdown2 && (addressing.dhcp || addressing.dhcp6)
    }

    /// The lines about the link itself.
    fn link(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let options = bond_option::options(self.group);
        let (known, others): (Vec<_>, Vec<_>) = options.iter().partition(|(option, _)| self.dialect.knows(option));
        let device = word(self.device.as_str());
        let text = |options: Vec<&(String, String)>| {
            options.iter().map(|(option, value)| format!(" {option} {value}")).collect::<String>()
        };
        let others: Vec<_> = others.into_iter().filter(|(option, _)| option != "fail_over_mac").collect();
        if self.dialect == Dialect::Ifenslave && !others.is_empty() {
            let mode = options.iter().find(|(option, _)| option == "mode");
            let given: Vec<_> = mode.into_iter().chain(others.iter().copied()).collect();
            lines.push(format!("pre-up [ -d /sys/class/net/{device} ] || ip link add dev {device} type bond"));
            lines.push(format!("pre-up ip link set dev {device} type bond{}", text(given)));
        }
        let members = self.group.members().iter().filter_map(|member| match &member.selector {
            MemberSelector::Name(name) => Some(name.as_str()),
            MemberSelector::PermanentMac(_) => None,
        });
        lines.push(format!("bond-slaves {}", members.collect::<Vec<_>>().join(" ")));
        for (option, value) in known {
            // ifenslave takes the words of a list one by one.
            lines.push(format!("bond-{} {}", option.replace('_', "-"), value.replace(',', " ")));
        }
        if let MacPolicy::Fixed(mac) = self.group.mac() {
            lines.push(format!("hwaddress {mac}"));
        }
        lines.extend(self.group.mtu().map(|mtu| format!("mtu {mtu}")));
        if self.dialect == Dialect::Ifupdown2 && !others.is_empty() {
            lines.push(format!("up ip link set dev {device} type bond{}", text(others)));
        }
        if let Some(member) = self.chosen_mac() {
            let file = format!("/sys/class/net/{member}/bonding_slave/perm_hwaddr");
            // Before a lease is asked for; the members are in by then.
            let moment = if self.is_leased_as_one() { "pre-up" } else { "up" };
            lines.push(format!("{moment} ip link set dev {device} address \"$(cat {file})\""));
        }
        for member in self.group.members() {
            if let (MemberSelector::Name(name), Some(prio)) = (&member.selector, member.priority) {
                lines.push(format!("up ip link set dev {} type bond_slave prio {prio}", word(name.as_str())));
            }
        }
        lines
    }

    /// The member whose MAC address the group has, where that is not the first that joins, as the driver has it.
    fn chosen_mac(&self) -> Option<&InterfaceName> {
        let is_first = |name: &&InterfaceName| matches!(self.group.members().first().map(|member| &member.selector), Some(MemberSelector::Name(first)) if first == *name);
        match self.group.mac() {
            MacPolicy::Member(name) => Some(name),
            MacPolicy::Auto | MacPolicy::Shared => self.group.primary().filter(|name| !is_first(name)),
            MacPolicy::Active | MacPolicy::Follow | MacPolicy::Fixed(_) => None,
        }
    }

    fn addressing(&mut self) {
        if self.is_leased_as_one() {
            return self.leased_as_one();
        }
        let addressing = self.group.addressing();
        let (v4, v6): (Vec<IpNet>, Vec<IpNet>) = addressing.addresses.iter().partition(|net| net.addr().is_ipv4());
        self.addresses("inet static", &v4, self.gateway(false));
        if addressing.dhcp {
            self.stanzas.push((self.header("inet dhcp"), vec![]));
        }
        let accept = addressing.accept_ra.map(|accept| if accept { 2 } else { 0 });
        let begin = self.stanzas.len();
        self.addresses("inet6 static", &v6, self.gateway(true));
        let mut lines = Vec::new();
        if !v6.is_empty() && self.dialect == Dialect::Ifenslave {
            lines.extend(accept.map(|accept| format!("accept_ra {accept}")));
            // Without it, ifup would switch off what mpath leaves as it is.
            if accept != Some(0) {
                lines.push("autoconf 1".to_owned());
            }
            self.stanzas[begin].1.extend(lines);
        } else if let (Some(accept), false) = (accept, addressing.dhcp6 && self.dialect == Dialect::Ifenslave) {
            let setting = format!("net/ipv6/conf/{}/accept_ra={accept}", self.device);
            if self.stanzas.is_empty() {
                self.stanzas.push((self.header("inet manual"), vec![]));
            }
            self.stanzas[0].1.push(format!("up sysctl -q -w {}", word(&setting)));
        }
        if addressing.dhcp6 {
            let accept = accept.filter(|_| v6.is_empty() && self.dialect == Dialect::Ifenslave);
            let lines = accept.map(|accept| format!("accept_ra {accept}")).into_iter().collect();
            self.stanzas.push((self.header("inet6 dhcp"), lines));
        }
    }

    fn leased_as_one(&mut self) {
        let addressing = self.group.addressing();
        let methods = [("inet dhcp", addressing.dhcp), ("inet6 dhcp", addressing.dhcp6)];
        for (method, _) in methods.into_iter().filter(|(_, asks)| *asks) {
            self.stanzas.push((self.header(method), vec![]));
        }
        let device = word(self.device.as_str());
        let mut lines = Vec::new();
        if let Some(accept) = addressing.accept_ra {
            let setting = format!("net/ipv6/conf/{}/accept_ra={}", self.device, if accept { 2 } else { 0 });
            lines.push(format!("up sysctl -q -w {}", word(&setting)));
        }
        for net in &addressing.addresses {
            let broadcast = if net.addr().is_ipv4() { " broadcast +" } else { "" };
            lines.push(format!("up ip address add {net}{broadcast} dev {device}"));
        }
        self.stanzas[0].1.extend(lines);
    }

    /// A stanza for each address: ifupdown takes one in each.
    fn addresses(&mut self, method: &str, nets: &[IpNet], gateway: Option<IpAddr>) {
        // Where IPv6 targets are probed, the device has no carrier before it has an address to probe from.
        let at_once = self.group.detection().probe().is_some_and(|probe| probe.targets.iter().any(IpAddr::is_ipv6));
        for (number, net) in nets.iter().enumerate() {
            let mut lines = vec![format!("address {net}")];
            if number == 0 {
                lines.extend(gateway.map(|gateway| format!("gateway {gateway}")));
            }
            if net.addr().is_ipv6() && at_once && self.dialect == Dialect::Ifenslave {
                lines.push("dad-attempts 0".to_owned());
            }
            self.stanzas.push((self.header(method), lines));
        }
    }

    /// The gateway of a family, if a stanza of that family can have it.
    fn gateway(&self, v6: bool) -> Option<IpAddr> {
        let addressing = self.group.addressing();
        let here = !self.is_leased_as_one() && addressing.addresses.iter().any(|net| net.addr().is_ipv6() == v6);
        addressing.gateways.iter().copied().find(|gateway| here && gateway.is_ipv6() == v6)
    }

    /// Behind all addresses, as the kernel takes no route whose next hop is out of reach.
    fn routes(&self) -> Vec<String> {
        let addressing = self.group.addressing();
        let said = [self.gateway(false), self.gateway(true)];
        let others = addressing.gateways.iter().filter(|gateway| !said.contains(&Some(**gateway)));
        let defaults = others.map(|gateway| Route::default_via(*gateway));
        let routes: Vec<_> = defaults.chain(addressing.routes.iter().cloned()).collect();
        routes.iter().map(|route| self.route(route)).collect()
    }

    fn route(&self, route: &Route) -> String {
        let family = if route.is_ipv6() { " -6" } else { "" };
        let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
        let mut line = format!("up ip{family} route add {to}");
        if let Some(via) = route.via {
            let other = if via.is_ipv6() && !route.is_ipv6() { " inet6" } else { "" };
            let _ = write!(line, " via{other} {via}");
        }
        let _ = write!(line, " dev {}", word(self.device.as_str()));
        if let Some(metric) = route.metric {
            let _ = write!(line, " metric {metric}");
        }
        line
    }

    pub(super) fn text(&self, source: &str) -> String {
        let mut text = format!(
            "# Made by mpath from {source}, where changes belong: the group {}.\n\nauto {}\n",
            self.group.name(),
            self.device
        );
        for (number, (header, lines)) in self.stanzas.iter().enumerate() {
            let _ = writeln!(text, "{}{header}", if number == 0 { "" } else { "\n" });
            for line in lines {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}
