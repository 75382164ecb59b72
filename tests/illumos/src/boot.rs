//! The boot: what is persistent becomes active (facts §5.2, §10.11).
//!
//! Not simulated: move_addresses, which rescues the addresses of missing cards onto their group.

use crate::dialect::Dialect;
use crate::mpathd::Mpathd;
use crate::programs::{ifconfig, ipadm, route};
use crate::route::{DEFAULT_ROUTER, forget_unreachable, persistent};
use crate::state::{State, User, Zone};

/// Boots the host anew: what is temporary is gone, an offline member is back, the daemon starts afresh.
pub fn reboot(state: &mut State) {
    state.interfaces.clear();
    state.groups.clear();
    state.routes.clear();
    state.heads.clear();
    state.console.clear();
    state.next_index = 1;
    state.mpathd = Mpathd::default();
    for link in state.links.iter_mut().filter(|link| link.temporary) {
        link.present = false;
    }
    start(state);
}

pub(crate) fn start(state: &mut State) {
    state.add_loopback();
    // Boot is root's work, whoever the tests act as.
    let user = std::mem::replace(&mut state.user, User::root());
    if state.dialect.has_ipmp_service() && state.zone != Zone::SharedIp {
        crate::mpathd::start(state);
    }
    let files = if state.dialect.has_hostname_files() { hostname_files(state) } else { Vec::new() };
    let is_group =
        |file: &&HostnameFile| file.lines.first().is_some_and(|line| line.split_whitespace().next() == Some("ipmp"));
    for file in files.iter().filter(is_group) {
        run(state, &file.interface, file.family, &["ipmp"]);
    }
    for file in files.iter().filter(|file| !is_group(file)) {
        run(state, &file.interface, file.family, &["plumb"]);
    }
    if state.dialect != Dialect::Solaris10 {
        enable_interfaces(state, &files);
    }
    let (groups, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_group(file));
    for file in groups.into_iter().chain(others) {
        configure(state, file);
    }
    crate::clock::settle(state);
    if state.dialect.has_hostname_files() {
        leases(state);
    }
    crate::clock::settle(state);
    routers(state);
    state.user = user;
    crate::clock::settle(state);
}

/// /etc/hostname.IF or /etc/hostname6.IF.
struct HostnameFile {
    interface: String,
    family: &'static str,
    lines: Vec<String>,
}

/// The files whose names end in a digit (facts §5.1).
fn hostname_files(state: &State) -> Vec<HostnameFile> {
    let file = |(path, text): (&String, &String)| {
        let (family, interface) = match path.strip_prefix("etc/hostname.") {
            Some(interface) => ("inet", interface),
            None => ("inet6", path.strip_prefix("etc/hostname6.")?),
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        interface.ends_with(|c: char| c.is_ascii_digit()).then(|| HostnameFile {
            interface: interface.to_owned(),
            family,
            lines,
        })
    };
    let mut files: Vec<_> = state.files.iter().filter_map(file).collect();
    files.sort_by_key(|file| file.family);
    files
}

fn run(state: &mut State, interface: &str, family: &str, words: &[&str]) {
    let words: Vec<&str> = [interface, family].into_iter().chain(words.iter().copied()).collect();
    let output = ifconfig::run(state, &words);
    let text = output.stderr();
    state.console.extend(text.lines().map(str::to_owned));
}

fn enable_interfaces(state: &mut State, files: &[HostnameFile]) {
    let stored: Vec<String> = state.database.interfaces.iter().map(|stored| stored.name.clone()).collect();
    for name in stored {
        if files.iter().any(|file| file.interface == name) {
            // Facts §5.1.
            state
                .console
                .push(format!("found /etc/hostname.{name} or /etc/hostname6.{name}, ignoring ipadm configuration"));
        } else {
            let _ = ipadm::interface::enable_if(state, &name);
        }
    }
}

/// A single line of IPv4 gets netmask, broadcast and up appended; several are passed as they are (facts §5.2), and so are
/// those of IPv6, after which net-physical switches the interface on.
fn configure(state: &mut State, file: &HostnameFile) {
    for line in &file.lines {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"ipmp") {
            words.remove(0);
        }
        if file.lines.len() == 1 && file.family == "inet" {
            words.extend(["netmask", "+", "broadcast", "+", "up"]);
        }
        run(state, &file.interface, file.family, &words);
    }
    if file.family == "inet6" {
        run(state, &file.interface, file.family, &["up"]);
    }
}

/// The files /etc/dhcp.IF whose names end in a digit (net-physical): the first interface, or the one whose file says
/// `primary`, is started before the others, which nobody waits for.
fn leases(state: &mut State) {
    let client = |(path, text): (&String, &String)| {
        let interface = path.strip_prefix("etc/dhcp.")?;
        interface.ends_with(|c: char| c.is_ascii_digit()).then(|| (interface.to_owned(), text.clone()))
    };
    let mut clients: Vec<_> = state.files.iter().filter_map(client).collect();
    clients.sort_by_key(|(_, text)| !text.split_whitespace().any(|word| word == "primary"));
    for (place, (interface, text)) in clients.iter().enumerate() {
        let begin = if place == 0 { &["auto-dhcp", "primary"][..] } else { &["dhcp", "start", "wait", "0"] };
        let words: Vec<&str> = begin.iter().copied().chain(text.split_whitespace()).collect();
        run(state, interface, "inet", &words);
    }
}

fn routers(state: &mut State) {
    let gateways = state.files.get(DEFAULT_ROUTER).cloned().unwrap_or_default();
    for gateway in gateways.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        route::add_line(state, &["default", gateway]);
    }
    for line in persistent(state) {
        route::add_line(state, &line.split_whitespace().collect::<Vec<_>>());
    }
    forget_unreachable(state);
}
