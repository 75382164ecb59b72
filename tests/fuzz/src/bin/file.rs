//! A configuration file: read, checked, its problems shown; planned for where it is right.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::source::SourceFile;

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let sources: Vec<_> =
        (0..).zip(parts).map(|(number, text)| SourceFile::new(format!("{number}.toml"), text)).collect();
    match mpath_core::read(&sources) {
        Ok(mpath_core::Description { groups, .. }) => {
            for host in mpath::fuzzing::assumed_hosts(&groups) {
                mpath_fuzz::plan(&groups, &host, None);
            }
        }
        Err(problems) => {
            let shown = mpath::fuzzing::shown(&sources, &problems);
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        }
    }
}

mpath_fuzz::target!(run);
