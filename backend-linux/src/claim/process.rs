//! Programs that were started for an interface: DHCP clients and wpa_supplicant.

use std::fs;

use mpath_core::finding::{Cure, Evidence};
use mpath_core::shell::word;
use mpath_core::{InterfaceName, Snapshot};

use crate::facts::{Claim, Claimant};
use crate::sysfs::Root;

/// The clients that are known; what else asks for addresses has another way to be found.
const CLIENTS: [&str; 3] = ["dhcpcd", "dhclient", "udhcpc"];

/// A process of this network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Its program, without a folder.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) words: Vec<String>,
}

impl Process {
    /// A command line as `/proc/PID/cmdline` has it: words divided by NUL, or by blanks where a title was set.
    pub(crate) fn parse(pid: u32, line: &str) -> Option<Self> {
        let mut words = line.split(['\0', ' ']).filter(|word| !word.is_empty());
        let program = words.next()?.trim_end_matches(':').rsplit('/').next()?.to_owned();
        Some(Self { pid, program, words: words.map(str::to_owned).collect() })
    }

    /// The values of an option with one letter, written with a blank or without.
    fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        let next = self.words.windows(2).filter(move |pair| pair[0] == option).map(|pair| pair[1].as_str());
        let joined =
            self.words.iter().filter_map(move |word| word.strip_prefix(option)).filter(|rest| !rest.is_empty());
        next.chain(joined)
    }

    fn evidence(&self) -> Evidence {
        let line = std::iter::once(&self.program).chain(&self.words).cloned().collect::<Vec<_>>().join(" ");
        Evidence { source: format!("/proc/{}/cmdline", self.pid), line: None, seen: line }
    }
}

/// What the processes of this host claim.
pub(super) fn claims(root: &Root, snapshot: &Snapshot) -> Vec<Claim> {
    let denied = fs::read_to_string(root.path("etc/dhcpcd.conf")).unwrap_or_default();
    let processes = running(root);
    let mut claims = Vec::new();
    for (name, interface) in &snapshot.interfaces {
        if interface.membership().is_some() {
            claims.extend(processes.iter().find_map(|process| dhcp_client(process, name, &denied)));
        }
        if interface.group().is_some() {
            claims.extend(processes.iter().find_map(|process| supplicant(process, name)));
        }
    }
    claims
}

/// The DHCP clients that run for interfaces, by the names of their programs.
pub(super) fn clients<'n>(root: &Root, names: impl Iterator<Item = &'n InterfaceName>) -> Vec<(InterfaceName, String)> {
    let denied = fs::read_to_string(root.path("etc/dhcpcd.conf")).unwrap_or_default();
    let processes = running(root);
    let of = |name: &InterfaceName| {
        let client = processes.iter().find(|process| dhcp_client(process, name, &denied).is_some());
        client.map(|process| (name.clone(), process.program.clone()))
    };
    names.filter_map(of).collect()
}

fn running(root: &Root) -> Vec<Process> {
    let Ok(folder) = fs::read_dir(root.path("proc")) else { return Vec::new() };
    let known = |process: &Process| CLIENTS.contains(&process.program.as_str()) || process.program == "wpa_supplicant";
    let process = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        Process::parse(pid, &fs::read_to_string(entry.path().join("cmdline")).ok()?)
    };
    let found = folder.flatten().filter_map(process).filter(known);
    found.filter(|process| root.in_this_network(&process.pid.to_string())).collect()
}

/// A client that was started for the interface, or for all.
pub(crate) fn dhcp_client(process: &Process, name: &InterfaceName, dhcpcd_conf: &str) -> Option<Claim> {
    if !CLIENTS.contains(&process.program.as_str()) {
        return None;
    }
    let named =
        process.words.iter().any(|word| word == name.as_str()) || process.values("-i").any(|i| i == name.as_str());
    // Its own title: `dhcpcd: [manager] [ip4] [ip6]`, before version 10 `[master]`.
    let is_manager = |word: &String| matches!(word.as_str(), "[manager]" | "[master]");
    let for_all = process.program == "dhcpcd" && process.words.iter().any(is_manager) && !denies(dhcpcd_conf, name);
    let end = Cure { text: "end it".to_owned(), commands: vec![format!("kill {}", process.pid)] };
    let deny = Cure {
        text: "let it leave the interface alone (dhcpcd.conf(5)), and begin anew".to_owned(),
        commands: vec![
            format!("echo 'denyinterfaces {name}' >> /etc/dhcpcd.conf"),
            "systemctl restart dhcpcd || dhcpcd -x; pgrep -x dhcpcd > /dev/null || dhcpcd -b".to_owned(),
        ],
    };
    let cure = match (for_all, named) {
        (true, _) => deny,
        (false, true) => end,
        (false, false) => return None,
    };
    let flush = Cure {
        text: "and take away what it has given already".to_owned(),
        commands: vec![format!("ip address flush dev {} scope global", word(name.as_str()))],
    };
    let (by, interface, evidence) = (Claimant::DhcpClient, name.clone(), vec![process.evidence()]);
    Some(Claim { by, interface, evidence, cure: vec![cure, flush] })
}

/// Whether dhcpcd is told to leave an interface alone; patterns of shells are taken by their beginning.
fn denies(conf: &str, name: &InterfaceName) -> bool {
    let lists = conf.lines().filter_map(|line| line.trim().strip_prefix("denyinterfaces"));
    lists.flat_map(str::split_whitespace).any(|pattern| match pattern.split_once('*') {
        Some((beginning, _)) => name.as_str().starts_with(beginning),
        None => pattern == name.as_str(),
    })
}

/// A wpa_supplicant that was given the group's device, as an interface or as a bridge.
pub(crate) fn supplicant(process: &Process, device: &InterfaceName) -> Option<Claim> {
    let is_device = |option| process.values(option).any(|value| value == device.as_str());
    if process.program != "wpa_supplicant" || !(is_device("-i") || is_device("-b")) {
        return None;
    }
    let text = "end it, and start it for the radio alone, without -b";
    let cure = Cure { text: text.to_owned(), commands: vec![format!("kill {}", process.pid)] };
    let (by, interface, evidence) = (Claimant::WpaSupplicant, device.clone(), vec![process.evidence()]);
    Some(Claim { by, interface, evidence, cure: vec![cure] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(line: &str) -> Process {
        Process::parse(7, line).unwrap()
    }

    #[test]
    fn a_client_is_known_by_the_interface_that_it_was_started_for() {
        let eth0: InterfaceName = "eth0".parse().unwrap();
        for line in ["/sbin/dhclient\0-4\0eth0\0", "udhcpc\0-b\0-ieth0\0", "dhcpcd: eth0 [ip4]"] {
            let claim = dhcp_client(&process(line), &eth0, "").unwrap();
            assert_eq!(claim.cure[0].commands, ["kill 7"], "{line}");
        }
        for line in ["dhclient\0eth1\0", "sh\0eth0\0", "dhcpcd: [privileged proxy]"] {
            assert!(dhcp_client(&process(line), &eth0, "").is_none(), "{line}");
        }
    }

    #[test]
    fn a_dhcpcd_for_all_interfaces_is_told_to_leave_one_out() {
        let eth0: InterfaceName = "eth0".parse().unwrap();
        let manager = process("dhcpcd: [manager] [ip4] [ip6]");
        assert!(dhcp_client(&manager, &eth0, "").unwrap().cure[0].commands[0].contains("denyinterfaces eth0"));
        assert!(dhcp_client(&manager, &eth0, "denyinterfaces eth1 eth*\n").is_none());
        assert!(dhcp_client(&manager, &eth0, "# denyinterfaces eth0\n").is_some());
    }

    #[test]
    fn a_supplicant_on_the_groups_device_is_found() {
        let bond0: InterfaceName = "bond0".parse().unwrap();
        assert!(supplicant(&process("wpa_supplicant\0-B\0-i\0wlan0\0-bbond0\0"), &bond0).is_some());
        assert!(supplicant(&process("/sbin/wpa_supplicant\0-ibond0\0"), &bond0).is_some());
        assert!(supplicant(&process("wpa_supplicant\0-iwlan0\0-c/etc/bond0\0"), &bond0).is_none());
    }
}
