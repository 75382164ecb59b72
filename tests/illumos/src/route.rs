//! Routes.

use serde::{Deserialize, Serialize};

/// A route that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// `default`, or a network with its prefix.
    pub destination: String,
    /// The gateway.
    pub gateway: String,
    /// The interface, if `-ifp` names one.
    pub interface: Option<String>,
}
