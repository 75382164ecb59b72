//! `ipadm show-ifprop`: what is kept of an interface beside its addresses.
//!
//! In: its parseable output. Out: the properties that somebody set for every boot.

use crate::command::CommandLine;
use crate::parseable::rows;

/// The fields that are asked for.
pub(crate) const FIELDS: &str = "property,proto,persistent";

/// A property of an interface with the value that the system keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    name: String,
    protocol: String,
    value: String,
}

/// The properties that have a value of their own after a boot; none where the output is nonsense.
pub(crate) fn kept(text: &str) -> Vec<Property> {
    let rows = rows::<3>("the properties (ipadm show-ifprop)", text).unwrap_or_default();
    let property = |[name, protocol, value]: [String; 3]| Property { name, protocol, value };
    rows.into_iter().filter(|[.., value]| !value.is_empty()).map(property).collect()
}

impl Property {
    /// What sets it for every boot.
    pub(crate) fn set_on(&self, interface: &str) -> CommandLine {
        let setting = format!("{}={}", self.name, self.value);
        CommandLine::new("ipadm", ["set-ifprop", "-p", &setting, "-m", &self.protocol, interface])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_set_for_every_boot_is_kept() {
        let found = kept("standby:ip:\nforwarding:ipv4:on\nmtu:ipv6:1400\n");
        let lines: Vec<_> = found.iter().map(|property| property.set_on("net1").to_string()).collect();
        assert_eq!(
            lines,
            ["ipadm set-ifprop -p forwarding=on -m ipv4 net1", "ipadm set-ifprop -p mtu=1400 -m ipv6 net1"]
        );
    }
}
