//! The files that belong together: what `source` and `source-directory` name, in place of the line that names it.

use glob::{MatchOptions, Pattern};
use mpath_core::import::Files;

use super::{Kind, Stanza, parse};

/// The file that all others are named in.
pub(crate) const INTERFACES: &str = "etc/network/interfaces";
/// The folder that Debian's file names.
pub(crate) const FOLDER: &str = "etc/network/interfaces.d";
/// A file that sources itself ends somewhere.
const DEEPEST: usize = 8;

/// Every stanza of a host. Where the file is not there, but its usual folder is, that is read: a tree with the part of a
/// configuration that somebody wrote.
pub(crate) fn read(files: &dyn Files) -> Vec<Stanza> {
    let mut stanzas = Vec::new();
    if files.read(INTERFACES).is_some() {
        read_file(files, INTERFACES, DEEPEST, &mut stanzas);
    } else {
        for name in files.list(FOLDER) {
            read_file(files, &format!("{FOLDER}/{name}"), DEEPEST, &mut stanzas);
        }
    }
    stanzas
}

fn read_file(files: &dyn Files, file: &str, deeper: usize, stanzas: &mut Vec<Stanza>) {
    let Some(text) = files.read(file) else { return };
    for stanza in parse(file, &text) {
        let named = match &stanza.kind {
            // Several patterns may stand on one line (wordexp(3)).
            Kind::Source(patterns) => patterns.split_whitespace().flat_map(|one| expand(files, file, one)).collect(),
            Kind::SourceDirectory(folder) => {
                expand(files, file, folder).iter().flat_map(|one| plain(files, one)).collect()
            }
            _ => vec![],
        };
        // A path that names nothing has nothing to say, as with ifup.
        stanzas.push(stanza);
        if deeper > 0 {
            named.iter().for_each(|file| read_file(files, file, deeper - 1, stanzas));
        }
    }
}

/// The files of a folder that `source-directory` takes: editors' copies and those of packages have other characters.
fn plain(files: &dyn Files, folder: &str) -> Vec<String> {
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    files.list(folder).into_iter().filter(plain).map(|name| format!("{folder}/{name}")).collect()
}

/// The paths that a pattern stands for. A relative one begins at the folder of the file.
fn expand(files: &dyn Files, file: &str, pattern: &str) -> Vec<String> {
    // As a shell has it: a leading dot is to be written.
    let shell = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    let here = file.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    let whole = pattern.strip_prefix('/').map_or_else(|| format!("{here}/{pattern}"), str::to_owned);
    let mut paths = vec![String::new()];
    for part in whole.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let join = |path: &String, name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let next = |path: &String| match Pattern::new(part) {
            Ok(pattern) if part.contains(['*', '?', '[']) => {
                let names = files.list(path).into_iter().filter(|name| pattern.matches_with(name, shell));
                names.map(|name| join(path, &name)).collect()
            }
            _ => vec![join(path, part)],
        };
        paths = paths.iter().flat_map(next).collect();
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn interfaces(files: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<_, _> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        read(&files).iter().filter_map(|stanza| stanza.interface().map(str::to_owned)).collect()
    }

    #[test]
    fn a_sourced_file_stands_where_it_is_named() {
        let found = interfaces(&[
            (INTERFACES, "iface a\nsource interfaces.d/*.cfg /etc/network/*/x\niface z\nsource-directory more.d\n"),
            ("etc/network/interfaces.d/b.cfg", "iface b\nsource c\n"),
            ("etc/network/interfaces.d/.hidden.cfg", "iface no\n"),
            ("etc/network/interfaces.d/b.cfg~", "iface no\n"),
            ("etc/network/interfaces.d/c", "iface c\n"),
            ("etc/network/other/x", "iface x\n"),
            ("etc/network/more.d/m", "iface m\n"),
            ("etc/network/more.d/m.bak", "iface no\n"),
        ]);
        assert_eq!(found, ["a", "b", "c", "x", "z", "m"]);
    }

    #[test]
    fn a_file_that_sources_itself_ends_somewhere() {
        assert!(interfaces(&[(INTERFACES, "iface a\nsource interfaces\n")]).len() < 20);
    }

    #[test]
    fn a_tree_with_the_folder_alone_is_read() {
        assert_eq!(interfaces(&[("etc/network/interfaces.d/b", "iface b\n")]), ["b"]);
        assert!(interfaces(&[(INTERFACES, ""), ("etc/network/interfaces.d/b", "iface b\n")]).is_empty());
    }
}
