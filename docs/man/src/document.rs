//! The pages of documents: each as it is, under the headings that it has.

use crate::markdown::{self, Source};
use crate::page::Page;

/// A page that is a document.
struct Entry {
    name: &'static str,
    section: &'static str,
    purpose: &'static str,
    document: &'static str,
    text: &'static str,
}

const PAGES: [Entry; 3] = [
    Entry {
        name: "mpath.toml",
        section: "5",
        purpose: "the description of failover groups",
        document: "reference/mpath-toml.md",
        text: include_str!("../../reference/mpath-toml.md"),
    },
    Entry {
        name: "mpath-ipmp",
        section: "7",
        purpose: "failover groups on illumos and Solaris",
        document: "platforms/illumos-ipmp.md",
        text: include_str!("../../platforms/illumos-ipmp.md"),
    },
    Entry {
        name: "mpath-wifi",
        section: "7",
        purpose: "one address over a cable and Wi-Fi",
        document: "guide/wired-and-wireless-at-home.md",
        text: include_str!("../../guide/wired-and-wireless-at-home.md"),
    },
];

pub(crate) fn pages(date: &str) -> Vec<Page> {
    PAGES.iter().map(|entry| page(entry, date)).collect()
}

fn page(entry: &Entry, date: &str) -> Page {
    let Entry { name, section, purpose, document, text } = entry;
    let mut page = Page::new(name, section, purpose, date);
    page.heading("DESCRIPTION");
    // The title is the page's name.
    let text = text.split_once('\n').map_or("", |(_, text)| text);
    let mut others = markdown::write(&Source { document, text }, &mut page);
    others.extend(["mpath(8)", "mpath.toml(5)"].map(str::to_owned));
    let own = format!("{name}({section})");
    others.retain(|other| *other != own);
    page.see_also(others);
    page
}
