//! The options with which the bonding module is loaded, and the lines that say so.

use mpath_core::finding::Evidence;

use crate::facts::ModuleOption;
use crate::modprobe;
use crate::sysfs::Root;

/// The lines that hold on this host.
pub(super) fn options(root: &Root) -> Vec<ModuleOption> {
    let lines = |(file, text): (String, String)| {
        options_in(&text).into_iter().map(move |(line, options)| ModuleOption {
            evidence: Evidence {
                source: format!("/{file}"),
                line: Some(line),
                seen: format!("options bonding {}", options.join(" ")),
            },
            options,
        })
    };
    modprobe::texts(root).into_iter().flat_map(lines).collect()
}

/// The options of bonding in one file, each with the number of its line.
pub(crate) fn options_in(text: &str) -> Vec<(usize, Vec<String>)> {
    let found = |(number, line): (usize, &str)| {
        let rest = line.trim().strip_prefix("options")?.trim_start().strip_prefix("bonding")?;
        if !rest.starts_with([' ', '\t']) {
            return None;
        }
        Some((number, rest.split_whitespace().map(str::to_owned).collect()))
    };
    (1..).zip(text.lines()).filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_bonding_are_found_with_their_lines() {
        let text = "# options bonding mode=1\noptions bonding_x a=1\n\noptions  bonding\tmax_bonds=2 miimon=50\nalias bond0 bonding\n";
        assert_eq!(options_in(text), [(4, vec!["max_bonds=2".to_owned(), "miimon=50".to_owned()])]);
    }
}
