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
use serde::de::IgnoredAny;

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

/// What was to be a host, and cannot be read.
#[derive(Debug)]
pub(crate) struct Lost {
    /// Its name, as far as that is known: what its facts say, or the name of their file.
    pub(crate) name: String,
    pub(crate) error: CommandError,
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
        each(path, |captured| found.push(captured))?;
        let number = found.len();
        let only = found.pop().filter(|_| number == 1);
        let only =
            only.ok_or_else(|| failed(path, format!("the facts of one host are wanted, and there are {number}")))?;
        only.map_err(|lost| lost.error)
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

/// Hands out one host after the other, and what was to be one and cannot be read: nobody else is to suffer from that.
pub(crate) fn each(path: &Path, mut take: impl FnMut(Result<Captured, Lost>)) -> Result<(), CommandError> {
    if path.is_dir() {
        let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        let mut files: Vec<PathBuf> = entries.map_err(|error| unreadable(path, &error))?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(failed(path, "there is no *.json in it".to_owned()));
        }
        for file in &files {
            if let Err(error) = each_of_json(file, &mut take) {
                take(Err(Lost { name: stem(file), error }));
            }
        }
        return Ok(());
    }
    if path.extension().is_some_and(|extension| extension == "toml") {
        return each_of_list(path, &mut take);
    }
    each_of_json(path, &mut take)
}

fn each_of_json(path: &Path, take: &mut impl FnMut(Result<Captured, Lost>)) -> Result<(), CommandError> {
    let bytes = read(path)?;
    let (mut begin, mut number) = (0, 0);
    while let Some(more) = bytes[begin..].iter().position(|byte| !byte.is_ascii_whitespace()) {
        begin += more;
        number += 1;
        let rest = &bytes[begin..];
        let mut documents = serde_json::Deserializer::from_slice(rest).into_iter::<HostFacts>();
        let (read, length) = (documents.next(), documents.byte_offset());
        let (why, hint) = match read {
            Some(Ok(facts)) if facts.schema == HostFacts::SCHEMA => {
                take(Ok(Captured::of(facts)));
                begin += length;
                continue;
            }
            Some(Ok(facts)) => (format!("it is of the schema {:?}, not {}", facts.schema, HostFacts::SCHEMA), None),
            Some(Err(error)) => (
                error.to_string(),
                Some("facts are what `mpath facts` writes, one document after the other".to_owned()),
            ),
            None => break,
        };
        let line = bytes[..begin].iter().filter(|byte| **byte == b'\n').count() + 1;
        let from = if line == 1 { String::new() } else { format!(", from line {line}") };
        let (name, length) = name_and_length(rest);
        let name = name.unwrap_or_else(|| if number == 1 { stem(path) } else { format!("document {number}") });
        take(Err(Lost { name, error: told(path, vec![format!("document {number}{from}: {why}")], hint) }));
        begin += length;
    }
    if number == 0 { Err(failed(path, "there is no host in it".to_owned())) } else { Ok(()) }
}

/// Whose facts a document wants to be, if it tells, and where the next one begins. Behind what is no JSON that is a line
/// which begins with a brace: within a document all lines are indented, or there is only one.
fn name_and_length(rest: &[u8]) -> (Option<String>, usize) {
    #[derive(Deserialize)]
    struct Named {
        name: Option<String>,
    }
    let mut named = serde_json::Deserializer::from_slice(rest).into_iter::<Named>();
    let name = named.next().and_then(Result::ok).and_then(|named| named.name);
    let mut whole = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    let length = match whole.next() {
        Some(Ok(_)) => whole.byte_offset(),
        _ => rest.windows(2).position(|pair| pair == b"\n{").map_or(rest.len(), |at| at + 1),
    };
    (name, length)
}

/// The name of a host whose facts lie in a file.
fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn each_of_list(path: &Path, take: &mut impl FnMut(Result<Captured, Lost>)) -> Result<(), CommandError> {
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
            take(match Captured::only(&facts) {
                Ok(mut captured) => {
                    (captured.identity.index, captured.identity.name) = (index_of(&name), Some(name));
                    Ok(captured)
                }
                Err(error) => Err(Lost { name, error }),
            });
            continue;
        }
        let links = listed.links.map_or(Links::Unknown, |links| {
            Links::Known(links.into_iter().map(|(name, mac)| (name, Some(mac))).collect())
        });
        let identity = Identity { os: listed.os, links, ..Identity::named(name, Os::Linux) };
        take(Ok(Captured { identity, facts: None }));
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
