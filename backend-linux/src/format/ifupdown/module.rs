//! The options with which the driver is loaded: `/etc/modules`, `/etc/modprobe.conf` and the folders of modprobe.d(5).
//!
//! They hold for every bond that says nothing else, as the driver makes each from them (`bonding_defaults`, `bond_setup`).

use std::collections::BTreeSet;

use mpath_core::import::{Files, Import, Origin};

use crate::modprobe;

/// An option of the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleOption {
    /// The bond that it is for, where the module has an alias of that name; `None` is every one.
    pub(crate) bond: Option<String>,
    /// The option.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
    /// Where it stands.
    pub(crate) origin: Origin,
}

/// What the files say of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Module {
    /// Its options, the strongest last.
    pub(crate) options: Vec<ModuleOption>,
    /// The devices that are named as aliases of it, and so are bonds.
    pub(crate) aliases: BTreeSet<String>,
}

/// The one file of old, and the list of modules of Debian (modules(5)).
const FILES: [&str; 2] = ["etc/modprobe.conf", "etc/modules"];

/// Reads all of them.
pub(crate) fn read(files: &dyn Files, import: &mut Import) -> Module {
    let others = FILES.iter().filter_map(|path| Some(((*path).to_owned(), files.read(path)?)));
    let mut module = Module::default();
    // Aliases first: options may stand above them.
    let texts: Vec<_> = modprobe::texts(files).into_iter().chain(others).collect();
    for (path, text) in &texts {
        lines(text).for_each(|(_, words)| module.alias(path, &words));
    }
    for (path, text) in &texts {
        for (number, words) in lines(text) {
            module.line(path, &words, &origin(path, number, text), import);
        }
    }
    passed_over(&modprobe::passed_over(files), &module, import);
    module
}

/// What files that hold no more said of the driver.
fn passed_over(texts: &[(String, String)], module: &Module, import: &mut Import) {
    let mut old = Module { options: vec![], aliases: module.aliases.clone() };
    for (path, text) in texts {
        lines(text).for_each(|(_, words)| old.alias(path, &words));
    }
    let is_ours = |words: &[&str]| match words {
        ["options" | "install", rest @ ..] => {
            rest.iter().any(|word| word.contains('='))
                && rest.iter().any(|word| *word == "bonding" || old.aliases.contains(*word))
        }
        _ => false,
    };
    for (path, text) in texts {
        for (number, _) in lines(text).filter(|(_, words)| is_ours(words)) {
            import.lose(
                origin(path, number, text),
                "modprobe takes only files whose names end in .conf: if this is meant, call it so and import again",
            );
        }
    }
}

/// The lines that say something, each by its number and its words. A backslash at the end goes on on the next one.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let mut lines = (1..).zip(text.lines());
    std::iter::from_fn(move || {
        let (number, mut line) = lines.next()?;
        let mut words = Vec::new();
        while let Some(part) = line.strip_suffix('\\') {
            words.extend(part.split_whitespace());
            line = lines.next().map_or("", |(_, next)| next);
        }
        words.extend(line.split_whitespace());
        let comment = words.iter().position(|word| word.starts_with('#')).unwrap_or(words.len());
        words.truncate(comment);
        Some((number, words))
    })
    .filter(|(_, words)| !words.is_empty())
}

fn origin(path: &str, number: usize, text: &str) -> Origin {
    Origin::line(path, number, text.lines().nth(number - 1).unwrap_or_default())
}

impl Module {
    fn alias(&mut self, path: &str, words: &[&str]) {
        if let (["alias", device, "bonding"], true) = (words, path != FILES[1]) {
            self.aliases.insert((*device).to_owned());
        }
        // `install bond1 modprobe bonding -o bond1 …` made a second one, when options were of the module alone.
        if let ["install", device, rest @ ..] = words
            && *device != "bonding"
            && rest.contains(&"bonding")
        {
            self.aliases.insert((*device).to_owned());
        }
    }

    fn line(&mut self, path: &str, words: &[&str], origin: &Origin, import: &mut Import) {
        match words {
            ["bonding", options @ ..] if path == FILES[1] => self.options(None, options, origin, import),
            _ if path == FILES[1] => {}
            ["options", "bonding", options @ ..] => self.options(None, options, origin, import),
            ["options", device, options @ ..] if self.aliases.contains(*device) => {
                self.options(Some(device), options, origin, import);
            }
            ["install", "bonding", rest @ ..] if rest.contains(&"bonding") => {
                self.options(None, rest, origin, import);
            }
            ["install", device, rest @ ..] if self.aliases.contains(*device) => {
                self.options(Some(device), rest, origin, import);
            }
            ["blacklist", "bonding"] | ["install", "bonding", ..] => {
                import.lose(origin.clone(), "keeps the driver from being loaded, which mpath needs");
            }
            // Other modules; and aliases, which load the driver as mpath does by itself.
            _ => {}
        }
    }

    fn options(&mut self, bond: Option<&str>, words: &[&str], origin: &Origin, import: &mut Import) {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            match name {
                "max_bonds" => import.leave(origin.clone(), "max_bonds: mpath makes each device by its name"),
                "tx_queues" | "debug" => import.leave(origin.clone(), format!("{name}: stays an option of the module")),
                _ => self.options.push(ModuleOption {
                    bond: bond.map(str::to_owned),
                    name: name.to_owned(),
                    value: value.to_owned(),
                    origin: origin.clone(),
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let files: std::collections::BTreeMap<_, _> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let mut import = Import::default();
        let shown = |option: ModuleOption| {
            format!(
                "{} {}={} {}",
                option.bond.unwrap_or_default(),
                option.name,
                option.value,
                option.origin.line.unwrap()
            )
        };
        let options = read(&files, &mut import).options.into_iter().map(shown).collect();
        (options, import.leftovers.iter().map(|leftover| leftover.why.clone()).collect())
    }

    #[test]
    fn options_are_found_in_every_file_of_old_and_new() {
        let (options, told) = read_all(&[
            ("etc/modules", "# loaded at boot\nloop\nbonding mode=1 miimon=100 # the laptop\n"),
            ("etc/modprobe.conf", "alias bond0 bonding\noptions bond0 primary=eth1\noptions e100 debug=1\n"),
            ("etc/modprobe.d/bond.conf", "options bonding max_bonds=2 downdelay=200\n"),
            ("lib/modprobe.d/bond.conf", "options bonding miimon=50\n"),
            ("etc/modprobe.d/bond.conf.bak", "options bonding miimon=70\n"),
        ]);
        assert_eq!(options, [" downdelay=200 1", "bond0 primary=eth1 2", " mode=1 3", " miimon=100 3"]);
        assert_eq!(told, ["max_bonds: mpath makes each device by its name"]);
    }

    #[test]
    fn a_line_may_go_on_on_the_next_one() {
        let text = "options bonding \\\n  mode=1 \\\n  miimon=100 # \\\n not=this\noptions bonding downdelay=200 \\";
        let (options, told) = read_all(&[("etc/modprobe.d/x.conf", text)]);
        assert_eq!(options, [" mode=1 1", " miimon=100 1", " downdelay=200 5"]);
        assert!(told.is_empty(), "{told:?}");
    }

    /// They held when the file was written.
    #[test]
    fn options_in_a_file_that_modprobe_passes_over_are_told() {
        let (options, told) = read_all(&[
            (
                "etc/modprobe.d/arch/i386",
                "alias bond0 bonding\noptions bond0 mode=1 miimon=100\noptions e100 debug=1\n",
            ),
            ("etc/modprobe.d/bonding", "options bonding mode=1\n"),
            ("etc/modprobe.d/options", "options bond0 primary=eth1\noptions bond7 primary=eth1\n"),
            ("etc/modprobe.d/bonding.conf~", "options bonding mode=4\n"),
        ]);
        assert_eq!((options.len(), told.len()), (0, 3), "{told:?}");
        assert!(told.iter().all(|told| told.contains("end in .conf")), "{told:?}");
    }

    #[test]
    fn a_second_bond_by_install_has_options_of_its_own() {
        let text = "install bond1 /sbin/modprobe bonding -o bond1 mode=1\nblacklist bonding\n";
        let (options, told) = read_all(&[("etc/modprobe.d/x.conf", text)]);
        assert_eq!((options.as_slice(), told.len()), (&["bond1 mode=1 1".to_owned()][..], 1));
    }
}
