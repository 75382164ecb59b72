//! Trees of TOML put over each other: tables are merged, everything else is replaced.
//!
//! Every value keeps its place. For that the places of all files are in one row: each file begins where the one before
//! it ends, and [`Bases`] tells them apart again.

use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::unset;
use crate::{SourceFile, Span};

/// Where each file begins.
#[derive(Debug, Clone)]
pub(crate) struct Bases(Rc<[usize]>);

impl Bases {
    pub(super) fn of(sources: &[SourceFile]) -> Self {
        let mut next = 0;
        // One more than its length, so that its end is no other's beginning.
        let base = |source: &SourceFile| {
            let base = next;
            next += source.text.len() + 1;
            base
        };
        Self(sources.iter().map(base).collect())
    }

    pub(super) fn base(&self, source: usize) -> usize {
        self.0.get(source).copied().unwrap_or(0)
    }

    /// A place in one of the files.
    pub(crate) fn span(&self, bytes: std::ops::Range<usize>) -> Span {
        let source = self.0.partition_point(|base| *base <= bytes.start).saturating_sub(1);
        let base = self.base(source);
        Span { source, bytes: bytes.start - base..bytes.end.max(bytes.start) - base }
    }
}

/// The same tree, so much further on.
pub(super) fn shifted<'t>(table: &DeTable<'t>, by: usize) -> DeTable<'t> {
    let moved = |span: std::ops::Range<usize>| span.start + by..span.end + by;
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'t>>)| {
        let key: &Spanned<std::borrow::Cow<'t, str>> = key;
        let value = Spanned::new(moved(value.span()), shifted_value(value.get_ref(), by));
        (Spanned::new(moved(key.span()), key.get_ref().clone()), value)
    };
    table.iter().map(entry).collect()
}

fn shifted_value<'t>(value: &DeValue<'t>, by: usize) -> DeValue<'t> {
    match value {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(array) => {
            let mut moved = DeArray::new();
            for entry in array.iter() {
                let span = entry.span();
                moved.push(Spanned::new(span.start + by..span.end + by, shifted_value(entry.get_ref(), by)));
            }
            DeValue::Array(moved)
        }
        other => other.clone(),
    }
}

/// Puts a table over another.
pub(super) fn put_over<'t>(below: &mut DeTable<'t>, above: &DeTable<'t>) {
    for (key, value) in above.iter() {
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(DeValue::Table(there)) = below.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut)
        {
            put_over(there, inner);
            continue;
        }
        let mut value = value.clone();
        // What one drop-in takes out no other brings back by taking out more.
        if key.get_ref() == unset::KEY
            && let DeValue::Array(names) = value.get_mut()
            && let Some(DeValue::Array(there)) = below.get(unset::KEY).map(Spanned::get_ref)
        {
            there.iter().for_each(|name| names.push(name.clone()));
        }
        // The map would keep the key that it has, and with it the place.
        below.remove(key.get_ref().as_ref());
        below.insert(key.clone(), value);
    }
}

/// The same for the top of a file: its hooks are added to those that are there.
pub(super) fn drop_in<'t>(below: &mut DeTable<'t>, mut above: DeTable<'t>) {
    if let (Some(DeValue::Array(there)), Some(DeValue::Array(_))) =
        (below.get_mut("hook").map(Spanned::get_mut), above.get("hook").map(Spanned::get_ref))
        && let Some(DeValue::Array(more)) = above.remove("hook").map(Spanned::into_inner)
    {
        for hook in more.iter() {
            there.push(hook.clone());
        }
    }
    put_over(below, &above);
}
