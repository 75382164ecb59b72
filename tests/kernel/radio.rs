//! A laptop with a cable and a radio, and an access point: simulated radios (mac80211_hwsim), the real hostapd and the
//! real wpa_supplicant.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use nix::mount::{MsFlags, mount};

use crate::network::{PATIENCE, Segment, ip, read, succeed, wait_until};

/// The key of the wireless network.
pub(crate) const KEY: &str = "correct horse";

/// A switch with a cable to `eth1`, and beside it an access point, bridged with it, for `wlan0`.
pub(crate) struct Laptop {
    pub(crate) segment: Segment,
    folder: tempfile::TempDir,
    access_point: Option<Program>,
    station: Option<Program>,
    /// The numbers of the radios: ours, and that of the access point.
    radios: [u32; 2],
}

/// The laptop's own radio alone, which is called wlan0.
pub(crate) fn lone_radio() -> Segment {
    let segment = Segment::new(&["eth1"]);
    let [radio] = radios();
    take(radio);
    segment
}

/// Makes radios, which appear in the network of the first process.
fn radios<const COUNT: usize>() -> [u32; COUNT] {
    succeed("modprobe", &["-r", "mac80211_hwsim"]);
    succeed("modprobe", &["mac80211_hwsim", &format!("radios={COUNT}")]);
    let told = in_first("iw phy");
    let numbers = told.lines().filter_map(|line| line.trim().strip_prefix("wiphy index: ")?.parse().ok());
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers.try_into().unwrap_or_else(|found| panic!("{found:?}: {told}"))
}

fn in_first(words: &str) -> String {
    succeed("nsenter", &["-t", "1", "-n"].into_iter().chain(words.split(' ')).collect::<Vec<_>>())
}

/// Brings a radio here. By its number, as /sys, where iw would look its name up, is that of this test already.
fn take(radio: u32) {
    in_first(&format!("iw phy#{radio} set netns {}", nix::unistd::gettid()));
    wait_until("the radio is here", || ip("-o link").contains("wlan"));
    rename(&[], "wlan0");
}

/// Gives the only radio of a network a name.
fn rename(options: &[&str], name: &str) {
    let ip = |words: &[&str]| succeed("ip", &[options, words].concat());
    let links = ip(&["-o", "link"]);
    let found = links.split_whitespace().find(|word| word.starts_with("wlan")).unwrap().trim_end_matches(':');
    if found != name {
        ip(&["link", "set", found, "name", name]);
    }
}

impl Laptop {
    /// Everything but the access point and who looks for it.
    pub(crate) fn new() -> Self {
        let segment = Segment::new(&["eth1"]);
        let radios = radios();
        take(radios[0]);
        in_first(&format!("iw phy#{} set netns name sw", radios[1]));
        rename(&["-n", "sw"], "ap0");
        let folder = tempfile::Builder::new().prefix("radio").tempdir_in("/run").unwrap();
        std::fs::create_dir(folder.path().join("debug")).unwrap();
        let none = None::<&str>;
        mount(Some("debugfs"), &folder.path().join("debug"), Some("debugfs"), MsFlags::empty(), none).unwrap();
        Self { segment, folder, access_point: None, station: None, radios }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The access point goes on the air. With a filter it takes nobody but this laptop's radio, by its MAC address.
    pub(crate) fn serve(&mut self, filtered: bool) {
        let accepted = self.file("accepted", &format!("{}\n", read("/sys/class/net/wlan0/address")));
        let filter = match filtered {
            true => format!("macaddr_acl=1\naccept_mac_file={}\n", accepted.display()),
            false => String::new(),
        };
        let file = self.file(
            "hostapd.conf",
            &format!(
                "interface=ap0\nbridge=br0\nssid=lab\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=WPA-PSK\n\
                 rsn_pairwise=CCMP\nwpa_passphrase={KEY}\n{filter}"
            ),
        );
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "sw", "hostapd"]).arg(file);
        let access_point = self.access_point.insert(Program::start(command));
        access_point.wait_for("AP-ENABLED");
    }

    /// The laptop looks for its network from now on, with a key; `more` is for the head of the file.
    pub(crate) fn join(&mut self, key: &str, more: &str) {
        let control = self.folder.path().join("control");
        // Without scan_freq it looks on every channel first, which takes eight seconds.
        let text = format!(
            "ctrl_interface={}\n{more}\nnetwork={{\nssid=\"lab\"\npsk=\"{key}\"\nscan_freq=2412\n}}\n",
            control.display()
        );
        let file = self.file("wpa_supplicant.conf", &text);
        let mut command = Command::new("wpa_supplicant");
        command.args(["-D", "nl80211", "-i", "wlan0", "-c"]).arg(file);
        self.station = Some(Program::start(command));
    }

    /// Waits until wpa_supplicant says something.
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
        self.station.as_mut().unwrap().wait_for(words)
    }

    /// Lets go of the access point and comes back at once, as when it roams.
    pub(crate) fn associate_again(&mut self) {
        let control = self.folder.path().join("control");
        self.station.as_mut().unwrap().forget();
        assert!(succeed("wpa_cli", &["-p", control.to_str().unwrap(), "-i", "wlan0", "reassociate"]).contains("OK"));
        self.wait_for("CTRL-EVENT-CONNECTED");
    }

    /// Carries the laptop out of range, or back: radios of different groups do not hear each other.
    pub(crate) fn carry(&self, out_of_range: bool) {
        let file = format!("debug/ieee80211/phy{}/hwsim/group", self.radios[0]);
        std::fs::write(self.folder.path().join(file), if out_of_range { "2" } else { "1" }).unwrap();
    }
}

impl Drop for Laptop {
    fn drop(&mut self) {
        // Who uses the radios goes before them.
        (self.station, self.access_point) = (None, None);
        let none = nix::mount::MntFlags::MNT_DETACH;
        let _ = nix::mount::umount2(&self.folder.path().join("debug"), none);
    }
}

/// A program that runs beside a test, and what it says.
struct Program {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Program {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines) = channel();
        std::thread::spawn(move || said.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, heard: vec![] }
    }

    /// Waits until it says something, and returns the line.
    fn wait_for(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => self.heard.push(line),
                Err(_) => panic!("it never said {words}, but:\n{}", self.heard.join("\n")),
            }
        }
    }

    /// Passes over all that it has said.
    fn forget(&mut self) {
        self.heard.extend(self.lines.try_iter());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
