//! The state file, its lock, and the directory tree around it. The only part of the simulator that touches files.
//!
//! ```text
//! DIRECTORY/state.json             the state; found from the programs by going up
//! DIRECTORY/lock                   held while a program runs
//! DIRECTORY/root/usr/sbin/ipadm    symlinks to the multi-call binary, also in sbin and usr/bin
//! DIRECTORY/root/etc/default/mpathd, …  the files of the host
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::state::State;

/// Files of the host that only the programs write; what stands in them by hand is overwritten.
const WRITTEN: [&str; 2] = [crate::database::FILE, crate::mpathd::MESSAGES];
/// Directories whose files the programs read.
const READ: [&str; 3] = ["etc", "etc/default", "etc/inet"];
/// Where the programs stand.
const PLACES: [&str; 3] = ["usr/sbin", "sbin", "usr/bin"];
/// A lock that is older was left by a program that was killed.
const STALE: Duration = Duration::from_secs(20);

/// A simulated host on disk.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// Lays out a host.
    pub fn create(directory: &Path, binary: &Path, state: &State) -> io::Result<Self> {
        let store = Self { directory: directory.to_owned() };
        for place in PLACES {
            let place = store.root_dir().join(place);
            fs::create_dir_all(&place)?;
            for program in state.dialect.programs() {
                std::os::unix::fs::symlink(binary, place.join(program))?;
            }
        }
        for part in READ.into_iter().chain(["etc/ipadm", "var/adm"]) {
            fs::create_dir_all(store.root_dir().join(part))?;
        }
        store.save(state)?;
        Ok(store)
    }

    /// The host that a program belongs to: the nearest directory above it with a state file.
    pub fn above(program: &Path) -> Option<Self> {
        let found = program.ancestors().skip(1).find(|directory| directory.join("state.json").is_file())?;
        Some(Self { directory: found.to_owned() })
    }

    /// The host in that directory.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Where the programs are.
    pub fn bin_dir(&self) -> PathBuf {
        self.root_dir().join(PLACES[0])
    }

    /// Where the host's files are.
    pub fn root_dir(&self) -> PathBuf {
        self.directory.join("root")
    }

    /// Runs something on the state, alone; what it leaves is written.
    pub fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let _lock = Lock::take(self.directory.join("lock"))?;
        let mut state = self.load()?;
        let before = state.clone();
        let value = work(&mut state);
        if state != before {
            self.save(&state)?;
        }
        Ok(value)
    }

    /// Empties what is in memory: /var/run is a tmpfs (filesystem(7)).
    pub fn empty_memory(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.root_dir().join("var/run")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    fn load(&self) -> io::Result<State> {
        let mut state: State = serde_json::from_slice(&fs::read(self.directory.join("state.json"))?)?;
        let written = WRITTEN.into_iter().filter_map(|name| state.files.remove_entry(name));
        let mut files: BTreeMap<String, String> = written.collect();
        for part in READ {
            for entry in fs::read_dir(self.root_dir().join(part))? {
                let entry = entry?;
                let name = format!("{part}/{}", entry.file_name().to_string_lossy());
                if entry.file_type()?.is_file() && !WRITTEN.contains(&name.as_str()) {
                    files.insert(name, fs::read_to_string(entry.path())?);
                }
            }
        }
        state.files = files;
        Ok(state)
    }

    fn save(&self, state: &State) -> io::Result<()> {
        let root = self.root_dir();
        let mut state = state.clone();
        state.files.insert(crate::database::FILE.to_owned(), state.database.text());
        for (name, text) in &state.files {
            let path = root.join(name);
            if fs::read_to_string(&path).is_ok_and(|there| there == *text) {
                continue;
            }
            replace(&path, text.as_bytes())?;
        }
        for part in READ {
            for entry in fs::read_dir(root.join(part))? {
                let entry = entry?;
                let name = format!("{part}/{}", entry.file_name().to_string_lossy());
                if entry.file_type()?.is_file() && !state.files.contains_key(&name) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        replace(&self.directory.join("state.json"), &serde_json::to_vec_pretty(&state)?)
    }
}

/// Writes a file so that a reader sees the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new~");
    fs::write(&fresh, bytes)?;
    fs::rename(&fresh, path)
}

/// A lock file that is there while a program runs. Not flock(2), which not every target has.
struct Lock(PathBuf);

impl Lock {
    fn take(path: PathBuf) -> io::Result<Self> {
        loop {
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let age = fs::metadata(&path).and_then(|file| file.modified()).ok();
                    if age.and_then(|made| SystemTime::now().duration_since(made).ok()).is_some_and(|age| age > STALE) {
                        let _ = fs::remove_file(&path);
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
