//! A machine of the lab: what is laid over its files, how it is booted, and what it showed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The file of the story, word for word.
pub(crate) const HOME_LAN: &str = include_str!("../home-lan.toml");

/// The kernel to boot.
pub(crate) fn kernel() -> Option<String> {
    std::env::var("MPATH_TEST_BOOT").ok().filter(|kernel| !kernel.is_empty())
}

/// The root of a system in which mpath's package is installed and a group is enabled: `packaging/test-deb` makes it.
pub(crate) fn installed() -> Option<PathBuf> {
    std::env::var_os("MPATH_TEST_INSTALLED").filter(|root| !root.is_empty()).map(PathBuf::from)
}

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A switch with a host behind it, and cables to these interfaces of ours, before anything of the network begins.
const CABLES: &str = r#"
modprobe -a veth bridge
ip netns add sw
# A bridge without an address of its own takes the lowest of its ports', which come and go: whoever knows it would lose it.
ip -n sw link add br0 address 02:00:00:00:00:24 type bridge
ip -n sw link set br0 up
ip -n sw address add 192.168.1.24/24 dev br0
for card; do
    # Its name, and perhaps "address" and its MAC address.
    set -- $card
    name=$1
    ip link add "$@" type veth peer name to-$name netns sw
    ip -n sw link set to-$name master br0 up
done
# The switch outlives the names of namespaces, which a shutdown unmounts, and systemd spares processes that begin so.
ip netns exec sw bash -c 'exec -a @lab-switch sleep infinity' </dev/null >/dev/null 2>&1 &
"#;

/// What a machine says in the kernel's log when nothing is left to be stopped: what was noted in `/run/lab/said`, what is left
/// of mpath, and when it is.
pub(crate) const LAST_WORDS: &str = r#"
exec >/dev/kmsg
[ -e /run/lab/said ] && echo "<3>$(</run/lab/said)"
for program in /proc/[0-9]*/exe; do
    case $(readlink "$program") in */mpath) echo "<3>left: $(tr '\0' ' ' <"${program%exe}cmdline")" ;; esac
done
echo "<3>group: $(ip -4 -brief address show bond0)"
echo "<3>active: $(cat /sys/class/net/bond0/bonding/active_slave)"
echo "<3>ping: $(ping -c 1 -w 20 192.168.1.24 | grep received)"
read -r up _ </proc/uptime
echo "<3>end=${up%.*}"
"#;

/// What is laid over a machine's files.
pub(crate) struct Tree {
    directory: TempDir,
    /// The system that it is laid over, where that is not the machine's own.
    root: Option<PathBuf>,
}

impl Tree {
    /// mpath and its units, the story's group, and cables to these interfaces.
    pub(crate) fn new(cards: &[&str]) -> Self {
        let tree = Self::over(None, cards);
        for entry in fs::read_dir(repository("packaging/systemd")).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            tree.file(&format!("usr/lib/systemd/system/{name}"), &fs::read_to_string(entry.path()).unwrap());
        }
        tree.program();
        tree
    }

    /// mpath and the story's group.
    pub(crate) fn program(&self) {
        fs::create_dir_all(self.path("usr/bin")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_mpath"), self.path("usr/bin/mpath")).unwrap();
        self.file("etc/mpath/home-lan.toml", HOME_LAN);
    }

    /// Just the cables, over a system that has mpath, or is to get it.
    pub(crate) fn over(root: Option<PathBuf>, cards: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("mpath-boot").tempdir_in("/tmp").unwrap();
        let tree = Self { directory, root };
        tree.file("etc/lab-cables", CABLES);
        tree.unit(
            "lab-cables.service",
            &format!(
                "[Unit]\nDefaultDependencies=no\nWants=network-pre.target\nBefore=network-pre.target\n\
                 [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/bash /etc/lab-cables {}\n",
                cards.iter().map(|card| format!("\"{card}\"")).collect::<Vec<_>>().join(" ")
            ),
        );
        tree
    }

    /// A path in it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file, and makes the folders that it is in.
    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        // Whatever the umask of whoever runs this.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(self.directory.path())) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Writes a file that is run.
    pub(crate) fn program_file(&self, path: &str, text: &str) {
        self.file(path, text);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A unit that every boot starts.
    pub(crate) fn unit(&self, name: &str, text: &str) {
        self.file(&format!("etc/systemd/system/{name}"), text);
        let wants = self.path("etc/systemd/system/multi-user.target.wants");
        fs::create_dir_all(&wants).unwrap();
        symlink(format!("../{name}"), wants.join(name)).unwrap();
    }

    /// Adds the files of packages, under a name for the lab's cache.
    pub(crate) fn unpack(&self, name: &str, packages: &[&str]) {
        let from = unpacked(name, packages).join("root/.");
        let copied = Command::new("cp").arg("-a").arg(from).arg(self.directory.path()).status().unwrap();
        assert!(copied.success());
    }

    /// Runs mpath on it, here.
    pub(crate) fn mpath(&self, words: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
        let output = command.args(words.split(' ')).arg("--root").arg(self.directory.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Boots, and runs a script in the end.
    pub(crate) fn boot(&self, script: &str) -> Seen {
        self.boot_with(&[], script)
    }

    /// The same, with options of the lab.
    pub(crate) fn boot_with(&self, options: &[&str], script: &str) -> Seen {
        self.run(options, &format!("systemctl is-system-running --wait >/dev/null\n{script}"))
    }

    /// Boots with options of the lab, runs a script when the first process gets to it, and lets the system shut down. What
    /// was written then, to the kernel's log, follows what the script wrote.
    pub(crate) fn shut_down(&self, options: &[&str], script: &str) -> Seen {
        let log = tempfile::NamedTempFile::new_in("/tmp").unwrap();
        let path = log.path().to_str().unwrap();
        // Seconds, as the last word says them, too.
        let script = format!("{script}\nread -r up _ </proc/uptime; echo shutdown=${{up%.*}}");
        let mut seen = self.run(&[options, &["--shutdown", "--log", path]].concat(), &script);
        let log = fs::read_to_string(path).unwrap();
        let (_, shutdown) = log.split_once(" shuts down\n").unwrap_or_else(|| panic!("no shutdown: {log}\n{seen:?}"));
        // The kernel's own lines have its time before them, and end as those of a terminal do.
        let said = shutdown.lines().map(|line| line.rsplit_once("] ").map_or(line, |(_, said)| said).trim_end());
        seen.stdout.extend(said.flat_map(|line| [line, "\n"]));
        seen
    }

    /// Boots with options of the lab, and runs a script when the first process gets to it.
    pub(crate) fn run(&self, options: &[&str], script: &str) -> Seen {
        let mut command = Command::new(repository("tests/lab/run"));
        command.arg("-k").arg(kernel().unwrap()).args(["-t", "240", "--boot"]).arg(self.directory.path());
        if let Some(root) = &self.root {
            command.arg("--root").arg(root);
        }
        command.args(options);
        command.args(["/bin/bash", "-c", script]);
        Seen::of(&command.output().unwrap())
    }
}

/// The folder with the files of packages.
pub(crate) fn unpacked(name: &str, packages: &[&str]) -> PathBuf {
    let output = Command::new(repository("tests/lab/unpack")).arg(name).args(packages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// What a machine wrote.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Seen {
    /// What was written by a machine that ended well.
    #[track_caller]
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
        Self { stdout, stderr }
    }

    /// Looks for something.
    #[track_caller]
    pub(crate) fn has(&self, what: &str) -> &Self {
        assert!(self.stdout.contains(what), "not seen: {what}\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The group worked until everything had stopped, nothing of mpath's was left by then, and nothing was waited for.
    #[track_caller]
    pub(crate) fn shut_down_well(&self) -> &Self {
        self.has("active: eth").has("192.168.1.34/24").has("ping: 1 packets transmitted, 1 received").has_no("left: ");
        // What does not stop is waited for for 90 s by systemd, and for as long as a supervisor of OpenRC's likes.
        let took = self.number("end") - self.number("shutdown");
        assert!(took < 60, "{took} s: {self:?}");
        self
    }

    /// Looks for something that should not be there.
    #[track_caller]
    pub(crate) fn has_no(&self, what: &str) -> &Self {
        assert!(!self.stdout.contains(what), "seen: {what}\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The number behind a word at the beginning of a line.
    #[track_caller]
    pub(crate) fn number(&self, word: &str) -> u64 {
        let rest = self.stdout.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix('='));
        rest.unwrap_or_else(|| panic!("no {word}\n{}", self.stdout)).trim().parse().unwrap()
    }
}
