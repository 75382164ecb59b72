//! The file as JSON Schema, for editors: made of [`KEYS`], which the parser goes by, and of the tables of the reference.
//!
//! It takes every file that mpath takes, and refuses what can be told from single keys and the mode. What follows from
//! several values together, as whether a gateway can be reached, only `mpath check` knows.

use serde_json::{Map, Value, json};

use crate::detection::ProbeDetection;
use crate::identity::Os;
use crate::mode::ModeName;
use crate::spec::form::{Form, Text};
use crate::spec::keys::{KEYS, Key};
use crate::spec::layers::unset;

/// The document whose tables say what each key is for.
const REFERENCE: &str = include_str!("../../docs/reference/mpath-toml.md");

/// The schema, of the draft that tools for TOML speak.
pub fn schema() -> Value {
    let mut definitions: Map<String, Value> = Map::new();
    for text in Text::ALL {
        let plain = json!({ "pattern": text.pattern() });
        let form = match text {
            Text::Group | Text::Argument | Text::User => plain,
            // What it is with its facts put in, only the host knows.
            _ => json!({ "anyOf": [plain, { "pattern": FACT }] }),
        };
        definitions.insert(text.word().to_owned(), with(json!({ "type": "string" }), form));
    }
    definitions.insert("group".to_owned(), group());
    let mut of_some = table("");
    of_some["properties"][unset::KEY] = json!({
        "description": "Keys of the group that these hosts do not have",
        "type": "array",
        "items": { "enum": KEYS.iter().map(|key| key.path).filter(|path| !path.contains('[')).collect::<Vec<_>>() },
    });
    definitions.insert("override".to_owned(), of_some);
    let hook = with(table("hook[]"), json!({ "required": ["on", "run"] }));
    definitions.insert("hook".to_owned(), hook);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "mpath.toml",
        "description": "Failover groups of network interfaces, described once: mpath.toml(5)",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "group": {
                "description": "The groups, each a table [group.NAME]",
                "type": "object",
                "propertyNames": reference(Text::Group.word()),
                "additionalProperties": reference("group"),
            },
            "hook": {
                "description": "Programs that `mpath agent` runs when something happens, each a table [[hook]]",
                "type": "array",
                "items": reference("hook"),
            },
        },
        "definitions": definitions,
    })
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

/// One object with the keys of both.
fn with(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => Value::Object(one.into_iter().chain(other).collect()),
        (one, _) => one,
    }
}

fn group() -> Value {
    let true_of = |key: &str| json!({ "required": [key], "properties": { key: { "const": true } } });
    let addresses = json!({ "required": ["addresses"], "properties": { "addresses": { "minItems": 1 } } });
    let modes: Vec<_> = ModeName::ALL.iter().map(|mode| not_in(*mode)).collect();
    let whole = json!({
        "required": ["members"],
        "anyOf": [addresses, true_of("dhcp"), true_of("dhcp6"), true_of("accept-ra")],
        "allOf": modes,
    });
    // What is missing, or in the way, may be otherwise for every host that has the group.
    let has_overrides = json!({ "anyOf": [{ "required": ["host"] }, { "required": ["os"] }] });
    let mut group = with(table(""), json!({ "if": { "not": has_overrides }, "then": whole }));
    let systems = Os::words().into_iter().map(|os| (os.to_owned(), reference("override"))).collect::<Map<_, _>>();
    let one_or_list = |of: Value| json!({ "anyOf": [of.clone(), { "type": "array", "items": of }] });
    let patterns = json!({ "type": "string", "pattern": PATTERN });
    group["properties"]["match"] = json!({
        "description": "Which hosts have the group; without it all",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "host": with(json!({ "description": "Patterns of host names" }), one_or_list(patterns)),
            "os": with(json!({ "description": "Systems" }), one_or_list(json!({ "enum": Os::words() }))),
        },
    });
    group["properties"]["os"] = json!({
        "description": "What hosts of a system have over the group",
        "type": "object",
        "additionalProperties": false,
        "properties": systems,
    });
    group["properties"]["host"] = json!({
        "description": "What hosts have over the group whose names a pattern means: * is any characters, ? is one",
        "type": "object",
        "propertyNames": { "pattern": PATTERN },
        "additionalProperties": reference("override"),
    });
    group
}

/// A text that asks for a fact of the host.
const FACT: &str = r"\$\{";

/// A pattern of host names.
const PATTERN: &str = r"^[A-Za-z0-9\-_.*?]+$";

/// What a group of this mode does not have.
fn not_in(mode: ModeName) -> Value {
    let named = json!({ "required": ["mode"], "properties": { "mode": of_mode(&[mode]) } });
    let is_so = match mode {
        ModeName::ActiveBackup => json!({ "anyOf": [named, { "not": { "required": ["mode"] } }] }),
        _ => named,
    };
    let others = KEYS.iter().filter(|key| !key.modes.is_empty() && !key.modes.contains(&mode));
    let mut refused = json!({});
    for key in others {
        let mut place = &mut refused;
        for name in key.path.split('.') {
            place = &mut place["properties"][name.trim_end_matches("[]")];
            if name.ends_with("[]") {
                place = &mut place["items"];
            }
        }
        *place = Value::Bool(false);
    }
    if mode != ModeName::ActiveBackup {
        // The driver has these in active-backup alone (`bond_enslave`).
        refused["properties"]["mac"] = json!({ "not": { "enum": ["active", "follow"] } });
    }
    json!({ "if": is_so, "then": refused })
}

/// A table with known keys.
fn table(path: &str) -> Value {
    let below = |key: &&Key| {
        let name = match path {
            "" => Some(key.path),
            _ => key.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')),
        };
        name.is_some_and(|name| !name.contains('.'))
    };
    let name = |key: &Key| key.path.rsplit('.').next().unwrap_or(key.path).to_owned();
    let properties: Map<_, _> = KEYS.iter().filter(below).map(|key| (name(key), property(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn property(key: &Key) -> Value {
    let entry = format!("{}[]", key.path);
    let form = match (&key.form, key.path) {
        (Form::Table, path) => table(path),
        (Form::Tables { or: Some(or) }, "members") => {
            let chosen = json!({ "anyOf": [{ "required": ["name"] }, { "required": ["mac"] }] });
            json!({ "type": "array", "minItems": 1, "items": { "anyOf": [of(or), with(table(&entry), chosen)] } })
        }
        (Form::Tables { .. }, _) => {
            // A default route needs a next hop.
            let default = json!({ "properties": { "to": { "const": "default" } } });
            let rule = json!({ "required": ["to"], "if": default, "then": { "required": ["via"] } });
            json!({ "type": "array", "items": with(table(&entry), rule) })
        }
        (form, "detection.probe.targets") => with(of(form), json!({ "maxItems": 2 * ProbeDetection::MAX_TARGETS })),
        (form, _) => of(form),
    };
    with(json!({ "description": description(key.path) }), in_place(form))
}

/// Other keys beside `$ref` are passed over in this draft.
fn in_place(form: Value) -> Value {
    if form.get("$ref").is_some() { json!({ "allOf": [form] }) } else { form }
}

fn of(form: &Form) -> Value {
    match form {
        Form::Table | Form::Tables { .. } => json!({ "type": ["object", "array"] }),
        Form::List(entry, least) => json!({ "type": "array", "minItems": least, "items": of(entry) }),
        // One of each family.
        Form::OneOrList(entry) => {
            json!({ "anyOf": [of(entry), { "type": "array", "maxItems": 2, "items": of(entry) }] })
        }
        Form::Words(words) => json!({ "anyOf": [{ "enum": words() }, { "type": "string", "pattern": FACT }] }),
        Form::Mode => json!({ "anyOf": [of_mode(ModeName::ALL), { "type": "string", "pattern": FACT }] }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Number(range) => {
            let bound = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
            json!({ "type": "integer", "minimum": bound(*range.start()), "maximum": bound(*range.end()) })
        }
        Form::Text(text) => reference(text.word()),
    }
}

/// Names, numbers and nicknames of modes.
fn of_mode(modes: &[ModeName]) -> Value {
    let names: Vec<_> = modes.iter().map(|mode| mode.word()).collect();
    let numbers: Vec<_> = modes.iter().map(|mode| mode.number()).collect();
    let aliases = ModeName::ALIASES.iter().filter(|(_, mode)| modes.contains(mode)).map(|(alias, _)| *alias);
    let digits: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    let words = names.iter().copied().chain(aliases).chain(digits.iter().map(String::as_str));
    let pattern: Vec<_> = words.map(in_any_case).collect();
    json!({ "anyOf": [
        { "enum": names },
        { "enum": numbers },
        { "type": "string", "pattern": format!("^({})$", pattern.join("|")) },
    ] })
}

/// A regular expression of a word, in capitals or not.
fn in_any_case(word: &str) -> String {
    let character = |c: char| match c {
        'a'..='z' => format!("[{}{c}]", c.to_ascii_uppercase()),
        '.' => "\\.".to_owned(),
        _ => c.to_string(),
    };
    word.chars().map(character).collect()
}

/// What the reference says of a key, in its Markdown but without links.
fn description(path: &str) -> String {
    let row = REFERENCE.lines().find_map(|line| line.strip_prefix(&format!("| `{path}` | ")));
    let cells: Vec<_> = row.unwrap_or_default().trim_end_matches(" |").split(" | ").map(without_links).collect();
    match cells.as_slice() {
        [form, default, modes, meaning] => {
            format!("{form}\n\nDefault: {default}\n\nModes: {modes}\n\nLinux: {meaning}")
        }
        _ => String::new(),
    }
}

fn without_links(text: &str) -> String {
    let mut pieces = text.split("](");
    let first = pieces.next().unwrap_or_default().to_owned();
    let plain = pieces.fold(first, |shown, rest| {
        let (front, label) = shown.rsplit_once('[').unwrap_or(("", &shown));
        format!("{front}{label}{}", rest.split_once(')').map_or("", |(_, rest)| rest))
    });
    plain.replace("\\|", "|")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key with a path in the schema, as `KEYS` has it.
    fn paths(schema: &Value, table: &Value, path: &str, found: &mut Vec<String>) {
        let table = match table["$ref"].as_str() {
            Some(reference) => &schema["definitions"][reference.rsplit('/').next().unwrap()],
            None => table,
        };
        for (name, value) in table["properties"].as_object().into_iter().flatten() {
            // What is for some hosts has the same keys again.
            if path.is_empty() && crate::spec::layers::KEYS.contains(&name.as_str()) {
                continue;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            found.push(path.clone());
            paths(schema, value, &path, found);
            let items = &value["items"];
            for entry in items["anyOf"].as_array().into_iter().flatten().chain([items]) {
                paths(schema, entry, &format!("{path}[]"), found);
            }
        }
    }

    #[test]
    fn the_schema_has_every_key_and_no_other() {
        let schema = schema();
        let mut found = Vec::new();
        paths(&schema, &schema["definitions"]["group"], "", &mut found);
        paths(&schema, &schema["definitions"]["hook"], "hook[]", &mut found);
        let mut known: Vec<_> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        found.sort();
        known.sort();
        assert_eq!(found, known);
    }

    #[test]
    fn every_key_is_described() {
        for key in KEYS {
            let text = description(key.path);
            assert!(text.contains("\n\nDefault: ") && !text.contains("]("), "{}: {text}", key.path);
        }
    }
}
