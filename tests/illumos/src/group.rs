//! IPMP groups, by the rules of the kernel.

use serde::{Deserialize, Serialize};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its IPMP interface.
    pub interface: String,
    /// Its members, the oldest first.
    pub members: Vec<String>,
    /// The member that sends and receives IPv4 multicast and broadcast.
    pub cast4: Option<String>,
    /// The same for IPv6.
    pub cast6: Option<String>,
}
