//! What the lines of all files say of one bond, until it is a draft.

use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Fate, Import, Origin};

use crate::format::bond_option;

/// A bond as it is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bond {
    /// Its device.
    pub(crate) name: String,
    /// Where it is said for the first time that there is such a device.
    pub(crate) origin: Origin,
    options: Vec<Said>,
    members: Vec<(String, Origin)>,
    priorities: Vec<(String, i64)>,
    mac_of: Option<(String, Origin)>,
    gateways: Vec<String>,
    draft: Draft,
}

/// An option with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    name: String,
    value: String,
    origin: Origin,
}

impl Bond {
    pub(crate) fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            origin,
            options: vec![],
            members: vec![],
            priorities: vec![],
            mac_of: None,
            gateways: vec![],
            draft: Draft::new(name),
        }
    }

    /// Takes an option of the driver, in place of an earlier value unless it is one `more`.
    pub(crate) fn option(&mut self, name: &str, value: &str, more: bool, origin: &Origin) {
        let name = name.to_ascii_lowercase().replace('-', "_");
        let name = name.strip_prefix("bond_").unwrap_or(&name).to_owned();
        if !more {
            self.options.retain(|said| said.name != name);
        }
        self.options.push(Said { name, value: value.to_owned(), origin: origin.clone() });
    }

    /// Takes a member, once.
    pub(crate) fn member(&mut self, name: &str, origin: &Origin) {
        if !self.has_member(name) {
            self.members.push((name.to_owned(), origin.clone()));
        }
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| member == name)
    }

    pub(crate) fn priority(&mut self, member: &str, prio: &str) -> Result<(), String> {
        let prio = prio.parse().map_err(|_| format!("{prio:?} is no number"))?;
        self.priorities.push((member.to_owned(), prio));
        Ok(())
    }

    pub(crate) fn mac_of(&mut self, member: &str, origin: &Origin) {
        self.mac_of = Some((member.to_owned(), origin.clone()));
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>, origin: &Origin) {
        self.draft.set(key, value, Some(origin.clone()));
    }

    /// Takes a number for a key.
    pub(crate) fn number(&mut self, key: &str, value: &str, origin: &Origin) -> Result<(), String> {
        let number: i64 = value.parse().map_err(|_| format!("{value:?} is no number"))?;
        self.set(key, number, origin);
        Ok(())
    }

    /// Takes what the kernel's `accept_ra` says.
    pub(crate) fn accept_ra(&mut self, value: &str, origin: &Origin) -> Result<(), String> {
        match value {
            "0" => self.set("accept-ra", false, origin),
            "1" | "2" => self.set("accept-ra", true, origin),
            _ => return Err(format!("accept_ra does not take {value:?}")),
        }
        Ok(())
    }

    pub(crate) fn address(&mut self, net: &str, origin: &Origin) {
        let alone = if net.contains(':') { "/128" } else { "/32" };
        let net = if net.contains('/') { net.to_owned() } else { format!("{net}{alone}") };
        let there =
            matches!(self.draft.get("addresses"), Some(Value::List(list)) if list.contains(&net.as_str().into()));
        if !there {
            self.draft.push("addresses", net, Some(origin.clone()));
        }
    }

    /// The addresses until now.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let Some(Value::List(list)) = self.draft.get("addresses") else { return vec![] };
        list.iter().filter_map(|value| if let Value::Text(text) = value { Some(text.as_str()) } else { None }).collect()
    }

    /// Takes a route; a default one without a metric is a gateway.
    pub(crate) fn route(
        &mut self,
        to: &str,
        via: Option<&str>,
        metric: Option<&str>,
        origin: &Origin,
    ) -> Result<(), String> {
        let is_default = matches!(to, "default" | "0.0.0.0/0" | "::/0" | "0.0.0.0");
        let metric = metric.map(|metric| metric.parse::<i64>().map_err(|_| format!("{metric:?} is no metric")));
        let metric = metric.transpose()?.filter(|metric| *metric != 0);
        if let (true, Some(via), None) = (is_default, via, metric) {
            let v6 = via.contains(':');
            match self.gateways.iter().find(|gateway| gateway.contains(':') == v6) {
                Some(gateway) if gateway == via => {}
                Some(gateway) => return Err(format!("{gateway} is the next hop of the default route already")),
                None => {
                    self.gateways.push(via.to_owned());
                    self.draft.add("gateway", via, Some(origin.clone()));
                }
            }
            return Ok(());
        }
        let alone = if to.contains(':') { "/128" } else { "/32" };
        let to = if is_default {
            "default".to_owned()
        } else if to.contains('/') {
            to.to_owned()
        } else {
            format!("{to}{alone}")
        };
        let mut route = vec![("to", Value::from(to))];
        route.extend(via.map(|via| ("via", Value::from(via))));
        route.extend(metric.map(|metric| ("metric", Value::from(metric))));
        self.draft.push("routes", Value::Table(route), Some(origin.clone()));
        Ok(())
    }

    /// The draft, with what the driver does where nothing is said.
    pub(crate) fn into_draft(mut self, import: &mut Import) -> Draft {
        self.take_members();
        self.take_mode(import);
        for Said { name, value, origin } in std::mem::take(&mut self.options) {
            // One that takes the first of several that is there.
            let (first, others) = match value.split_once([' ', '\t', ',']) {
                Some((first, others)) if name == "primary" => (first.to_owned(), Some(others.trim().to_owned())),
                _ => (value, None),
            };
            if let Some(others) = others {
                let why =
                    format!("{first} is preferred; {others} where it is not there: the order of the members says that");
                import.change(origin.clone(), why);
            }
            match bond_option::set(&mut self.draft, &name, &first, &origin) {
                Ok(()) => {}
                Err((Fate::Changed, why)) => import.change(origin, why),
                Err((Fate::LeftAlone, why)) => import.leave(origin, why),
                Err((Fate::Lost, why)) => import.lose(origin, why),
            }
        }
        bond_option::probes(&mut self.draft, import);
        self.take_mac();
        self.draft
    }

    fn take_members(&mut self) {
        for (name, origin) in &self.members {
            let value = match self.priorities.iter().rev().find(|(member, _)| member == name) {
                Some((_, prio)) => {
                    Value::Table(vec![("name", Value::from(name.as_str())), ("prio", Value::from(*prio))])
                }
                None => Value::from(name.as_str()),
            };
            self.draft.push("members", value, Some(origin.clone()));
        }
    }

    /// The driver makes a bond balance-rr and lets nothing monitor it, unless it is told (`bond_check_params`); 802.3ad, tlb
    /// and alb are monitored all the same (`bond_option_mode_set`).
    fn take_mode(&mut self, import: &mut Import) {
        let said = |name: &str| self.options.iter().rev().find(|said| said.name == name).cloned();
        let mode = said("mode");
        if mode.is_none() {
            import.change(self.origin.clone(), "no mode is said, and that of the driver is balance-rr");
            self.draft.set("mode", "balance-rr", Some(self.origin.clone()));
        }
        let monitors = matches!(
            mode.map(|mode| mode.value).as_deref(),
            Some("4" | "802.3ad" | "5" | "balance-tlb" | "6" | "balance-alb")
        );
        if !monitors && said("miimon").is_none() && said("arp_interval").is_none() {
            self.draft.set("detection.link.interval", "0ms", Some(self.origin.clone()));
        }
    }

    /// The MAC address of the primary, or of the first member, is what is shared by itself.
    fn take_mac(&mut self) {
        let Some((member, origin)) = self.mac_of.take() else { return };
        let usual = match self.draft.get("primary") {
            Some(Value::Text(primary)) => Some(primary.clone()),
            _ => self.members.first().map(|(name, _)| name.clone()),
        };
        if usual.as_ref() != Some(&member) {
            self.draft.set("mac", format!("member:{member}"), Some(origin));
        }
    }
}
