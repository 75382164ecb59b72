//! `ipmpstat`: groups, underlying interfaces and data addresses, as in.mpathd sees them.
//!
//! In: its parseable outputs (`-nP -o … -g`, `-i`, `-a`). Out: their rows. The order of rows means nothing: the daemon
//! puts the newest first. Its view follows the kernel's after a moment.

use mpath_core::BackendError;
use mpath_core::snapshot::MemberState;

use crate::parseable::rows;

/// The fields of `-g`.
pub(crate) const GROUP_FIELDS: &str = "group,groupname,state";
/// The fields of `-i`.
pub(crate) const MEMBER_FIELDS: &str = "interface,active,group,flags,link,probe,state";
/// The fields of `-a`.
pub(crate) const ADDRESS_FIELDS: &str = "address,state,group,inbound";

/// A group, by the name of its IPMP interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) interface: String,
}

/// An underlying interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Underlying {
    pub(crate) name: String,
    pub(crate) active: bool,
    /// The IPMP interface.
    pub(crate) group: String,
    pub(crate) standby: bool,
    /// `None`: the driver does not tell.
    pub(crate) link: Option<bool>,
    pub(crate) state: MemberState,
}

/// The groups.
pub(crate) fn groups(text: &str) -> Result<Vec<Group>, BackendError> {
    let rows = rows::<3>("the groups (ipmpstat -g)", text)?;
    // `--` is the group of interfaces without one (TRACK_INTERFACES_ONLY_WITH_GROUPS=no).
    let named = rows.into_iter().filter(|[interface, ..]| !matches!(interface.as_str(), "" | "--"));
    Ok(named.map(|[interface, ..]| Group { interface }).collect())
}

/// The underlying interfaces.
pub(crate) fn underlying(text: &str) -> Result<Vec<Underlying>, BackendError> {
    let one = |[name, active, group, flags, link, _, state]: [String; 7]| Underlying {
        name,
        active: active == "yes",
        group,
        standby: flags.contains('s'),
        link: match link.as_str() {
            "up" => Some(true),
            "down" => Some(false),
            _ => None,
        },
        state: match state.as_str() {
            "ok" => MemberState::Ok,
            "failed" => MemberState::Failed,
            "offline" => MemberState::Offline,
            _ => MemberState::Unknown,
        },
    };
    Ok(rows::<7>("the underlying interfaces (ipmpstat -i)", text)?.into_iter().map(one).collect())
}

/// The underlying interface that each data address is received on, with the IPMP interface.
pub(crate) fn inbound(text: &str) -> Result<Vec<(String, String)>, BackendError> {
    let rows = rows::<4>("the data addresses (ipmpstat -a)", text)?;
    let bound = rows.into_iter().filter(|[_, _, _, inbound]| !inbound.is_empty());
    Ok(bound.map(|[_, _, group, inbound]| (group, inbound)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_cable_shows() {
        let text = "wlan0:yes:ipmp0:-smbM--:up:disabled:ok\nnet0:no:ipmp0:-------:down:disabled:failed\n";
        let found = underlying(text).unwrap();
        assert!(found[0].active && found[0].standby && found[0].state == MemberState::Ok);
        assert!(!found[1].active && found[1].link == Some(false) && found[1].state == MemberState::Failed);
    }

    #[test]
    fn an_interface_taken_out_of_use_is_offline() {
        let text = "net0:no:ipmp0:-----d-:up:disabled:offline\nnet1:no:ipmp0:-------:unknown:unknown:unknown\n";
        let found = underlying(text).unwrap();
        assert_eq!(found[0].state, MemberState::Offline);
        assert_eq!((found[1].state, found[1].link), (MemberState::Unknown, None));
    }

    #[test]
    fn groups_and_bound_addresses_are_read() {
        assert_eq!(groups("ipmp0:home-lan:ok\n").unwrap(), [Group { interface: "ipmp0".to_owned() }]);
        assert!(groups("").unwrap().is_empty());
        let bound = "192.168.1.34:up:ipmp0:net0\nfe80\\:\\:1234:up:ipmp0:net0\n192.168.1.36:up:ipmp1:\n";
        assert_eq!(inbound(bound).unwrap().len(), 2);
    }
}
