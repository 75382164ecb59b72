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
use std::sync::{Arc, Mutex, PoisonError};
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
    /// The state itself, where no program outside of this process needs it.
    memory: Option<Arc<Mutex<State>>>,
}

impl Store {
    /// Lays out a host.
    pub fn create(directory: &Path, binary: &Path, state: &State) -> io::Result<Self> {
        let store = Self::at(directory);
        for place in PLACES {
            let place = store.root_dir().join(place);
            fs::create_dir_all(&place)?;
            for program in state.dialect.programs() {
                std::os::unix::fs::symlink(binary, place.join(program))?;
            }
        }
        store.make_directories()?;
        store.save(state)?;
        Ok(store)
    }

    /// Lays out a host whose programs run in this process alone: its state needs no file.
    pub fn in_memory(directory: &Path, state: State) -> io::Result<Self> {
        let store = Self::at(directory);
        store.make_directories()?;
        store.save_files(&state)?;
        Ok(Self { memory: Some(Arc::new(Mutex::new(state))), ..store })
    }

    fn make_directories(&self) -> io::Result<()> {
        let parts = READ.into_iter().chain(["etc/ipadm", "var/adm"]);
        parts.map(|part| self.root_dir().join(part)).try_for_each(fs::create_dir_all)
    }

    /// The host that a program belongs to: the nearest directory above it with a state file.
    pub fn above(program: &Path) -> Option<Self> {
        let found = program.ancestors().skip(1).find(|directory| directory.join("state.json").is_file())?;
        Some(Self::at(found))
    }

    /// The host in that directory.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), memory: None }
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
        if let Some(memory) = &self.memory {
            let mut state = memory.lock().unwrap_or_else(PoisonError::into_inner);
            self.load_files(&mut state)?;
            let before = (state.files.clone(), state.database.clone());
            let value = work(&mut state);
            if (&state.files, &state.database) != (&before.0, &before.1) {
                self.save_files(&state)?;
            }
            return Ok(value);
        }
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
        self.load_files(&mut state)?;
        Ok(state)
    }

    fn load_files(&self, state: &mut State) -> io::Result<()> {
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
        Ok(())
    }

    fn save(&self, state: &State) -> io::Result<()> {
        self.save_files(state)?;
        replace(&self.directory.join("state.json"), &serde_json::to_vec_pretty(&state)?)
    }

    fn save_files(&self, state: &State) -> io::Result<()> {
        let root = self.root_dir();
        let database = (crate::database::FILE.to_owned(), state.database.text());
        let others = state.files.iter().filter(|(name, _)| **name != database.0);
        for (name, text) in others.chain([(&database.0, &database.1)]) {
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
        Ok(())
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
