//! The forms of values, as data: for whoever describes the file to other programs.

use std::ops::RangeInclusive;

/// The form of a value.
#[derive(Debug, Clone)]
pub enum Form {
    /// A table. Its keys have paths of their own.
    Table,
    /// A list of tables, or of values of another form in place of some. The keys of the tables have paths of their own.
    Tables {
        /// What can stand in place of a table.
        or: Option<&'static Form>,
    },
    /// A list, with at least so many entries.
    List(&'static Form, usize),
    /// A value, or a list of some.
    OneOrList(&'static Form),
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// The name, the number or a nickname of a mode.
    Mode,
    /// `true` or `false`.
    Flag,
    /// A whole number of a range.
    Number(RangeInclusive<i128>),
    /// A text of a form of its own.
    Text(Text),
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Text {
    /// The name of a group.
    Group,
    /// The name of an interface.
    Interface,
    /// A length of time.
    Time,
    /// A length of time that is not zero.
    Interval,
    /// The address of a host with the length of its prefix.
    Address,
    /// The address of a host.
    Host,
    /// The same, of IPv6.
    Host6,
    /// A network, or `default`.
    Destination,
    /// The MAC address of one station.
    Mac,
    /// A word or an address: which MAC address the segment sees.
    MacPolicy,
    /// A program or an argument.
    Argument,
    /// The name of a user.
    User,
}

impl Text {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::Group,
        Self::Interface,
        Self::Time,
        Self::Interval,
        Self::Address,
        Self::Host,
        Self::Host6,
        Self::Destination,
        Self::Mac,
        Self::MacPolicy,
        Self::Argument,
        Self::User,
    ];

    /// A name for it, as one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Group => "group-name",
            Self::Interface => "interface-name",
            Self::Time => "time",
            Self::Interval => "interval",
            Self::Address => "address-with-prefix",
            Self::Host => "address",
            Self::Host6 => "ipv6-address",
            Self::Destination => "destination",
            Self::Mac => "mac-address",
            Self::MacPolicy => "mac-policy",
            Self::Argument => "argument",
            Self::User => "user-name",
        }
    }

    /// A regular expression (ECMA 262, without what not every engine has) that takes every text of this form. What it
    /// does not take is none; but not all that it takes is one, as numbers are not counted with.
    pub(crate) fn pattern(self) -> String {
        const INTERFACE: &str = r"[A-Za-z0-9_][!#$&()+,\-.0-9;<=>@A-Z\[\]^_`a-z{|}~]{0,30}";
        const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
        const V6: &str = "[0-9A-Fa-f]*:[0-9A-Fa-f:.]*";
        const MAC: &str = "[0-9A-Fa-f]?[02468ACEace]([:-][0-9A-Fa-f]{1,2}){5}";
        let v4 = format!("{BYTE}(\\.{BYTE}){{3}}");
        let net = format!("({v4}/(3[0-2]|[0-2]?[0-9])|{V6}/(12[0-8]|1[01][0-9]|0?[0-9]?[0-9]))");
        let whole = match self {
            Self::Group => "[A-Za-z0-9][A-Za-z0-9_.\\-]{0,62}".to_owned(),
            Self::Interface => INTERFACE.to_owned(),
            Self::Time => r"[0-9]+\s*(ms|s|m|min)".to_owned(),
            Self::Interval => r"0*[1-9][0-9]*\s*(ms|s|m|min)".to_owned(),
            Self::Address => net,
            Self::Host => format!("({v4}|{V6})"),
            Self::Host6 => V6.to_owned(),
            Self::Destination => format!("(default|{net})"),
            Self::Mac => MAC.to_owned(),
            Self::MacPolicy => format!("(auto|shared|active|follow|member:{INTERFACE}|{MAC})"),
            Self::Argument => r"[^\x00]*".to_owned(),
            Self::User => r"[A-Za-z0-9_.$][A-Za-z0-9_.$\-]{0,31}".to_owned(),
        };
        format!("^{whole}$")
    }
}
