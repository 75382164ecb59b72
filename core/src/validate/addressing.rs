//! Addresses, and the ways out of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Check;
use crate::group::Addressing;
use crate::problem::{Place, either};
use crate::spec::{At, Destination, RouteSpec};
use crate::{Problem, Route};

fn family(ipv6: bool) -> &'static str {
    if ipv6 { "IPv6" } else { "IPv4" }
}

impl Check<'_> {
    pub(super) fn addressing(&mut self) -> Addressing {
        self.addresses();
        let gateways = self.gateways();
        let routes = self.routes(&gateways);
        let spec = self.spec;
        Addressing {
            addresses: spec.addresses.items().iter().map(|net| net.value).collect(),
            gateways: gateways.iter().map(|gateway| gateway.value).collect(),
            routes,
            dhcp: spec.dhcp.get() == Some(&true),
            dhcp6: spec.dhcp6.get() == Some(&true),
            accept_ra: spec.accept_ra.get().copied(),
        }
    }

    /// Whether the group gets addresses of a family from the network; so also where that could not be read.
    fn is_dynamic(&self, ipv6: bool) -> bool {
        let spec = self.spec;
        let on = |field: &crate::spec::Field<bool>| field.failed() || field.get() == Some(&true);
        if ipv6 { on(&spec.dhcp6) || on(&spec.accept_ra) } else { on(&spec.dhcp) }
    }

    pub(super) fn wants_ipv6(&self) -> bool {
        let spec = self.spec;
        let on = |field: &crate::spec::Field<bool>| field.get() == Some(&true);
        on(&spec.dhcp6) || on(&spec.accept_ra) || spec.addresses.items().iter().any(|net| net.value.addr().is_ipv6())
    }

    fn addresses(&mut self) {
        let spec = self.spec;
        let addresses = spec.addresses.items();
        if addresses.is_empty() && !spec.addresses.has_gaps() && !self.is_dynamic(false) && !self.is_dynamic(true) {
            let place = spec.addresses.value.as_ref().map_or(&spec.header, |list| &list.place);
            self.report(
                Problem::new("no-address", place, "the group has no address")
                    .allowed("one of `addresses`, `dhcp`, `dhcp6` and `accept-ra`, or several")
                    .hint("write addresses = [\"192.168.1.34/24\"], or dhcp = true"),
            );
        }
        let probes = spec.members.items().iter().filter_map(|member| member.value.probe_address.value.as_ref());
        let mut seen: BTreeMap<IpAddr, &Place> = BTreeMap::new();
        let mut all: Vec<_> = addresses.iter().chain(probes).collect();
        all.sort_by_key(|net| net.place.span.bytes.start);
        for net in all {
            let address = net.value.addr();
            match seen.get(&address) {
                Some(first) => {
                    let message = format!("{address} is an address of the group already");
                    let problem = Problem::new("duplicate-address", &net.place, message);
                    self.report(problem.also(&first.span, "first given here").hint("keep one of them"));
                }
                None => {
                    seen.insert(address, &net.place);
                }
            }
        }
    }

    fn gateways(&mut self) -> Vec<At<IpAddr>> {
        let spec = self.spec;
        let mut gateways: Vec<At<IpAddr>> = Vec::new();
        for gateway in spec.gateway.items().iter().chain(&spec.gateway6.value) {
            let ipv6 = gateway.value.is_ipv6();
            if let Some(first) = gateways.iter().find(|other| other.value.is_ipv6() == ipv6) {
                let address = gateway.value;
                let hint = format!(
                    "for a second way out write routes = [{{ to = \"default\", via = \"{address}\", metric = 2000 }}]"
                );
                let message = format!("{address} is a second {} gateway", family(ipv6));
                let problem = Problem::new("second-gateway", &gateway.place, message);
                let problem = problem.allowed("one gateway of each family").hint(hint);
                self.report(problem.also(&first.place.span, "the first is here"));
                continue;
            }
            self.known_from_network(gateway);
            self.next_hop(gateway);
            gateways.push(gateway.clone());
        }
        gateways
    }

    /// Refuses a gateway where the network tells one too: there is room for one default route without a metric, and a
    /// DHCP client takes it for its own.
    fn known_from_network(&mut self, gateway: &At<IpAddr>) {
        let spec = self.spec;
        let on = |field: &crate::spec::Field<bool>| field.get() == Some(&true);
        let (key, by) = match gateway.value.is_ipv6() {
            true if on(&spec.accept_ra) => ("accept-ra", "router advertisements tell it"),
            false if on(&spec.dhcp) => ("dhcp", "the DHCP server tells it"),
            _ => return,
        };
        let message = format!("{} is a gateway of {}, and {by}", gateway.value, family(gateway.value.is_ipv6()));
        let problem = Problem::new("gateway-from-network", &gateway.place, message);
        self.report(problem.hint(format!("leave the gateway out, or `{key}`")));
    }

    /// Checks that the group can reach a next hop.
    fn next_hop(&mut self, hop: &At<IpAddr>) {
        let spec = self.spec;
        let address = hop.value;
        let nets: Vec<IpNet> = spec.addresses.items().iter().map(|net| net.value).collect();
        if nets.iter().any(|net| net.addr() == address) {
            let problem = Problem::new("own-address", &hop.place, format!("{address} is the group's own address"));
            self.report(problem.allowed("the address of another host"));
            return;
        }
        if !self.has_family(address.is_ipv6(), &hop.place, "a next hop") {
            return;
        }
        if spec.addresses.has_gaps() || is_link_local(address) {
            return;
        }
        let same_family = nets.iter().filter(|net| net.addr().is_ipv4() == address.is_ipv4());
        match same_family.clone().find(|net| net.contains(&address)) {
            Some(net) => {
                let host = IpNet::new(address, net.prefix_len()).unwrap_or(*net);
                if let Some(why) = crate::spec::not_a_host(host) {
                    let problem = Problem::new("unusable-address", &hop.place, format!("{address} {why}"));
                    self.report(problem.allowed(format!("the address of a host in {}", net.trunc())));
                }
            }
            None => {
                let mut prefixes: Vec<_> = same_family.map(|net| net.trunc().to_string()).collect();
                prefixes.dedup();
                let words: Vec<_> = prefixes.iter().map(String::as_str).collect();
                let mut message = format!("{address} lies in none of the group's prefixes");
                let mut allowed = match words.as_slice() {
                    [] => "an address in a prefix of `addresses`".to_owned(),
                    words => format!("an address in {}", either(words)),
                };
                if address.is_ipv6() {
                    allowed += ", or a link-local one";
                } else {
                    message += ", so nothing on the segment leads to it";
                }
                let problem = Problem::new("unreachable-next-hop", &hop.place, message).allowed(allowed);
                // Routes are set when the device comes up; what the network gives comes later.
                let dynamic = self.is_dynamic(address.is_ipv6());
                self.report(if dynamic {
                    problem.hint("let the network give the route together with the address")
                } else {
                    problem
                });
            }
        }
    }

    /// Whether the group has addresses of a family, or may have some; else that is reported.
    fn has_family(&mut self, ipv6: bool, place: &Place, what: &str) -> bool {
        let spec = self.spec;
        let has = spec.addresses.items().iter().any(|net| net.value.addr().is_ipv6() == ipv6);
        if has || self.is_dynamic(ipv6) || spec.addresses.has_gaps() {
            return true;
        }
        let anything = !spec.addresses.items().is_empty() || self.is_dynamic(!ipv6);
        // A group without any address has that problem already.
        if anything {
            let name = family(ipv6);
            let hint = if ipv6 {
                "add one to `addresses`, or set dhcp6 or accept-ra"
            } else {
                "add one to `addresses`, or set dhcp"
            };
            let message = format!("{what} of {name}, and the group has no {name} address");
            self.report(Problem::new("family-without-address", place, message).hint(hint));
        }
        false
    }

    fn routes(&mut self, gateways: &[At<IpAddr>]) -> Vec<Route> {
        let taken = |route: &Route| (route.to, metric(route));
        let mut places: BTreeMap<(IpNet, u32), &Place> =
            gateways.iter().map(|gateway| (taken(&Route::default_via(gateway.value)), &gateway.place)).collect();
        let mut routes = Vec::new();
        for entry in self.spec.routes.items() {
            let Some(route) = self.route(entry) else { continue };
            match places.get(&taken(&route)) {
                Some(first) => {
                    let to = if route.is_default() { "everywhere".to_owned() } else { format!("to {}", route.to) };
                    let message = format!("a second route leads {to} with the metric {}", metric(&route));
                    let problem = Problem::new("duplicate-route", &entry.place, message);
                    let problem = problem.hint("give one of them another `metric`; the lower is preferred");
                    self.report(problem.also(&first.span, "the first is here"));
                }
                None => {
                    places.insert(taken(&route), &entry.place);
                }
            }
            routes.push(route);
        }
        routes
    }

    fn route(&mut self, entry: &At<RouteSpec>) -> Option<Route> {
        let RouteSpec { to, via, metric } = &entry.value;
        if to.key.is_none() {
            let problem = Problem::new("missing-key", &entry.place, "the route has no `to`");
            self.report(problem.hint("write to = \"10.0.0.0/8\", or to = \"default\""));
        }
        let destination = to.value.as_ref();
        if let (Some(At { value: Destination::Net(net), place }), Some(hop)) = (destination, &via.value) {
            let ipv6 = net.addr().is_ipv6();
            if ipv6 != hop.value.is_ipv6() {
                let message =
                    format!("the next hop {} is of {}, the destination of {}", hop.value, family(!ipv6), family(ipv6));
                let problem = Problem::new("mixed-families", &hop.place, message);
                self.report(
                    problem.allowed(format!("an {} address", family(ipv6))).also(&place.span, "the destination"),
                );
                return None;
            }
        }
        if let Some(hop) = &via.value {
            self.next_hop(hop);
        }
        let At { value: destination, place } = destination?;
        let net = match (destination, &via.value) {
            (Destination::Net(net), None) => {
                if via.key.is_none() {
                    self.has_family(net.addr().is_ipv6(), place, "a route");
                }
                *net
            }
            (Destination::Net(net), Some(_)) => *net,
            (Destination::Default, Some(hop)) => Route::default_via(hop.value).to,
            (Destination::Default, None) => {
                if via.key.is_none() {
                    let problem = Problem::new("missing-key", &entry.place, "a default route has no `via`");
                    self.report(problem.hint("write via = \"192.168.1.24\", with the address of the router"));
                }
                return None;
            }
        };
        let mut route = Route::new(net, via.get().copied());
        route.metric = metric.get().copied();
        Some(route)
    }
}

/// What the system makes of a route's metric: for IPv6 none and 0 are 1024 (`IP6_RT_PRIO_USER`).
fn metric(route: &Route) -> u32 {
    match route.metric.unwrap_or(0) {
        0 if route.is_ipv6() => 1024,
        metric => metric,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}
