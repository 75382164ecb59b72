//! Something that could be reached before a change, and must be afterwards.

use std::fmt;

use mpath_core::Snapshot;
use serde::Serialize;

use super::Place;

/// Something that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Why it is asked.
    pub role: Role,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its addresses. One that answers is enough.
    pub places: Vec<Place>,
    /// What it is asked.
    pub question: Question,
}

/// Why a target is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A default route leads over it.
    Gateway,
    /// It answers questions about names.
    NameServer,
    /// It is where the person who changes the host sits.
    SshPeer,
    /// It was named on the command line.
    Probe,
}

/// What a target is asked, and so what counts as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// An echo (RFC 792, RFC 4443).
    Echo,
    /// A query for the name servers of the root (RFC 1035). Any answer is one.
    NameQuery,
    /// A connection to a TCP port. A refusal shows that the host is there, and that the service is not.
    Connect(u16),
}

impl Target {
    /// A target with one address and no name.
    pub(crate) fn new(role: Role, place: Place, question: Question) -> Self {
        Self { role, name: None, places: vec![place], question }
    }

    /// The same after a change.
    pub(crate) fn after(&self, host: &Snapshot) -> Self {
        let mut places: Vec<_> = self.places.iter().map(|place| place.after(host)).collect();
        places.dedup();
        Self { places, ..self.clone() }
    }

    /// Whether an answer of one is an answer of the other.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.places == other.places && self.question == other.question
    }

    /// What it is called.
    pub(crate) fn title(&self) -> String {
        let address = || self.places.first().map(ToString::to_string).unwrap_or_default();
        self.name.clone().unwrap_or_else(address)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.title();
        match self.role {
            Role::Gateway => write!(f, "the gateway {title}"),
            Role::NameServer => write!(f, "the name server {title}"),
            Role::SshPeer => write!(f, "the SSH peer {title}"),
            Role::Probe => write!(f, "the probed {title}"),
        }
    }
}
