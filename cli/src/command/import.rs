//! `mpath import`: groups of other tools, and of the running system, as a configuration of mpath. Changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, ValueHint};
use mpath_core::Draft;
use mpath_core::draft::{Settled, Value};
use mpath_core::import::{Fate, Import, Importer, Leftover, Origin};
use mpath_core::snapshot::{Interface, Kind};
use serde::Serialize;

use crate::ExitCode;
use crate::context::Context;
use crate::error::{CommandError, ErrorText};
use crate::format::{self, Format, Given, Tree};

/// Write groups of other tools as a configuration of mpath
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mpath import
      what runs on this host, as a configuration
  mpath import bond0 --json
      one group of it, for programs")]
pub(crate) struct ImportArgs {
    /// The groups, by their names here or there; all by default
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
    /// The format; kernel is what runs now, whoever made it
    #[arg(long, value_name = "FORMAT", default_value = "kernel", value_parser = format::read())]
    from: Format,
    /// Read the files below this directory
    #[arg(long, value_name = "DIR", default_value = "/", conflicts_with = "files", value_hint = ValueHint::DirPath)]
    root: PathBuf,
    /// Read this file, and no other; several if they belong together
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What was read, as in `mpath.import/1`.
#[derive(Debug, Serialize)]
struct Imported {
    schema: &'static str,
    toml: String,
    groups: Vec<ImportedGroup>,
    leftovers: Vec<Leftover>,
}

#[derive(Debug, Serialize)]
struct ImportedGroup {
    name: String,
    complete: bool,
    problems: Vec<String>,
}

impl ImportArgs {
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, CommandError> {
        let mut import = self.read(context)?;
        let wanted = |draft: &Draft| {
            self.groups.is_empty() || self.groups.iter().any(|name| name == draft.name() || *name == device(draft))
        };
        import.drafts.retain(wanted);
        if self.from == Format::Kernel {
            // What is left over stands under the device's name.
            let Import { drafts, leftovers } = &mut import;
            leftovers.retain(|leftover| drafts.iter().any(|draft| device(draft) == leftover.origin.file));
        }
        if import.drafts.is_empty() {
            self.nothing(import, context);
            return Ok(ExitCode::NoSuchGroup);
        }
        let settled: Vec<_> = import.drafts.into_iter().map(Draft::settle).collect();
        let leftovers =
            import.leftovers.into_iter().chain(settled.iter().flat_map(|settled| settled.leftovers.clone()));
        let texts: Vec<_> = settled.iter().map(|settled| settled.draft.to_toml()).collect();
        let imported = Imported {
            schema: "mpath.import/1",
            toml: texts.join("\n"),
            groups: settled.iter().map(told).collect(),
            leftovers: once(leftovers),
        };
        tell_leftovers(&imported.leftovers, context);
        for group in &imported.groups {
            for problem in &group.problems {
                let hint = Some("add what is missing to the text before it is used".to_owned());
                context.console.error(Some(&group.name), &ErrorText { message: problem.clone(), causes: vec![], hint });
            }
        }
        if context.console.is_json() {
            context.console.document(&imported);
        } else {
            imported.toml.lines().for_each(|line| context.console.line(line));
        }
        let complete = imported.groups.iter().all(|group| group.complete);
        Ok(if complete { ExitCode::Done } else { ExitCode::InvalidFile })
    }

    /// What a format says of this host.
    pub(super) fn of_host(from: Format, context: &mut Context<'_>) -> Result<Import, CommandError> {
        let args = Self { groups: vec![], from, root: "/".into(), files: vec![] };
        args.read(context)
    }

    /// What the format says.
    fn read(&self, context: &mut Context<'_>) -> Result<Import, CommandError> {
        let Some(importer) = self.from.importer() else {
            if !self.files.is_empty() || self.root != Path::new("/") {
                let message = "nothing tells whose files they are: kernel is what runs on this host".to_owned();
                let hint =
                    Some("write --from FORMAT, as in --from ifupdown; mpath import --help lists them".to_owned());
                return Err(failed(ExitCode::Usage, message, None, hint));
            }
            let host = context.host()?;
            let is_group = |(_, interface): &(_, &Interface)| matches!(interface.kind, Kind::Group(_));
            let devices: Vec<_> = host.snapshot.interfaces.iter().filter(is_group).map(|(name, _)| name).collect();
            let drafts: Vec<_> = devices.iter().filter_map(|name| Draft::of_host(name, &host.snapshot)).collect();
            let leftovers = devices.iter().flat_map(|name| Draft::left_on_host(name, &host.snapshot)).collect();
            return Ok(Import { drafts, leftovers });
        };
        if self.files.is_empty() {
            return self.of_tree(importer);
        }
        let (mut given, mut names) = (Given::default(), BTreeMap::new());
        for file in &self.files {
            let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
            let place = self.from.place_of(&name_of(file));
            names.insert(place.clone(), file.display().to_string());
            given.put(place, String::from_utf8_lossy(&bytes).into_owned());
        }
        let mut import = importer(&given);
        if let Some(place) = given.unread().first() {
            let format = self.from.name();
            let message =
                format!("{}: {format} has no file of this name, or reads it with another one alone", names[place]);
            let hint =
                "call it as on the host that it is from; with a drop-in give the file that it belongs to: --file both";
            return Err(failed(ExitCode::Failed, message, None, Some(hint.to_owned())));
        }
        shown_as(&mut import, |place| names.get(place).cloned().unwrap_or_else(|| place.to_owned()));
        Ok(import)
    }

    /// What the files below the directory say, and which of them could not be read.
    fn of_tree(&self, importer: Importer) -> Result<Import, CommandError> {
        fs::read_dir(&self.root).map_err(|error| unreadable(&self.root, &error))?;
        let tree = Tree::new(self.root.clone());
        let mut import = importer(&tree);
        for (path, error) in tree.unreadable() {
            // Half of what is said may be another group.
            if error.kind() == io::ErrorKind::PermissionDenied {
                return Err(unreadable(&self.root.join(&path), &error));
            }
            import.lose(Origin::of_file(&path, "the file"), format!("it cannot be read: {error}"));
        }
        shown_as(&mut import, |file| self.root.join(file).display().to_string());
        Ok(import)
    }

    fn nothing(&self, import: Import, context: &mut Context<'_>) {
        tell_leftovers(&import.leftovers, context);
        let what =
            if self.groups.is_empty() { "no group".to_owned() } else { format!("no group {}", self.groups.join(", ")) };
        let place = match self.from {
            Format::Kernel => "on this host".to_owned(),
            _ if self.files.is_empty() => format!("in the files below {}", self.root.display()),
            _ => "in the file".to_owned(),
        };
        let hint =
            Some("mpath import --help lists the formats; mpath init writes a group that is not there yet".to_owned());
        context.console.error(None, &ErrorText { message: format!("{what} {place}"), causes: vec![], hint });
        if context.console.is_json() {
            let leftovers = import.leftovers;
            let imported = Imported { schema: "mpath.import/1", toml: String::new(), groups: vec![], leftovers };
            context.console.document(&imported);
        }
    }
}

fn failed(code: ExitCode, message: String, cause: Option<&io::Error>, hint: Option<String>) -> CommandError {
    let causes = cause.into_iter().map(ToString::to_string).collect();
    CommandError { code, told: ErrorText { message, causes, hint }, config: None }
}

fn unreadable(path: &Path, error: &io::Error) -> CommandError {
    let message = format!("cannot read {}", path.display());
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            failed(ExitCode::NotPermitted, message, Some(error), Some("run it as root".to_owned()))
        }
        _ => failed(ExitCode::Failed, message, Some(error), None),
    }
}

/// Each once: parts of one line may have the same fate for the same reason.
pub(super) fn once(leftovers: impl Iterator<Item = Leftover>) -> Vec<Leftover> {
    let mut seen = BTreeSet::new();
    leftovers.filter(|leftover| seen.insert(leftover.clone())).collect()
}

/// The name of a file; of a drop-in with the folder that tells what it belongs to, as in `10-bond.netdev.d/a.conf`.
fn name_of(file: &Path) -> String {
    let text = |name: Option<&OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let (name, folder) = (text(file.file_name()), text(file.parent().and_then(Path::file_name)));
    let of_unit = [".netdev.d", ".network.d", ".link.d"].iter().any(|ending| folder.ends_with(ending));
    if of_unit { format!("{folder}/{name}") } else { name }
}

/// The device of a group, which has its name if it has no other.
fn device(draft: &Draft) -> String {
    match draft.get("device") {
        Some(Value::Text(device)) => device.clone(),
        _ => draft.name().to_owned(),
    }
}

fn told(settled: &Settled) -> ImportedGroup {
    ImportedGroup {
        name: settled.draft.name().to_owned(),
        complete: settled.group.is_some(),
        problems: settled.problems.iter().map(ToString::to_string).collect(),
    }
}

/// Names the files of an import as its caller knows them.
fn shown_as(import: &mut Import, shown: impl Fn(&str) -> String) {
    import.leftovers.iter_mut().for_each(|leftover| leftover.origin.file = shown(&leftover.origin.file));
    import.drafts.iter_mut().for_each(|draft| draft.rename_files(&shown));
}

pub(super) fn tell_leftovers(leftovers: &[Leftover], context: &mut Context<'_>) {
    for Leftover { origin, fate, why } in leftovers {
        match fate {
            Fate::Lost => context.console.warning(&format!("{origin}: not taken over: {why}")),
            Fate::Changed => context.console.note(&format!("{origin}: {why}")),
            Fate::LeftAlone => context.console.note(&format!("{origin}: left alone: {why}")),
        }
    }
}
