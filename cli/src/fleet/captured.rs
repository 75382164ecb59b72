//! Hosts that are not here: their facts, as `mpath facts` wrote them, or a list of their names.
//!
//! In: a directory of JSON files, one file with the facts of any number of hosts one after the other, or a `hosts.toml`.
//! Out: one host after the other, so that ten thousand need not be in memory at once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mpath_core::identity::{Links, Os, index_of};
use mpath_core::{HostFacts, Identity, InterfaceName, MacAddress, SourceFile};
use serde::Deserialize;

use crate::ExitCode;
use crate::error::{CommandError, ErrorText};
use crate::trust;

/// Facts of more hosts than anybody has.
const LONGEST: u64 = 4 * 1024 * 1024 * 1024;

/// A host that is not here.
#[derive(Debug)]
pub(crate) struct Captured {
    identity: Identity,
    /// Its facts, where they were captured.
    pub(crate) facts: Option<HostFacts>,
}

/// `hosts.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hosts {
    host: BTreeMap<String, Listed>,
}

/// A host of `hosts.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    os: Option<Os>,
    /// The MAC addresses of its interfaces.
    links: Option<BTreeMap<InterfaceName, MacAddress>>,
    /// Its facts; the path is as seen from the list.
    facts: Option<PathBuf>,
}

impl Captured {
    /// The only host of a file.
    pub(crate) fn only(path: &Path) -> Result<Self, CommandError> {
        let mut found = Vec::new();
        each(path, |captured| {
            found.push(captured);
            Ok(())
        })?;
        let number = found.len();
        let only = found.pop().filter(|_| number == 1);
        only.ok_or_else(|| failed(path, format!("the facts of one host are wanted, and there are {number}")))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.identity.name.as_deref().unwrap_or_default()
    }

    /// Who it is.
    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn of(facts: HostFacts) -> Self {
        Self { identity: facts.identity(), facts: Some(facts) }
    }
}

/// Hands out one host after the other.
pub(crate) fn each(
    path: &Path,
    mut take: impl FnMut(Captured) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    if path.is_dir() {
        let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        let mut files: Vec<PathBuf> = entries.map_err(|error| unreadable(path, &error))?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(failed(path, "there is no *.json in it".to_owned()));
        }
        return files.iter().try_for_each(|file| each_of_json(file, &mut take));
    }
    if path.extension().is_some_and(|extension| extension == "toml") {
        return each_of_list(path, &mut take);
    }
    each_of_json(path, &mut take)
}

fn each_of_json(path: &Path, take: &mut impl FnMut(Captured) -> Result<(), CommandError>) -> Result<(), CommandError> {
    let bytes = read(path)?;
    let documents = serde_json::Deserializer::from_slice(&bytes).into_iter::<HostFacts>();
    let mut number = 0;
    for facts in documents {
        number += 1;
        let facts = facts.map_err(|error| {
            let hint = Some("facts are what `mpath facts` writes, one document after the other".to_owned());
            told(path, vec![format!("document {number}: {error}")], hint)
        })?;
        if facts.schema != HostFacts::SCHEMA {
            let found = format!("document {number} is of the schema {:?}, not {}", facts.schema, HostFacts::SCHEMA);
            return Err(failed(path, found));
        }
        take(Captured::of(facts))?;
    }
    if number == 0 { Err(failed(path, "there is no host in it".to_owned())) } else { Ok(()) }
}

fn each_of_list(path: &Path, take: &mut impl FnMut(Captured) -> Result<(), CommandError>) -> Result<(), CommandError> {
    let text = String::from_utf8(read(path)?).map_err(|error| failed(path, error.to_string()))?;
    let hosts: Hosts = toml::from_str(&text).map_err(|error| {
        let hint =
            Some("write [host.web1], and below it os = \"linux\", links = { eth0 = \"52:54:…\" } or facts".to_owned());
        let at = error.span().map(|span| SourceFile::new("", text.as_str()).position(span.start));
        let line = at.map(|(line, _)| format!("line {line}: ")).unwrap_or_default();
        told(path, vec![format!("{line}{}", error.message())], hint)
    })?;
    for (name, listed) in hosts.host {
        if let Some(facts) = &listed.facts {
            let facts = path.parent().unwrap_or(Path::new("")).join(facts);
            let mut captured = Captured::only(&facts)?;
            (captured.identity.index, captured.identity.name) = (index_of(&name), Some(name));
            take(captured)?;
            continue;
        }
        let links = listed.links.map_or(Links::Unknown, |links| {
            Links::Known(links.into_iter().map(|(name, mac)| (name, Some(mac))).collect())
        });
        let identity = Identity { os: listed.os, links, ..Identity::named(name, Os::Linux) };
        take(Captured { identity, facts: None })?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    trust::read_regular(path, LONGEST).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> CommandError {
    let mut failed = failed(path, error.to_string());
    if error.kind() == io::ErrorKind::PermissionDenied {
        failed.code = ExitCode::NotPermitted;
    }
    failed
}

fn failed(path: &Path, why: String) -> CommandError {
    told(path, vec![why], None)
}

fn told(path: &Path, causes: Vec<String>, hint: Option<String>) -> CommandError {
    let message = format!("cannot read hosts from {}", path.display());
    CommandError { code: ExitCode::Failed, told: ErrorText { message, causes, hint }, config: None }
}
