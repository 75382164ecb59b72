//! A configuration file: read, checked, its problems shown; planned for where it is right.

#![cfg_attr(fuzzing, no_main)]

use mpath_core::Identity;
use mpath_core::identity::Os;
use mpath_core::source::SourceFile;

fn run(input: &[u8]) {
    let parts = mpath_fuzz::parts(input);
    let sources: Vec<_> =
        (0..).zip(parts).map(|(number, text)| SourceFile::new(format!("{number}.toml"), text)).collect();
    // The others as drop-ins of the first, for a host that patterns can mean.
    let mut layered = sources.clone();
    layered.iter_mut().skip(1).for_each(|source| source.is_drop_in = true);
    if let Err(problems) = mpath_core::read_for(&layered, &Identity::named("web7.example", Os::Linux)) {
        mpath::fuzzing::shown(&layered, &problems);
    }
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
