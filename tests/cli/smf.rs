//! The manifest of SMF, by the rules of its document type, `service_bundle.dtd.1` of illumos
//! (`usr/src/cmd/svc/dtd`, read in 2026): `svccfg import` refuses what breaks them, and runs nowhere here. Of the rules
//! only those of elements that the manifest uses are here, in words of our own; any other element is a failure.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use roxmltree::{Document, Node, ParsingOptions};

use crate::expected::repository;

/// How often an element may stand below another.
#[derive(Clone, Copy)]
enum Often {
    Once,
    AtMostOnce,
    Any,
    AtLeastOnce,
}

use Often::{Any, AtLeastOnce, AtMostOnce, Once};

/// The values of an attribute.
enum Values {
    Text,
    OneOf(&'static [&'static str]),
    Number,
    Fmri,
}

use Values::{Fmri, Number, OneOf, Text};

/// What an element may have: attributes, those that must be there and those that may, and elements in this order.
/// Names divided by `|` may stand in any order among themselves.
struct Rule {
    must: &'static [(&'static str, Values)],
    may: &'static [(&'static str, Values)],
    below: &'static [(&'static str, Often)],
}

const BOOLEAN: Values = OneOf(&["true", "false"]);
const GROUPINGS: Values = OneOf(&["require_all", "require_any", "exclude_all", "optional_all"]);
const RESTARTS: Values = OneOf(&["error", "restart", "refresh", "none"]);
const TYPES: Values = OneOf(&[
    "count",
    "integer",
    "opaque",
    "host",
    "hostname",
    "net_address_v4",
    "net_address_v6",
    "time",
    "astring",
    "ustring",
    "boolean",
    "fmri",
    "uri",
]);

fn rule(element: &str) -> Option<Rule> {
    let nothing = Rule { must: &[], may: &[], below: &[] };
    Some(match element {
        "service_bundle" => Rule {
            must: &[("type", OneOf(&["manifest", "profile", "archive"])), ("name", Text)],
            below: &[("service", Any)],
            ..nothing
        },
        "service" => Rule {
            must: &[("name", Text), ("version", Number), ("type", OneOf(&["service", "restarter", "milestone"]))],
            below: &[
                ("create_default_instance", AtMostOnce),
                ("single_instance", AtMostOnce),
                ("dependency", Any),
                ("dependent", Any),
                ("method_context", AtMostOnce),
                ("exec_method", Any),
                ("property_group", Any),
                ("stability", AtMostOnce),
                // A manifest must have one.
                ("template", Once),
            ],
            ..nothing
        },
        "create_default_instance" => Rule { must: &[("enabled", BOOLEAN)], ..nothing },
        "single_instance" => nothing,
        "dependency" => Rule {
            must: &[
                ("name", Text),
                ("grouping", GROUPINGS),
                ("restart_on", RESTARTS),
                ("type", OneOf(&["service", "path"])),
            ],
            may: &[("delete", BOOLEAN)],
            below: &[("service_fmri", Any), ("stability", AtMostOnce), ("propval|property", Any)],
        },
        "dependent" => Rule {
            must: &[("name", Text), ("grouping", GROUPINGS), ("restart_on", RESTARTS)],
            may: &[("delete", BOOLEAN), ("override", BOOLEAN)],
            below: &[("service_fmri", Once), ("stability", AtMostOnce), ("propval|property", Any)],
        },
        "service_fmri" => Rule { must: &[("value", Fmri)], ..nothing },
        "exec_method" => Rule {
            must: &[
                ("type", OneOf(&["method", "monitor"])),
                ("name", Text),
                ("exec", Text),
                ("timeout_seconds", Number),
            ],
            may: &[("delete", BOOLEAN)],
            below: &[("method_context", AtMostOnce), ("stability", AtMostOnce), ("propval|property", Any)],
        },
        "property_group" => Rule {
            must: &[("name", Text), ("type", Text)],
            may: &[("delete", BOOLEAN)],
            below: &[("stability", AtMostOnce), ("propval|property", Any)],
        },
        "propval" => {
            Rule { must: &[("name", Text), ("type", TYPES), ("value", Text)], may: &[("override", BOOLEAN)], ..nothing }
        }
        "stability" => Rule {
            must: &[("value", OneOf(&["Standard", "Stable", "Evolving", "Unstable", "External", "Obsolete"]))],
            ..nothing
        },
        "template" => Rule {
            below: &[("common_name", Once), ("description", AtMostOnce), ("documentation", AtMostOnce)],
            ..nothing
        },
        "common_name" | "description" => Rule { below: &[("loctext", AtLeastOnce)], ..nothing },
        "loctext" => Rule { must: &[("lang", Text)], ..nothing },
        _ => return None,
    })
}

impl Values {
    fn has(&self, value: &str) -> bool {
        match self {
            Text => !value.is_empty(),
            OneOf(values) => values.contains(&value),
            Number => value.parse::<i64>().is_ok(),
            Fmri => value.starts_with("svc:/") || value.starts_with("file://localhost/"),
        }
    }
}

/// What breaks the rules in an element and below it.
fn faults(node: Node<'_, '_>, found: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(Rule { must, may, below }) = rule(name) else {
        found.push(format!("{name} is not known"));
        return;
    };
    for (attribute, _) in must {
        if !node.attributes().any(|own| own.name() == *attribute) {
            found.push(format!("{name} has no {attribute}"));
        }
    }
    for own in node.attributes() {
        match must.iter().chain(may).find(|(known, _)| *known == own.name()) {
            Some((_, values)) if values.has(own.value()) => {}
            Some(_) => found.push(format!("{name} has {}={:?}", own.name(), own.value())),
            None => found.push(format!("{name} has an attribute {}", own.name())),
        }
    }
    let mut children = node.children().filter(Node::is_element).peekable();
    for (names, often) in below {
        let mut count = 0;
        while children.next_if(|child| names.split('|').any(|name| name == child.tag_name().name())).is_some() {
            count += 1;
        }
        let fits = match often {
            Once => count == 1,
            AtMostOnce => count <= 1,
            Any => true,
            AtLeastOnce => count >= 1,
        };
        if !fits {
            found.push(format!("{name} has {count} {names}"));
        }
    }
    found.extend(children.map(|child| format!("{} may not stand there in {name}", child.tag_name().name())));
    let is_text = |child: &Node<'_, '_>| child.is_text() && !child.text().unwrap_or_default().trim().is_empty();
    if name != "loctext" && node.children().any(|child| is_text(&child)) {
        found.push(format!("{name} has text in it"));
    }
    node.children().filter(Node::is_element).for_each(|child| faults(child, found));
}

fn all_faults(text: &str) -> Vec<String> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "service_bundle");
    let mut found = Vec::new();
    faults(root, &mut found);
    found
}

fn manifest() -> String {
    fs::read_to_string(repository("packaging/smf/mpath.xml")).unwrap()
}

#[test]
fn the_manifest_keeps_the_rules_of_its_document_type() {
    let text = manifest();
    assert!(text.contains("<!DOCTYPE service_bundle SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\">"));
    assert_eq!(all_faults(&text), [""; 0]);
}

#[test]
fn what_breaks_those_rules_is_found() {
    let text = manifest();
    for (from, to, fault) in [
        ("grouping=\"require_all\" ", "", "dependency has no grouping"),
        ("enabled=\"false\"", "enabled=\"no\"", "create_default_instance has enabled=\"no\""),
        ("timeout_seconds=\"120\"", "timeout_seconds=\"2m\"", "exec_method has timeout_seconds=\"2m\""),
        ("<single_instance/>", "", ""),
        (
            "    <single_instance/>\n",
            "    <stability value=\"Stable\"/>\n",
            "dependency may not stand there in service",
        ),
        ("<stability value=\"Unstable\"/>", "<stability/>", "stability has no value"),
        ("<common_name>", "<title/><common_name>", "template has 0 common_name"),
        ("svc:/milestone/network", "network", "service_fmri has value=\"network\""),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from}");
        let found = all_faults(&broken);
        assert_eq!(found.iter().any(|found| found == fault), !fault.is_empty(), "{from}: {found:?}");
    }
}

/// What the manifest, its method and `mpath enable` say of each other.
#[test]
fn the_manifest_names_what_is_there() {
    let text = manifest();
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).unwrap();
    let method = repository("packaging/smf/mpath");
    assert_eq!(fs::metadata(&method).unwrap().permissions().mode() & 0o111, 0o111);
    let script = fs::read_to_string(&method).unwrap();
    let mut durations = BTreeMap::new();
    for service in document.descendants().filter(|node| node.has_tag_name("service")) {
        let of = |tag: &'static str| service.descendants().filter(move |node| node.has_tag_name(tag));
        let name = service.attribute("name").unwrap();
        let start = of("exec_method").find(|method| method.attribute("name") == Some("start")).unwrap();
        let word = start.attribute("exec").unwrap().strip_prefix("/lib/svc/method/mpath ").unwrap();
        assert!(script.contains(&format!("\n{word})\n")), "{word}");
        let duration = of("propval").find(|value| value.attribute("name") == Some("duration")).unwrap();
        durations.insert(name, duration.attribute("value").unwrap());
    }
    assert_eq!(durations, [("network/mpath/agent", "child"), ("network/mpath/recover", "transient")].into());
    for part in ["svc:/network/physical:default", "svc:/network/ipmp:default"] {
        assert!(text.contains(&format!("<service_fmri value=\"{part}\"/>")), "{part}");
    }
}
