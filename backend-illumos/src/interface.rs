//! `ipadm show-if`: the IP interfaces.
//!
//! In: its parseable output. Out: what is plumbed, of which class, and what the system brings back at boot. The states
//! are those of `i_ipadm_get_all_if_info` in `ipadm_if.c`; note that an unplugged interface is `failed` there too.

use mpath_core::BackendError;

use crate::parseable::rows;

/// The fields that are asked for where IPMP is in `ipadm`.
pub(crate) const FIELDS: &str = "ifname,class,state,current,persistent";
/// The same for the `ipadm` of before, which has no class.
pub(crate) const FIELDS_WITHOUT_CLASS: &str = "ifname,state,current,persistent";

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IpInterface {
    pub(crate) name: String,
    pub(crate) is_ipmp: bool,
    pub(crate) is_virtual: bool,
    /// In the persistent configuration alone.
    pub(crate) is_disabled: bool,
    pub(crate) standby: bool,
    /// Whether `ipadm` makes it a standby again at boot.
    pub(crate) standby_kept: bool,
    /// Whether `ipadm` makes it again at boot.
    pub(crate) is_kept: bool,
    /// The family that it is not plumbed for, as `ifconfig` calls it.
    pub(crate) lacks: Option<&'static str>,
}

/// The rows of an output with [`FIELDS`].
pub(crate) fn interfaces(text: &str) -> Result<Vec<IpInterface>, BackendError> {
    let interface = |[name, class, state, current, persistent]: [String; 5]| {
        // Oracle writes classes in small letters, and calls `VIRTUAL` loopback or vni.
        let class = class.to_ascii_lowercase();
        let flags = Flags::of(&current);
        IpInterface {
            name,
            is_ipmp: class == "ipmp" || flags.ipmp,
            is_virtual: matches!(class.as_str(), "virtual" | "loopback" | "vni"),
            is_disabled: state == "disabled",
            standby: flags.standby,
            standby_kept: persistent.contains('s'),
            is_kept: is_kept(&persistent),
            lacks: flags.lacks,
        }
    };
    Ok(rows::<5>("the IP interfaces (ipadm show-if)", text)?.into_iter().map(interface).collect())
}

/// The rows of an output with [`FIELDS_WITHOUT_CLASS`].
pub(crate) fn interfaces_without_class(text: &str) -> Result<Vec<IpInterface>, BackendError> {
    let interface = |[name, state, current, persistent]: [String; 4]| {
        let flags = Flags::of(&current);
        IpInterface {
            name,
            is_ipmp: flags.ipmp,
            is_virtual: flags.is_virtual,
            is_disabled: state == "disabled",
            standby: flags.standby,
            standby_kept: persistent.contains('s'),
            is_kept: is_kept(&persistent),
            lacks: flags.lacks,
        }
    };
    Ok(rows::<4>("the IP interfaces (ipadm show-if)", text)?.into_iter().map(interface).collect())
}

/// Whether the field PERSISTENT, `s46`, has a family.
fn is_kept(persistent: &str) -> bool {
    persistent.contains(['4', '6'])
}

/// Some of the positions `bmpvIsiVaZ46` of the field CURRENT.
struct Flags {
    ipmp: bool,
    is_virtual: bool,
    standby: bool,
    lacks: Option<&'static str>,
}

impl Flags {
    fn of(current: &str) -> Self {
        let has = |flag| current.contains(flag);
        let lacks = match (has('4'), has('6')) {
            (true, false) => Some("inet6"),
            (false, true) => Some("inet"),
            _ => None,
        };
        Self { ipmp: has('I'), is_virtual: has('v'), standby: has('s'), lacks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> IpInterface {
        let name = name.to_owned();
        IpInterface {
            name,
            is_ipmp: false,
            is_virtual: false,
            is_disabled: false,
            standby: false,
            standby_kept: false,
            is_kept: true,
            lacks: None,
        }
    }

    #[test]
    fn classes_and_flags_are_told_apart() {
        let text = "lo0:VIRTUAL:ok:-m-v------46:---\nnet0:IP:ok:bm--------46:-46\nwlan0:IP:ok:bm---si---46:s46\n\
                    ipmp0:IPMP:ok:bm--I-----46:-46\nnet7:IP:disabled:------------:-46\n";
        let found = interfaces(text).unwrap();
        assert_eq!(found[0], IpInterface { is_virtual: true, is_kept: false, ..plain("lo0") });
        assert_eq!(found[1], plain("net0"));
        assert_eq!(found[2], IpInterface { standby: true, standby_kept: true, ..plain("wlan0") });
        assert_eq!(found[3], IpInterface { is_ipmp: true, ..plain("ipmp0") });
        assert_eq!(found[4], IpInterface { is_disabled: true, ..plain("net7") });
        let halves = interfaces("net8:IP:down:bm--------4-:---\nnet9:IP:down:bm---------6:---\n").unwrap();
        assert_eq!(halves.iter().map(|half| half.lacks).collect::<Vec<_>>(), [Some("inet6"), Some("inet")]);
    }

    #[test]
    fn oracle_writes_classes_small_and_the_old_ipadm_none() {
        assert!(interfaces("ipmp0:ipmp:ok:bm--I-----46:-46\n").unwrap()[0].is_ipmp);
        let old = interfaces_without_class("lo0:ok:-m-v------46:---\nipmp0:failed:bm--I-----46:---\n").unwrap();
        assert!(old[0].is_virtual && old[1].is_ipmp);
    }
}
