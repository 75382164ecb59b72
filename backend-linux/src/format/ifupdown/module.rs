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
            let origin = Origin::line(path, number, text.lines().nth(number - 1).unwrap_or_default());
            module.line(path, &words, &origin, import);
        }
    }
    for (path, text) in modprobe::passed_over(files) {
        let mut old = Module::default();
        lines(&text).for_each(|(_, words)| old.alias(&path, &words));
        let is_ours = |words: &[&str]| {
            let sets =
                matches!(words.first(), Some(&("options" | "install"))) && words.iter().any(|word| word.contains('='));
            sets && words[1..].iter().any(|word| *word == "bonding" || old.aliases.contains(*word))
        };
        for (number, _) in lines(&text).filter(|(_, words)| is_ours(words)) {
            let origin = Origin::line(&path, number, text.lines().nth(number - 1).unwrap_or_default());
            import.lose(
                origin,
                "modprobe takes only files whose names end in .conf: if this is meant, call it so and import again",
            );
        }
    }
    module
}

fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<_> = line.split_whitespace().collect();
        (!words.is_empty()).then_some((number, words))
    })
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

    /// They held when the file was written.
    #[test]
    fn options_in_a_file_that_modprobe_passes_over_are_told() {
        let (options, told) = read_all(&[
            (
                "etc/modprobe.d/arch/i386",
                "alias bond0 bonding\noptions bond0 mode=1 miimon=100\noptions e100 debug=1\n",
            ),
            ("etc/modprobe.d/bonding", "options bonding mode=1\n"),
            ("etc/modprobe.d/bonding.conf~", "options bonding mode=4\n"),
        ]);
        assert_eq!((options.len(), told.len()), (0, 2), "{told:?}");
        assert!(told.iter().all(|told| told.contains("end in .conf")), "{told:?}");
    }

    #[test]
    fn a_second_bond_by_install_has_options_of_its_own() {
        let text = "install bond1 /sbin/modprobe bonding -o bond1 mode=1\nblacklist bonding\n";
        let (options, told) = read_all(&[("etc/modprobe.d/x.conf", text)]);
        assert_eq!((options.as_slice(), told.len()), (&["bond1 mode=1 1".to_owned()][..], 1));
    }
}
