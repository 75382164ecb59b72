//! The files of modprobe.d(5) that hold.

use std::collections::BTreeMap;

use mpath_core::import::Files;

/// Where they lie, from the strongest to the weakest: a file hides those of the same name in later folders.
const FOLDERS: [&str; 4] = ["etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d"];

/// The files that hold, in their order: each path, and its text.
pub(crate) fn texts(files: &dyn Files) -> Vec<(String, String)> {
    let mut paths = BTreeMap::new();
    for folder in FOLDERS {
        for name in files.list(folder).into_iter().filter(|name| name.ends_with(".conf")) {
            paths.entry(name.clone()).or_insert(format!("{folder}/{name}"));
        }
    }
    paths.into_values().filter_map(|path| Some((path.clone(), files.read(&path)?))).collect()
}

/// Files of an administrator's that held before names had to end in `.conf`, and hold no more: each path, and its text. What
/// has `.conf` in its name is somebody's copy.
pub(crate) fn passed_over(files: &dyn Files) -> Vec<(String, String)> {
    let of = |folder: String| files.list(&folder).into_iter().map(move |name| (format!("{folder}/{name}"), name));
    let all = of(FOLDERS[0].to_owned()).chain(of(format!("{}/arch", FOLDERS[0])));
    let old = all.filter(|(_, name)| !name.contains(".conf")).map(|(path, _)| path);
    old.filter_map(|path| Some((path.clone(), files.read(&path)?))).collect()
}
