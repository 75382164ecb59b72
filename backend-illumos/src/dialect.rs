//! Which IPMP the system speaks.
//!
//! In: what `ipadm help` prints, and whether `show-if` has a field that only Oracle's has. Out: a [`Dialect`]. Versions
//! are never asked: distributions took the IPMP of `ipadm` over at different times.

use serde::Serialize;

/// One way in which systems do IPMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// illumos with `ipadm create-ipmp` (illumos issue 2554, November 2021).
    Ipadm,
    /// illumos before that: `ipadm` refuses IPMP interfaces, `ifconfig` makes them, active configuration only.
    Ifconfig,
    /// Oracle Solaris 11.4: `ipadm` with other columns, and classes in small letters.
    Solaris11,
    /// Solaris 10: no IPMP interface, addresses hop between the members.
    Solaris10,
}

impl Dialect {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Ipadm, Self::Ifconfig, Self::Solaris11, Self::Solaris10];

    /// What `ipadm help` (both streams; `None` where there is no `ipadm`) and a try of the field `over` tell.
    ///
    /// `create-ipmp` itself is no safe question: it pings in.mpathd first.
    pub(crate) fn told_by(help: Option<&str>, has_over: bool) -> Self {
        match help {
            None => Self::Solaris10,
            Some(help) if !help.contains("create-ipmp") => Self::Ifconfig,
            Some(_) if has_over => Self::Solaris11,
            Some(_) => Self::Ipadm,
        }
    }

    /// What it is called.
    pub(crate) fn platform(self) -> &'static str {
        match self {
            Self::Ipadm | Self::Ifconfig => "illumos IPMP",
            Self::Solaris11 => "Solaris IPMP",
            Self::Solaris10 => "Solaris 10 IPMP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_of_ipadm_tells_the_dialect() {
        let new = "usage:  ipadm <subcommand> <args> ...\n\tcreate-ipmp\t[-t] [-i <interface>[,<interface>]+] ...\n";
        let old = "usage:  ipadm <subcommand> <args> ...\n\tcreate-if\t[-t] <interface>\n";
        assert_eq!(Dialect::told_by(Some(new), false), Dialect::Ipadm);
        assert_eq!(Dialect::told_by(Some(new), true), Dialect::Solaris11);
        assert_eq!(Dialect::told_by(Some(old), false), Dialect::Ifconfig);
        assert_eq!(Dialect::told_by(None, false), Dialect::Solaris10);
    }
}
