//! Groups as files of `/etc/network/interfaces.d`: what cannot be in them, and what has to be known of them.

use mpath_core::group::MemberSelector;
use mpath_core::note::Note;
use mpath_core::refusal::Refusal;
use mpath_core::render::{RenderedFile, Rendering};
use mpath_core::{Group, GroupName, InterfaceName};

use super::Dialect;
use super::stanzas::Stanzas;
use crate::capability::capabilities;
use crate::format::interfaces::FOLDER;
use crate::format::{bond_option, may_be_wireless};

type Refusals = Vec<(GroupName, Refusal)>;

/// Groups in a dialect, one file for each.
pub(crate) fn render(groups: &[&Group], source: &str, dialect: Dialect) -> Result<Rendering, Refusals> {
    let (mut rendering, mut refusals) = (Rendering::default(), Vec::new());
    for group in groups {
        let capabilities = capabilities();
        let mut found: Vec<_> = capabilities.check(group).into_iter().map(Refusal::Unsupported).collect();
        match capabilities.device_of(group) {
            Err(reason) => found.push(Refusal::DeviceName { reason }),
            Ok(device) => {
                found.extend(refusals_of(group, &device, dialect));
                let stanzas = Stanzas::new(group, &device, dialect).text(source);
                let path = format!("{FOLDER}/{}", file_name(group.name()));
                rendering.files.push(RenderedFile { path, text: stanzas });
                rendering.notes.extend(
                    notes(group, dialect).into_iter().map(|text| (group.name().clone(), Note::Remark { text })),
                );
            }
        }
        refusals.extend(found.into_iter().map(|refusal| (group.name().clone(), refusal)));
    }
    if refusals.is_empty() { Ok(rendering) } else { Err(refusals) }
}

/// `source-directory` takes no other characters (interfaces(5)).
fn file_name(group: &GroupName) -> String {
    group.as_str().replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-")
}

/// Those that can be changed on a device that is up and has members (`bond_opts`: neither BOND_OPTFLAG_IFDOWN nor
/// BOND_OPTFLAG_NOSLAVES).
fn changes_while_up(option: &str) -> bool {
    !matches!(
        option,
        "fail_over_mac" | "lacp_active" | "ad_select" | "ad_user_port_key" | "tlb_dynamic_lb" | "lacp_rate"
    )
}

fn refusals_of(group: &Group, device: &InterfaceName, dialect: Dialect) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut cannot = |reason: String, cure: &str| {
        refusals.push(Refusal::NotInFormat { reason, cure: cure.to_owned() });
    };
    if device.as_str().contains(['.', ':']) {
        let reason = format!("{} takes {device} for a VLAN or for a label, by the character in it", dialect.tool());
        cannot(reason, "give the group a `device` of letters and digits");
    }
    for member in group.members() {
        match &member.selector {
            MemberSelector::PermanentMac(mac) => cannot(
                format!("the member with the MAC address {mac} has no name, and bond-slaves takes names"),
                "give its name: members = [{ name = \"…\" }, …]",
            ),
            MemberSelector::Name(name) if !is_plain(name) => {
                cannot(format!("the scripts of {} would take {name} apart", dialect.tool()), "rename the interface")
            }
            MemberSelector::Name(_) => {}
        }
    }
    if !is_plain(device) {
        cannot(
            format!("{device} is no word for {}", dialect.tool()),
            "give the group a `device` of letters and digits",
        );
    }
    if dialect == Dialect::Ifupdown2 {
        for (option, value) in bond_option::options(group) {
            // "none" is what the driver does by itself.
            if !dialect.knows(&option)
                && !changes_while_up(&option)
                && (option.as_str(), value.as_str()) != ("fail_over_mac", "none")
            {
                let reason =
                    format!("ifupdown2 has no option for {option}, and it cannot be set once the members are in");
                cannot(reason, "leave it out, or render for another tool: ifupdown, networkd, network-manager");
            }
        }
        if let Some(miimon) = group.detection().link().map(|link| link.interval.get()).filter(|miimon| *miimon > 255) {
            let reason = format!("ifupdown2 takes a bond-miimon of 255 ms at most, and not {miimon}");
            cannot(reason, "let the link be looked at more often");
        }
    }
    refusals
}

/// A name that a shell takes for one word although it is not quoted.
fn is_plain(name: &InterfaceName) -> bool {
    name.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "-_.:@".contains(c)) && !name.as_str().starts_with('-')
}

fn notes(group: &Group, dialect: Dialect) -> Vec<String> {
    let mut notes = vec![format!(
        "{} reads the file where /etc/network/interfaces has the line `source /etc/network/interfaces.d/*`; stanzas that give members addresses must go",
        dialect.tool()
    )];
    let optional = |optional: bool| group.members().iter().any(|member| member.optional == optional);
    if optional(false) {
        notes.push(format!("{} goes on without a member that is not there, as if it was `optional`", dialect.tool()));
    }
    // It takes a `broadcast` line, and fails with it (`addr_add` of 3.0 expects an address, not a text).
    let addressing = group.addressing();
    let is_static =
        !addressing.dhcp && !addressing.dhcp6 && addressing.addresses.iter().any(|net| net.addr().is_ipv4());
    if dialect == Dialect::Ifupdown2 && is_static {
        notes.push(
            "ifupdown2 gives IPv4 addresses no broadcast address; packets to that of the subnet go out all the same"
                .to_owned(),
        );
    }
    notes.extend(may_be_wireless(group, "the file"));
    if group.members().iter().any(|member| member.probe_address.is_some()) {
        notes.push("`probe-address` is for platforms that probe from each member, and is not in the file".to_owned());
    }
    notes
}
