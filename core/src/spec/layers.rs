//! What files say to one host: a file, its drop-ins over it, and over that what its groups have for some hosts alone.
//!
//! In: the texts, and an [`Identity`]. Out: the [`Spec`] of that host. The order, from below: the file; its drop-ins by
//! their names; then, in each group, what is for the host's system; and what is for hosts of a name, the wider patterns
//! first. Tables are merged key by key, everything else is replaced, after what a layer takes out. Each value keeps the place that it was written at.

pub(crate) mod fact;
mod group;
mod merge;
pub(crate) mod pattern;
mod shown;
pub(crate) mod unset;

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use self::group::{Hosts, KEYS, Layer, LayeredGroup};
pub(crate) use self::merge::Bases;
pub use self::shown::{ShownTable, ShownValue};
use super::document::Document;
use super::walk::{self, Walk};
use super::{GroupSpec, Spec, document};
use crate::identity::Identity;
use crate::problem::Place;
use crate::{GroupName, Problem, SourceFile, Span};

/// Files, read as TOML: what [`Layers`] are made of.
#[derive(Debug)]
pub struct Texts {
    sources: Vec<SourceFile>,
    documents: Vec<Document>,
}

impl Texts {
    /// Reads files, each file followed by its drop-ins.
    pub fn read(sources: Vec<SourceFile>) -> Self {
        let read = |(number, source): (usize, &SourceFile)| Document::read(number, &source.text);
        let documents = sources.iter().enumerate().map(read).collect();
        Self { sources, documents }
    }

    /// The files, to be kept.
    pub fn into_sources(self) -> Vec<SourceFile> {
        self.sources
    }

    /// Whether a group asks for the MAC address of an interface, so that somebody must look at the host.
    pub fn want_links(&self) -> bool {
        self.sources.iter().any(|source| source.text.contains("${link."))
    }
}

/// The files of a configuration, for whichever host.
#[derive(Debug)]
pub struct Layers<'t> {
    pub(crate) texts: &'t Texts,
    pub(crate) bases: Bases,
    files: Vec<File<'t>>,
    /// What is wrong with the texts, and with the tables that say for which hosts something is.
    pub(crate) problems: Vec<Problem>,
}

/// A file with its drop-ins.
#[derive(Debug)]
struct File<'t> {
    root: DeTable<'t>,
    /// Whether all of its texts could be read.
    complete: bool,
    /// Its groups of which hosts have something of their own.
    layered: Vec<LayeredGroup<'t>>,
}

/// What one file says to one host.
#[derive(Debug)]
pub(crate) struct HostSpec {
    pub(crate) spec: Spec,
    pub(crate) problems: Vec<Problem>,
    /// The groups that this host does not have.
    pub(crate) elsewhere: Vec<GroupName>,
}

impl<'t> Layers<'t> {
    /// Puts drop-ins over their files, and finds what groups have for some hosts.
    pub fn new(texts: &'t Texts) -> Self {
        let bases = Bases::of(&texts.sources);
        let mut files: Vec<File<'t>> = Vec::new();
        let mut problems = Vec::new();
        let mut walk = Walk::over(bases.clone());
        for (number, (source, document)) in texts.sources.iter().zip(&texts.documents).enumerate() {
            problems.extend(document.problems.iter().cloned());
            let readable = document.readable.as_deref().unwrap_or_default();
            let mut root = merge::shifted(&document::tree(readable), bases.base(number));
            match files.last_mut().filter(|_| source.is_drop_in) {
                Some(file) => {
                    unset::drop_in(&mut file.root, &mut root, &mut walk);
                    merge::drop_in(&mut file.root, root);
                    file.complete &= document.complete;
                }
                None => {
                    unset::refuse(&mut root, &mut walk);
                    files.push(File { root, complete: document.complete, layered: vec![] });
                }
            }
        }
        for file in &mut files {
            let Some(DeValue::Table(groups)) = file.root.get_mut("group").map(Spanned::get_mut) else { continue };
            for (name, table) in groups.iter_mut() {
                file.layered.extend(LayeredGroup::take(name, table, &mut walk));
            }
        }
        problems.append(&mut walk.problems);
        Self { texts, bases, files, problems }
    }

    /// What each file says to a host.
    pub(crate) fn of_host(&self, identity: &Identity) -> Vec<HostSpec> {
        self.files.iter().map(|file| self.of_file(file, identity)).collect()
    }

    /// What can be read of the files as this host has them, whatever is wrong with them.
    pub fn specs(&self, identity: &Identity) -> Vec<Spec> {
        self.of_host(identity).into_iter().map(|host| host.spec).collect()
    }

    /// The groups of which hosts have something of their own, of the files that could be read.
    pub(crate) fn layered(&self) -> impl Iterator<Item = &LayeredGroup<'t>> {
        self.files.iter().filter(|file| file.complete).flat_map(|file| &file.layered)
    }

    /// What is for some hosts and for none of these: the place of each, and for whom it is.
    pub fn unused(&self, fleet: &[Identity]) -> Vec<(Span, String)> {
        let mut unused = Vec::new();
        for group in self.files.iter().flat_map(|file| &file.layered) {
            let mut hosts = fleet.iter().filter(|identity| group.is_of(identity)).peekable();
            if hosts.peek().is_none() {
                unused.push((group.place.span.clone(), format!("the group {}", group.name)));
                continue;
            }
            let used: BTreeSet<usize> = hosts.flat_map(|identity| group.numbers_of(identity)).collect();
            let others = group.layers.iter().enumerate().filter(|(number, _)| !used.contains(number));
            unused.extend(others.map(|(_, layer)| (layer.place.span.clone(), format!("[{}]", layer.place.key))));
        }
        unused
    }

    fn of_file(&self, file: &File<'t>, identity: &Identity) -> HostSpec {
        let mut problems = Vec::new();
        let mut elsewhere = Vec::new();
        let mut walk = Walk::over(self.bases.clone());
        let (groups, hooks) = if file.layered.is_empty() {
            walk::top(&mut walk, &file.root)
        } else {
            let root = self.root_of(file, identity, &mut problems, &mut elsewhere);
            walk::top(&mut walk, &root)
        };
        add_told_elsewhere_not(&mut problems, walk.problems);
        HostSpec { spec: Spec { groups, hooks, complete: file.complete }, problems, elsewhere }
    }

    /// A file with its groups as one host has them.
    fn root_of(
        &self,
        file: &File<'t>,
        identity: &Identity,
        problems: &mut Vec<Problem>,
        elsewhere: &mut Vec<GroupName>,
    ) -> DeTable<'t> {
        let mut root = file.root.clone();
        if let Some(DeValue::Table(groups)) = root.get_mut("group").map(Spanned::get_mut) {
            for group in &file.layered {
                if group.is_of(identity) {
                    let tree = self.tree(group, identity, problems);
                    if let Some(value) = groups.get_mut(group.name.as_str()) {
                        *value.get_mut() = DeValue::Table(tree);
                    }
                } else {
                    groups.remove(group.name.as_str());
                    elsewhere.extend(GroupName::new(&group.name));
                }
            }
        }
        root
    }

    /// A group as a host has it.
    fn tree(&self, group: &LayeredGroup<'t>, identity: &Identity, problems: &mut Vec<Problem>) -> DeTable<'t> {
        let mut tree = group.base.clone();
        for layer in group.layers_of(identity) {
            unset::out_of(&mut tree, &layer.unset);
            merge::put_over(&mut tree, &layer.table);
        }
        fact::put_in(&mut tree, &group.place, &fact::Host { identity, bases: &self.bases }, problems);
        tree
    }

    /// A group as an example of a host has it.
    pub(crate) fn sample(&self, group: &LayeredGroup<'t>, identity: &Identity) -> (Option<GroupSpec>, Vec<Problem>) {
        let mut problems = Vec::new();
        let tree = self.tree(group, identity, &mut problems);
        self.walked(group, &tree, &group.place, problems)
    }

    /// One layer of a group by itself, or what is below all of them.
    pub(crate) fn alone(
        &self,
        group: &LayeredGroup<'t>,
        layer: Option<&Layer<'t>>,
        identity: &Identity,
    ) -> Vec<Problem> {
        let (mut tree, place) = match layer {
            Some(layer) => (layer.table.clone(), &layer.place),
            None => (group.base.clone(), &group.place),
        };
        let mut problems = Vec::new();
        fact::put_in(&mut tree, place, &fact::Host { identity, bases: &self.bases }, &mut problems);
        self.walked(group, &tree, place, problems).1
    }

    fn walked(
        &self,
        group: &LayeredGroup<'t>,
        tree: &DeTable<'t>,
        place: &Place,
        mut problems: Vec<Problem>,
    ) -> (Option<GroupSpec>, Vec<Problem>) {
        let mut walk = Walk::over(self.bases.clone());
        let spec = super::group::of_tree(&mut walk, &group.name, place, tree);
        add_told_elsewhere_not(&mut problems, walk.problems);
        (spec, problems)
    }

    /// The text of a place, as it is written.
    pub(crate) fn written(&self, span: &Span) -> &str {
        let text = self.texts.sources.get(span.source).map_or("", |source| &source.text);
        text.get(span.bytes.clone()).unwrap_or_default()
    }
}

/// Adds problems, but not of texts of which it is told already that a fact is wrong.
fn add_told_elsewhere_not(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    let facts: Vec<Span> = problems.iter().map(|problem| problem.span.clone()).collect();
    problems.extend(more.into_iter().filter(|problem| !facts.contains(&problem.span)));
}
