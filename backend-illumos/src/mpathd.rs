//! `/etc/default/mpathd`, the settings of in.mpathd.
//!
//! In: the text of the file. Out: what the daemon makes of it; and the text with other values. The settings hold for
//! every group of the host (in.mpathd(8)).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use mpath_core::Millis;
use mpath_core::settings::Failback;
use mpath_core::snapshot::HostWide;

/// Where the file is.
pub(crate) const FILE: &str = "etc/default/mpathd";
/// Where the file of before is kept.
pub(crate) const KEPT: &str = "etc/default/mpathd.before-mpath";

/// Intervals between probes within the failure detection time: five that must be lost, and two beside
/// (`mpd_defs.h`: an interval is the time divided by their sum).
pub(crate) const PROBES: u32 = 7;
/// `FAILURE_DETECTION_TIME` where the file says nothing.
const DEFAULT_TIME: u32 = 10_000;
/// The shortest that the daemon takes (`MIN_FAILURE_DETECTION_TIME`).
const LEAST_TIME: u32 = 100;

/// The settings that a file makes (`getdefault` in `mpd_main.c`: invalid values count as the default).
pub(crate) fn settings(text: &str) -> HostWide {
    let time = value(text, "FAILURE_DETECTION_TIME").and_then(|value| value.parse().ok()).unwrap_or(DEFAULT_TIME);
    let failback = match value(text, "FAILBACK") {
        Some(value) if value.eq_ignore_ascii_case("no") => Failback::Never,
        _ => Failback::Always,
    };
    HostWide { failback, probe_time: Millis::new(time.max(LEAST_TIME)) }
}

/// The settings of a host that nobody has changed.
pub fn shipped_settings() -> HostWide {
    settings("")
}

/// The value of a key: that of the first line that begins with it (`defread` in libc).
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim)
}

/// The keys and values that differ between two settings.
pub(crate) fn changes(from: &HostWide, to: &HostWide) -> Vec<(&'static str, String)> {
    let mut changes = Vec::new();
    if from.failback != to.failback {
        let word = if to.failback == Failback::Never { "no" } else { "yes" };
        changes.push(("FAILBACK", word.to_owned()));
    }
    if from.probe_time != to.probe_time {
        changes.push(("FAILURE_DETECTION_TIME", to.probe_time.get().to_string()));
    }
    changes
}

/// The text with other values; each key stands where it stood, or at the end.
pub(crate) fn with(text: &str, changes: &[(&'static str, String)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, value) in changes {
        let is_it = |line: &&mut String| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('='));
        let setting = format!("{key}={value}");
        match lines.iter_mut().find(is_it) {
            Some(line) => *line = setting,
            None => lines.push(setting),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Changes the file as a whole or not at all, and keeps the one of before beside it.
pub(crate) fn write(root: &Path, changes: &[(&'static str, String)]) -> io::Result<()> {
    let path = root.join(FILE);
    let text = read(root)?;
    let directory = path.parent().unwrap_or(root);
    let mut file = tempfile::Builder::new().prefix(".mpathd-").tempfile_in(directory)?;
    file.write_all(with(&text, changes).as_bytes())?;
    if let Ok(before) = fs::metadata(&path) {
        file.as_file().set_permissions(before.permissions())?;
        fs::copy(&path, root.join(KEPT))?;
    }
    file.as_file().sync_all()?;
    file.persist(&path)?;
    File::open(directory)?.sync_all()
}

/// The text of the file; a system may have none, and then the defaults count.
pub(crate) fn read(root: &Path) -> io::Result<String> {
    match fs::read_to_string(root.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mpathd.dfl`, without its licence.
    const SHIPPED: &str = "#\n# Time taken by mpathd to detect a NIC failure in ms. The minimum time\n# that can be specified is 100 ms.\n#\nFAILURE_DETECTION_TIME=10000\n#\n# Failback is enabled by default. To disable failback turn off this option\n#\nFAILBACK=yes\n#\n# By default only interfaces configured as part of multipathing groups\n# are tracked. Turn off this option to track all network interfaces\n# on the system\n#\nTRACK_INTERFACES_ONLY_WITH_GROUPS=yes\n";

    #[test]
    fn the_shipped_file_says_the_defaults() {
        assert_eq!(settings(SHIPPED), settings(""));
        assert_eq!(settings(SHIPPED), HostWide { failback: Failback::Always, probe_time: Millis::new(10_000) });
    }

    #[test]
    fn a_value_is_changed_where_it_stands_and_back_to_the_same_text() {
        let (before, after) =
            (settings(SHIPPED), HostWide { failback: Failback::Never, probe_time: Millis::new(3500) });
        let changed = with(SHIPPED, &changes(&before, &after));
        assert!(
            changed.contains("\nFAILBACK=no\n") && changed.contains("\nFAILURE_DETECTION_TIME=3500\n"),
            "{changed}"
        );
        assert_eq!(settings(&changed), after);
        assert_eq!(with(&changed, &changes(&after, &before)), SHIPPED);
    }

    #[test]
    fn comments_and_nonsense_count_as_the_default() {
        assert_eq!(settings("#FAILBACK=no\nFAILURE_DETECTION_TIME=soon\n"), settings(""));
        assert_eq!(settings("FAILURE_DETECTION_TIME=7\n").probe_time, Millis::new(100));
    }

    #[test]
    fn a_missing_file_is_made() {
        let root = tempfile::TempDir::new().unwrap();
        fs::create_dir_all(root.path().join("etc/default")).unwrap();
        write(root.path(), &[("FAILBACK", "no".to_owned())]).unwrap();
        assert_eq!(read(root.path()).unwrap(), "FAILBACK=no\n");
        write(root.path(), &[("FAILBACK", "yes".to_owned())]).unwrap();
        assert_eq!(fs::read_to_string(root.path().join(KEPT)).unwrap(), "FAILBACK=no\n");
    }
}
