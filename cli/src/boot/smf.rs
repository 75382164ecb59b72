//! SMF of illumos and Solaris: the system's own configuration brings groups up (`mpath up --persist`); services are the
//! agent, and one that undoes at a boot what the last one cut off (`packaging/smf`).

use std::path::Path;

use super::{Act, Wish, words};

const RECOVER: &str = "svc:/network/mpath/recover:default";
const AGENT: &str = "svc:/network/mpath/agent:default";

pub(super) fn is_installed(root: &Path) -> bool {
    root.join("lib/svc/manifest/network/mpath.xml").is_file()
}

/// svcadm(8) is asked each time: what is enabled is in a repository, and to enable it again does nothing.
pub(super) fn enable(wish: Wish<'_>) -> Vec<Act> {
    let agent = wish.agent.then_some(AGENT);
    let services = [RECOVER].into_iter().chain(agent);
    services.map(|service| Act::Run(words(&["svcadm", "enable", service]))).collect()
}

pub(super) fn disable(_: Wish<'_>) -> Vec<Act> {
    [AGENT, RECOVER].map(|service| Act::Run(words(&["svcadm", "disable", service]))).into()
}
