//! The profiles of a host, with the keys that have not been looked at yet.

use mpath_core::import::{Files, Import, Origin};

use super::FOLDERS;
use crate::format::key_file::{self, Key, Section};

/// A profile.
pub(super) struct Profile {
    pub(super) path: String,
    sections: Vec<Section>,
}

impl Profile {
    /// The value of a key, which counts as understood.
    pub(super) fn take(&mut self, section: &str, key: &str) -> Option<Key> {
        let keys = &mut self.section_mut(section)?.keys;
        let place = keys.iter().position(|known| known.name == key)?;
        Some(keys.remove(place))
    }

    /// The value of a key.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&str> {
        let section = self.sections.iter().find(|known| name_of(&known.name) == section)?;
        section.keys.iter().find(|known| known.name == key).map(|key| key.value.as_str())
    }

    /// All keys of a section.
    pub(super) fn take_all(&mut self, section: &str) -> Vec<Key> {
        self.section_mut(section).map(|section| std::mem::take(&mut section.keys)).unwrap_or_default()
    }

    /// What nobody has asked for: each section with the keys that are left in it.
    pub(super) fn rest(self) -> Vec<Section> {
        self.sections
    }

    /// The type, in its newer name.
    pub(super) fn kind(&self) -> &str {
        name_of(self.get("connection", "type").unwrap_or_default())
    }

    /// The bond that it is a port of: its device or the UUID of its profile.
    pub(super) fn bond(&self) -> Option<&str> {
        let is_bond = |key| self.get("connection", key).is_some_and(|kind| kind == "bond");
        let controller = self.get("connection", "controller").or_else(|| self.get("connection", "master"));
        controller.filter(|_| is_bond("port-type") || is_bond("slave-type"))
    }

    /// What its device is on top of, as a VLAN is: a device or the UUID of a profile.
    pub(super) fn parent(&self) -> Option<&str> {
        let mut keys = self.sections.iter().flat_map(|section| &section.keys);
        keys.find(|key| key.name == "parent").map(|key| key.value.as_str())
    }

    /// Something that tells what it is, without secrets.
    pub(super) fn origin(&self) -> Origin {
        let section = self.sections.iter().find(|section| section.name == "connection").or(self.sections.first());
        let kind = section.and_then(|section| section.keys.iter().find(|key| key.name == "type"));
        kind.map(|key| &key.origin)
            .or(section.map(|section| &section.origin))
            .cloned()
            .unwrap_or_else(|| Origin::of_file(&self.path, ""))
    }

    fn section_mut(&mut self, name: &str) -> Option<&mut Section> {
        self.sections.iter_mut().find(|known| name_of(&known.name) == name)
    }
}

/// The newer names of sections and types (nm-settings-keyfile(5)).
pub(super) fn name_of(name: &str) -> &str {
    match name {
        "802-3-ethernet" => "ethernet",
        "802-11-wireless" => "wifi",
        "802-11-wireless-security" => "wifi-security",
        name => name,
    }
}

/// Every profile that is not hidden by another one.
pub(super) fn profiles(files: &dyn Files, import: &mut Import) -> Vec<Profile> {
    let mut profiles = Vec::<Profile>::new();
    let mut hidden = Vec::<(String, String)>::new();
    for folder in FOLDERS {
        let names = files.list(folder);
        // A link to /dev/null hides the profile of its UUID, in its own folder too.
        for name in &names {
            let path = format!("{folder}/{name}");
            if let Some(uuid) = name.strip_suffix(".nmmeta")
                && files.read(&path).is_some_and(|text| text.is_empty())
            {
                hidden.push((uuid.to_owned(), path));
            }
        }
        for name in names.iter().filter(|name| is_profile(folder, name)) {
            let path = format!("{folder}/{name}");
            let Some(text) = files.read(&path) else { continue };
            let (sections, strange) = key_file::read(&path, &text);
            let profile = Profile { path, sections };
            let uuid = profile.get("connection", "uuid").unwrap_or_default().to_owned();
            let hiding = hidden.iter().find(|(known, _)| *known == uuid).map(|(_, path)| path.clone());
            let hiding = hiding.or_else(|| {
                let other = profiles.iter().find(|known| known.get("connection", "uuid") == Some(&uuid))?;
                (!uuid.is_empty()).then(|| other.path.clone())
            });
            if let Some(hiding) = hiding {
                import.leave(profile.origin(), format!("hidden by /{hiding}, which has the same UUID"));
                continue;
            }
            if profile.kind() == "bond" || profile.bond().is_some() {
                for origin in strange {
                    import.lose(origin, "neither a section nor a key");
                }
            }
            profiles.push(profile);
        }
    }
    // The order of the names, wherever they lie.
    profiles.sort_by(|a, b| a.path.rsplit('/').next().cmp(&b.path.rsplit('/').next()));
    profiles
}

/// Which files are read (`nm_keyfile_utils_ignore_filename`): those of an administrator need no ending.
fn is_profile(folder: &str, name: &str) -> bool {
    const OTHERS: [&str; 6] = ["~", ".rpmsave", ".rpmnew", ".nmmeta", ".dpkg-dist", ".dpkg-old"];
    let plain = !name.starts_with('.') && !OTHERS.iter().any(|ending| name.ends_with(ending));
    plain && (folder == super::FOLDER || name.ends_with(".nmconnection"))
}
