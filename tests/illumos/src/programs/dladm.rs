//! dladm: show-link, show-phys, show-wifi (facts §1.7). Nothing of it changes links here.

use super::getopt::{OptionError, Spec};
use crate::layout::Table;
use crate::link::{Link, Media};
use crate::output::Output;
use crate::state::State;

/// Columns, how many of them by default, and a link's values.
type Shown = (&'static [(&'static str, usize)], usize, fn(&Link) -> Vec<String>);

/// Runs dladm.
pub(super) fn run(state: &State, words: &[&str]) -> Output {
    let Some((subcommand, rest)) = words.split_first() else {
        return Output::failure("usage:  dladm <subcommand> <args> ...");
    };
    let parsed = match (Spec { short: "po:mPL", long: &[("parsable", 'p'), ("parseable", 'p'), ("output", 'o')] })
        .parse(rest)
    {
        Ok(parsed) => parsed,
        Err(OptionError::NoValue(option)) => {
            return Output::failure(format!("dladm: option '-{option}' requires a value"));
        }
        Err(OptionError::Unknown(option)) => return Output::failure(format!("dladm: unrecognized option '-{option}'")),
    };
    let mut links: Vec<&Link> = state.links.iter().filter(|link| link.present).collect();
    if let [only] = parsed.operands[..] {
        links.retain(|link| link.name == only);
        if links.is_empty() {
            return Output::failure(format!("dladm: invalid link name '{only}': object not found"));
        }
    }
    let (columns, default, row): Shown = match *subcommand {
        "show-link" => {
            (&[("LINK", 12), ("CLASS", 10), ("MTU", 7), ("STATE", 9), ("BRIDGE", 11), ("OVER", 30)], 6, link_row)
        }
        "show-phys" if parsed.has('m') => {
            (&[("LINK", 20), ("SLOT", 9), ("ADDRESS", 19), ("INUSE", 5), ("CLIENT", 6)], 5, mac_row)
        }
        "show-phys" => (
            &[("LINK", 13), ("MEDIA", 21), ("STATE", 11), ("SPEED", 9), ("DUPLEX", 9), ("DEVICE", 13), ("FLAGS", 7)],
            6,
            phys_row,
        ),
        "show-wifi" => {
            links.retain(|link| link.media == Media::Wifi);
            (
                &[("LINK", 11), ("STATUS", 18), ("ESSID", 20), ("SEC", 7), ("STRENGTH", 11), ("MODE", 7), ("SPEED", 7)],
                7,
                wifi_row,
            )
        }
        other => return Output::failure(format!("dladm: unknown subcommand '{other}'")),
    };
    let table = Table { columns, default, rows: links.into_iter().map(row).collect() };
    match table.lay(parsed.value('o'), parsed.has('p')) {
        Ok(laid) => Output::of(laid.text),
        Err(error) => Output::failure(format!("dladm: {error}")),
    }
}

fn state_word(link: &Link) -> String {
    match (link.reports, link.up) {
        (false, _) => "unknown",
        (true, true) => "up",
        (true, false) => "down",
    }
    .to_owned()
}

fn link_row(link: &Link) -> Vec<String> {
    vec![link.name.clone(), "phys".to_owned(), "1500".to_owned(), state_word(link), String::new(), String::new()]
}

fn phys_row(link: &Link) -> Vec<String> {
    let media = match link.media {
        Media::Ether => "Ethernet",
        Media::Wifi => "WiFi",
        Media::Infiniband => "Infiniband",
    };
    let speed = if link.up { "1000" } else { "0" };
    let duplex = if link.up { "full" } else { "unknown" };
    let name = link.name.clone();
    vec![name.clone(), media.to_owned(), state_word(link), speed.to_owned(), duplex.to_owned(), name, String::new()]
}

fn mac_row(link: &Link) -> Vec<String> {
    vec![link.name.clone(), "primary".to_owned(), link.mac.clone(), "yes".to_owned(), link.name.clone()]
}

fn wifi_row(link: &Link) -> Vec<String> {
    let fields = if link.up {
        ["connected", "home-lan", "wpa", "excellent", "g", "54Mb"]
    } else {
        ["disconnected", "", "", "", "", ""]
    };
    std::iter::once(link.name.clone()).chain(fields.map(str::to_owned)).collect()
}
