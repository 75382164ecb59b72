//! Facts of a host in texts of a group: `${host.name}` and its like, put in before the text is read as what it is.

use toml::de::{DeTable, DeValue};

use super::merge::Bases;
use crate::identity::{Identity, Links};
use crate::problem::{Place, quoted};
use crate::spec::keys::nearest;
use crate::{InterfaceName, Problem};

/// What a text can ask for.
const FACTS: [&str; 4] = ["host.name", "host.index", "host.os", "link.NAME.mac"];

/// Why a fact cannot be put in.
struct Fault {
    code: &'static str,
    message: String,
    allowed: Option<String>,
    hint: Option<String>,
}

impl Fault {
    fn new(code: &'static str, message: String) -> Self {
        Self { code, message, allowed: None, hint: None }
    }
}

/// Whether a text asks for a fact, or has what would.
pub(crate) fn is_asked_for(text: &str) -> bool {
    text.contains("${")
}

/// Whether any text below asks for a fact.
pub(super) fn are_asked_for(table: &DeTable<'_>) -> bool {
    table.iter().any(|(_, value)| is_asked_for_in(value.get_ref()))
}

fn is_asked_for_in(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => is_asked_for(text),
        DeValue::Array(array) => array.iter().any(|entry| is_asked_for_in(entry.get_ref())),
        DeValue::Table(table) => are_asked_for(table),
        _ => false,
    }
}

/// Puts facts in everywhere below a table. A text with one that cannot be put in stays as it is.
pub(super) fn put_in(table: &mut DeTable<'_>, above: &Place, host: &Host<'_>, problems: &mut Vec<Problem>) {
    for (key, value) in table.iter_mut() {
        put_in_value(value, above.path_of(key.get_ref()), host, problems);
    }
}

/// A host, and how the places of a tree are told.
pub(super) struct Host<'a> {
    pub(super) identity: &'a Identity,
    pub(super) bases: &'a Bases,
}

fn put_in_value(value: &mut toml::Spanned<DeValue<'_>>, key: String, host: &Host<'_>, problems: &mut Vec<Problem>) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(text) if is_asked_for(text) => match written_out(text, host.identity) {
            Ok(full) => *text = full.into(),
            Err(fault) => {
                let place = Place { span: host.bases.span(span), key };
                let mut problem = Problem::new(fault.code, &place, fault.message);
                (problem.allowed, problem.hint) = (fault.allowed, fault.hint);
                problems.push(problem);
            }
        },
        DeValue::Array(array) => {
            for (number, entry) in array.iter_mut().enumerate() {
                put_in_value(entry, format!("{key}[{number}]"), host, problems);
            }
        }
        DeValue::Table(table) if are_asked_for(table) => {
            put_in(table, &Place { key, ..Place::default() }, host, problems);
        }
        _ => {}
    }
}

/// A text with its facts put in; `$${` is `${`.
fn written_out(text: &str, identity: &Identity) -> Result<String, Fault> {
    let mut full = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, behind) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            full.push_str(before);
            full.push_str("${");
            rest = behind;
            continue;
        }
        full.push_str(before);
        let Some((asked, behind)) = behind.split_once('}') else {
            let fault = Fault::new("unknown-fact", format!("{} is not closed", quoted(&rest[at..])));
            return Err(Fault { hint: Some("close it with `}`, or write `$${` for `${` itself".to_owned()), ..fault });
        };
        full.push_str(&value(asked.trim(), identity)?);
        rest = behind;
    }
    full.push_str(rest);
    Ok(full)
}

/// The value of a fact, perhaps with one operation on it.
fn value(asked: &str, identity: &Identity) -> Result<String, Fault> {
    let missing = |what: String| Fault::new("missing-fact", what);
    if let Some((fact @ "host.index", operator, number)) = counted(asked) {
        let index = index(identity)?;
        let result = match operator {
            '+' => index.checked_add(number),
            '-' => index.checked_sub(number),
            '/' => index.checked_div(number),
            _ => index.checked_rem(number),
        };
        return result.map(|result| result.to_string()).ok_or_else(|| {
            missing(format!("{fact} is {index} here, and {asked} is no number that one can count with"))
        });
    }
    match asked {
        "host.name" => identity.name.clone().ok_or_else(|| missing("the name of the host is not known".to_owned())),
        "host.index" => index(identity).map(|index| index.to_string()),
        "host.os" => {
            let os = identity.os.map(|os| os.word().to_owned());
            os.ok_or_else(|| missing("the system of the host is not known".to_owned()))
        }
        _ => match asked.strip_prefix("link.").and_then(|rest| rest.strip_suffix(".mac")) {
            Some(name) => mac(name, identity),
            None => Err(unknown(asked)),
        },
    }
}

/// A fact, what is to be done to it, and by which number.
fn counted(asked: &str) -> Option<(&str, char, u64)> {
    let at = asked.find(['+', '-', '/', '%'])?;
    let operator = asked[at..].chars().next()?;
    Some((asked[..at].trim(), operator, asked[at + 1..].trim().parse().ok()?))
}

fn index(identity: &Identity) -> Result<u64, Fault> {
    let name = identity.name.as_deref();
    identity.index.ok_or_else(|| {
        let message = match name {
            Some(name) => format!("the host {} has no number: its name does not end in one", quoted(name)),
            None => "the number of the host is not known".to_owned(),
        };
        let hint = name.map(|_| "give the value in an override for the host, by its name".to_owned());
        Fault { hint, ..Fault::new("missing-fact", message) }
    })
}

fn mac(name: &str, identity: &Identity) -> Result<String, Fault> {
    let missing = |message: String| Fault::new("missing-fact", message);
    let Ok(link) = InterfaceName::new(name) else { return Err(unknown(&format!("link.{name}.mac"))) };
    match &identity.links {
        Links::Any(mac) => Ok(mac.to_string()),
        Links::Unknown => {
            Err(missing(format!("the MAC address of {link} is not known: nobody has looked at the host")))
        }
        Links::Known(links) => match links.get(&link) {
            Some(Some(mac)) => Ok(mac.to_string()),
            Some(None) => Err(missing(format!("{link} has no MAC address"))),
            None => {
                let names: Vec<_> = links.keys().map(InterfaceName::as_str).collect();
                let hint = nearest(link.as_str(), names.iter().copied()).map(|near| format!("did you mean {near}?"));
                let allowed = (!names.is_empty()).then(|| names.join(", "));
                Err(Fault { allowed, hint, ..missing(format!("the host has no interface {link}")) })
            }
        },
    }
}

fn unknown(asked: &str) -> Fault {
    let plain = asked.split(['+', '-', '/', '%']).next().unwrap_or_default().trim();
    let likely = match plain.split('.').collect::<Vec<_>>().as_slice() {
        ["link", name, _] => Some(format!("link.{name}.mac")),
        _ => nearest(plain, FACTS.into_iter().take(3)).map(str::to_owned),
    };
    let hint = match likely {
        Some(likely) if likely == plain => {
            "one can count with host.index alone, and once, as in ${host.index + 100}".to_owned()
        }
        Some(likely) => format!("did you mean ${{{likely}}}?"),
        None => "write `$${` for `${` itself".to_owned(),
    };
    Fault {
        allowed: Some(FACTS.join(", ")),
        hint: Some(hint),
        ..Fault::new("unknown-fact", format!("{} is not a fact of a host", quoted(asked)))
    }
}
