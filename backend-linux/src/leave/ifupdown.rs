//! ifupdown: its stanzas of the group's device become comments, and members get nothing by theirs (interfaces(5)).
//!
//! A stanza of a member stays as `manual`, with what keeps a radio associated (`wpa-…`, `wireless-…`). It has no daemon: what is
//! in its files counts when it is called the next time. ifupdown2 remembers what it has brought up, and `ifreload -a` takes
//! down what is in its files no more (`ifupdownmain.py`, `reload`): it has to forget, and then learns the others anew.

use std::collections::BTreeMap;

use mpath_core::InterfaceName;
use mpath_core::adoption::{FileChange, LeaveAlone};
use mpath_core::import::Files;
use mpath_core::shell::word;

use crate::format::interfaces::{self, Kind, Line, Stanza};

/// What stands before a line of theirs that does not count any more.
const OUT: &str = "# left to mpath: ";

/// What becomes of a line, by its number from 1: it is put out, and another may stand in its place.
type Edits = BTreeMap<usize, Option<String>>;

/// Where ifupdown2 keeps what it has brought up, unless its own file says otherwise (`statemanager.py`).
const STATE: &str = "/var/tmp/network/";

pub(super) fn leave(files: &dyn Files, devices: &[&InterfaceName], members: &[&InterfaceName]) -> Option<LeaveAlone> {
    let is = |names: &[&InterfaceName], name: &str| names.iter().any(|known| known.as_str() == name);
    let mut by_file: BTreeMap<String, Edits> = BTreeMap::new();
    for stanza in interfaces::read(files) {
        let edits = by_file.entry(stanza.origin.file.clone()).or_default();
        match &stanza.kind {
            Kind::Iface { name, .. } if is(devices, name) => out(edits, stanza.origin.line.unwrap_or(1), stanza.last),
            Kind::Iface { name, .. } if is(members, name) => member(edits, &stanza),
            Kind::Auto(names) if names.iter().any(|name| is(devices, name)) => {
                auto(edits, &stanza, |name| is(devices, name))
            }
            _ => {}
        }
    }
    let changes: Vec<_> = by_file.into_iter().filter_map(|(file, edits)| change(files, &file, &edits)).collect();
    let ifupdown2 = files.read("etc/network/ifupdown2/ifupdown2.conf");
    let ifupdown2 = ifupdown2.map(|text| {
        let said = text.lines().find_map(|line| line.trim().strip_prefix("state_dir=")).map(str::trim);
        let folder = said.filter(|folder| !folder.is_empty()).unwrap_or(STATE);
        let state = format!("{}/ifstatenew", folder.trim_end_matches('/'));
        [format!("rm -f {}", word(&state)), "ifreload -a".to_owned()]
    });
    let tool = if ifupdown2.is_some() { "ifupdown2" } else { "ifupdown" }.to_owned();
    (!changes.is_empty()).then(|| LeaveAlone {
        tool,
        files: changes,
        reload: ifupdown2.into_iter().flatten().collect(),
        by_hand: vec![],
    })
}

fn out(edits: &mut Edits, first: usize, last: usize) {
    (first..=last).for_each(|number| drop(edits.insert(number, None)));
}

fn member(edits: &mut Edits, stanza: &Stanza) {
    let gives = stanza.gives();
    for (place, line) in stanza.lines.iter().enumerate() {
        let goes = if gives { !keeps_radio(line) } else { is_of_the_bond(line) };
        if let Some(first) = line.origin.line.filter(|_| goes) {
            // A line goes on up to where the next one begins; comments between stay comments.
            let next = stanza.lines.get(place + 1).and_then(|next| next.origin.line);
            out(edits, first, next.map_or(stanza.last, |next| next - 1));
        }
    }
    if let (Kind::Iface { name, family, .. }, Some(first), true) = (&stanza.kind, stanza.origin.line, gives) {
        let end = stanza.lines.first().and_then(|line| line.origin.line).map_or(stanza.last, |next| next - 1);
        out(edits, first, end);
        edits.insert(first, Some(format!("iface {name} {} manual", family.as_deref().unwrap_or("inet"))));
    }
}

/// Options of ifenslave, and its command.
fn is_of_the_bond(line: &Line) -> bool {
    line.key.starts_with("bond-") || line.key.starts_with("bond_") || line.value.contains("ifenslave")
}

fn keeps_radio(line: &Line) -> bool {
    line.key.starts_with("wpa-") || line.key.starts_with("wireless-")
}

fn auto(edits: &mut Edits, stanza: &Stanza, goes: impl Fn(&str) -> bool) {
    let (Kind::Auto(names), Some(first)) = (&stanza.kind, stanza.origin.line) else { return };
    let keyword = stanza.origin.text.split_whitespace().next().unwrap_or("auto");
    let others: Vec<_> = names.iter().map(String::as_str).filter(|name| !goes(name)).collect();
    out(edits, first, stanza.last);
    edits.insert(first, (!others.is_empty()).then(|| format!("{keyword} {}", others.join(" "))));
}

fn change(files: &dyn Files, file: &str, edits: &Edits) -> Option<FileChange> {
    let before = files.read(file)?;
    let mut after = String::new();
    for (number, line) in (1..).zip(before.split_inclusive('\n')) {
        let counts = !line.trim().is_empty() && !line.trim_start().starts_with('#');
        match edits.get(&number).filter(|_| counts) {
            None => after += line,
            Some(instead) => {
                after += OUT;
                // A backslash at its end would let the comment go on over the next line.
                after += line.trim_end().trim_end_matches('\\').trim_end();
                after.push('\n');
                instead.iter().for_each(|line| after += &format!("{line}\n"));
            }
        }
    }
    (after != before).then(|| FileChange { path: format!("/{file}").into(), before: Some(before), after })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERFACES: &str = "\
source /etc/network/interfaces.d/*
auto lo bond0 eth1
iface lo inet loopback

# the two
iface bond0 inet static
    address 192.168.1.34/24
    # so
    bond-slaves eth1 \\
        wlan0
    bond-miimon 100

iface eth1 inet manual
    bond-master bond0
    mtu 1500
iface bond0 inet6 auto
iface eth2 inet dhcp
";
    const RADIO: &str = "auto wlan0\niface wlan0 inet dhcp\n    wpa-conf /etc/wpa.conf\n    metric 7\n";

    fn leave_those(files: &BTreeMap<String, String>) -> Option<LeaveAlone> {
        let [bond0, eth1, wlan0] = ["bond0", "eth1", "wlan0"].map(|name| InterfaceName::new(name).unwrap());
        leave(files, &[&bond0], &[&eth1, &wlan0])
    }

    #[test]
    fn the_device_goes_and_members_get_nothing() {
        let text = |text: &str| text.to_owned();
        let files = [("etc/network/interfaces", INTERFACES), ("etc/network/interfaces.d/radio", RADIO)];
        let files = BTreeMap::from(files.map(|(file, content)| (text(file), text(content))));
        let left = leave_those(&files).unwrap();
        let wanted = "\
source /etc/network/interfaces.d/*
# left to mpath: auto lo bond0 eth1
auto lo eth1
iface lo inet loopback

# the two
# left to mpath: iface bond0 inet static
# left to mpath:     address 192.168.1.34/24
    # so
# left to mpath:     bond-slaves eth1
# left to mpath:         wlan0
# left to mpath:     bond-miimon 100

iface eth1 inet manual
# left to mpath:     bond-master bond0
    mtu 1500
# left to mpath: iface bond0 inet6 auto
iface eth2 inet dhcp
";
        let radio = "auto wlan0\n# left to mpath: iface wlan0 inet dhcp\niface wlan0 inet manual\n    wpa-conf /etc/wpa.conf\n\
            # left to mpath:     metric 7\n";
        let found: BTreeMap<_, _> =
            left.files.iter().map(|file| (file.path.to_str().unwrap(), file.after.as_str())).collect();
        let expected = [("/etc/network/interfaces", wanted), ("/etc/network/interfaces.d/radio", radio)];
        assert_eq!(found, BTreeMap::from(expected));
        assert!(
            left.files.iter().all(
                |file| files[file.path.to_str().unwrap().trim_start_matches('/')] == *file.before.as_ref().unwrap()
            )
        );

        assert_eq!((left.tool.as_str(), left.reload.len()), ("ifupdown", 0));
        let mut of_ifupdown2 = files.clone();
        of_ifupdown2.insert(text("etc/network/ifupdown2/ifupdown2.conf"), text("# \nstate_dir=/run/its state/\n"));
        let left_by_that = leave_those(&of_ifupdown2).unwrap();
        assert_eq!((left_by_that.tool.as_str(), &left_by_that.files), ("ifupdown2", &left.files));
        assert_eq!(left_by_that.reload, ["rm -f '/run/its state/ifstatenew'", "ifreload -a"]);

        // Once it is so, there is nothing more to be said.
        let again =
            left.files.into_iter().map(|file| (file.path.to_str().unwrap()[1..].to_owned(), file.after)).collect();
        assert_eq!(leave_those(&again), None);
    }
}
