//! Comparing with what is written down.

use std::fs;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Whether what is written down shall be what is found.
pub(crate) fn is_update() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some()
}

/// Compares with `cases/<name>.txt`.
#[track_caller]
pub(crate) fn expect(name: &str, found: &str) {
    let path = repository(&format!("tests/cli/cases/{name}.txt"));
    if is_update() {
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; UPDATE_EXPECTED=1 takes over what was found\n--- expected\n{expected}\n--- found\n{found}",
        path.display()
    );
}
