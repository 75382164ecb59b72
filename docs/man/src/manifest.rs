//! The package for illumos (`packaging/ips`), judged here, where all pages are known: there is no pkg(7) on Linux to ask.
//!
//! What an action is, which attributes it must have and what may be in them is in pkg(7) of illumos, "Actions".

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One action of a manifest: its name, the file that it is about, and its attributes.
#[derive(Debug, PartialEq)]
struct Action {
    name: String,
    payload: Option<String>,
    attributes: BTreeMap<String, String>,
}

/// Takes a manifest apart. A value with a space is in quotes, in which a backslash stands before what is meant as it is.
fn parse(text: &str) -> Result<Vec<Action>, String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| action(line).map_err(|why| format!("{why}: {line}"))).collect()
}

fn action(line: &str) -> Result<Action, String> {
    let mut words = words(line)?.into_iter();
    let name = words.next().ok_or("an empty line")?;
    let mut action = Action { name, payload: None, attributes: BTreeMap::new() };
    for (number, word) in words.enumerate() {
        match word.split_once('=') {
            Some((key, value)) => {
                if action.attributes.insert(key.to_owned(), value.to_owned()).is_some() {
                    return Err(format!("{key} is there twice"));
                }
            }
            None if number == 0 => action.payload = Some(word),
            None => return Err(format!("{word} is no attribute")),
        }
    }
    Ok(action)
}

fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut letters = line.chars().peekable();
    while letters.next_if(|letter| *letter == ' ').is_some() || letters.peek().is_some() {
        let mut word = String::new();
        while let Some(letter) = letters.next_if(|letter| *letter != ' ') {
            if !matches!(letter, '"' | '\'') {
                word.push(letter);
                continue;
            }
            if !word.ends_with('=') {
                return Err("a quotation mark inside a word".to_owned());
            }
            loop {
                match letters.next().ok_or("a quotation mark without another")? {
                    '\\' => word.extend(letters.next()),
                    end if end == letter => break,
                    other => word.push(other),
                }
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    Ok(words)
}

/// What an action must have, and what else it may have, as far as mpath's uses it.
fn keys_of(action: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match action {
        "set" => (&["name", "value"], &[]),
        "file" => (&["path", "mode", "owner", "group"], &["preserve", "restart_fmri", "refresh_fmri"]),
        "dir" => (&["path", "mode", "owner", "group"], &[]),
        "link" => (&["path", "target"], &[]),
        "license" => (&["license"], &[]),
        "group" => (&["groupname"], &[]),
        // Without a password that locks it, or a shell, it would be for people.
        "user" => (
            &["username", "group", "password", "login-shell", "home-dir"],
            &["uid", "gcos-field", "group-list", "ftpuser"],
        ),
        "depend" => (&["fmri", "type"], &[]),
        _ => return None,
    })
}

/// What is wrong with an action.
fn wrong(Action { name, payload, attributes }: &Action) -> Vec<String> {
    let Some((required, optional)) = keys_of(name) else { return vec![format!("there is no action {name}")] };
    let mut wrong = Vec::new();
    for key in required.iter().filter(|key| !attributes.contains_key(**key)) {
        wrong.push(format!("{name} without {key}"));
    }
    for key in attributes.keys().filter(|key| !required.contains(&key.as_str()) && !optional.contains(&key.as_str())) {
        wrong.push(format!("{name} with {key}"));
    }
    if payload.is_some() != ["file", "license"].contains(&name.as_str()) {
        wrong.push(format!("{name} and a file: {payload:?}"));
    }
    for (key, value) in attributes {
        let right = match key.as_str() {
            "path" => {
                const NOT: [&str; 5] = ["system/volatile", "tmp", "var/share", "var/tmp", "var/pkg"];
                let parts: Vec<_> = value.split('/').collect();
                parts.iter().all(|part| !["", ".", ".."].contains(part))
                    && NOT.iter().all(|folder| !Path::new(value).starts_with(folder))
            }
            "mode" => value.len() == 4 && u32::from_str_radix(value, 8).is_ok_and(|mode| mode & 0o7022 == 0),
            "owner" => value == "root",
            "group" if name == "user" => is_account(value),
            "group" => ["bin", "sys"].contains(&value.as_str()),
            "groupname" | "username" => is_account(value),
            "password" => value == "*LK*",
            "login-shell" | "home-dir" => value.starts_with('/'),
            "ftpuser" => ["true", "false"].contains(&value.as_str()),
            "uid" => value.parse::<u32>().is_ok(),
            "preserve" => {
                ["true", "renameold", "renamenew", "legacy", "abandon", "install-only"].contains(&value.as_str())
            }
            "restart_fmri" | "refresh_fmri" => value.starts_with("svc:/") && value.matches(':').count() == 2,
            "type" => ["require", "optional", "require-any", "group", "conditional"].contains(&value.as_str()),
            // "must not include the publisher".
            "fmri" => value.strip_prefix("pkg:/").is_some_and(|name| !name.starts_with('/')),
            "license" => value.len() <= 64,
            _ => !value.is_empty(),
        };
        if !right {
            wrong.push(format!("{name} with {key}={value}"));
        }
    }
    wrong
}

/// The name of an account: no colon, which is between the fields of passwd(5), and nothing that a shell takes apart.
fn is_account(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn manifest() -> Vec<Action> {
    parse(&fs::read_to_string(repository("packaging/ips/mpath.p5m")).unwrap()).unwrap()
}

/// All files below a folder, with their modes.
fn files(folder: &Path, below: &Path, found: &mut BTreeMap<String, u32>) {
    for entry in fs::read_dir(folder.join(below)).unwrap().flatten() {
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            files(folder, &path, found);
        } else {
            found.insert(path.to_str().unwrap().to_owned(), entry.metadata().unwrap().permissions().mode() & 0o7777);
        }
    }
}

#[test]
fn every_action_of_the_manifest_has_what_it_must_have() {
    let actions = manifest();
    let wrong: Vec<_> = actions.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let set = |name: &str| {
        let mut found = actions.iter().filter(|action| action.name == "set" && action.attributes["name"] == name);
        let value = found.next().unwrap_or_else(|| panic!("no {name}")).attributes["value"].clone();
        assert_eq!(found.next(), None);
        value
    };
    assert_eq!(set("pkg.fmri"), format!("pkg://mpath/network/mpath@{}", env!("CARGO_PKG_VERSION")));
    assert!(!set("pkg.summary").ends_with('.') && set("pkg.description").ends_with('.'));
    assert_eq!(set("info.classification").split_once(':').unwrap().0, "org.opensolaris.category.2008");
    assert!(["i386", "sparc"].contains(&set("variant.arch").as_str()));
    for key in ["path", "license", "fmri"] {
        let mut seen = BTreeSet::new();
        for value in actions.iter().filter_map(|action| action.attributes.get(key)) {
            assert!(seen.insert(value), "{key}={value} is there twice");
        }
        assert!(!seen.is_empty(), "{key}");
    }
    for action in actions.iter().filter(|action| action.name == "file") {
        // SMF looks at its manifests when it is told to.
        let of_smf = action.attributes["path"].starts_with("lib/svc/manifest/");
        let told =
            action.attributes.get("restart_fmri").is_some_and(|fmri| fmri == "svc:/system/manifest-import:default");
        assert_eq!(of_smf, told, "{action:?}");
        // What an administrator may change is kept.
        let changed = action.attributes["path"].starts_with("etc/");
        assert_eq!(changed, action.attributes.contains_key("preserve"), "{action:?}");
    }
}

#[test]
fn the_package_for_illumos_has_the_files_that_are_laid_out_for_it_and_no_others() {
    let folder = tempfile::TempDir::new().unwrap();
    let (pages, proto) = (folder.path().join("man"), folder.path().join("proto"));
    super::write(&pages).unwrap();
    let mut command = Command::new(repository("packaging/ips/layout"));
    // Any program will do here.
    let output = command.arg(&proto).arg(std::env::current_exe().unwrap()).arg(&pages).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut laid_out = BTreeMap::new();
    files(&proto, Path::new(""), &mut laid_out);
    assert!(laid_out.len() > 30, "{laid_out:?}");
    for action in manifest().iter().filter(|action| action.payload.is_some()) {
        let payload = action.payload.as_deref().unwrap();
        let mode = laid_out.remove(payload).unwrap_or_else(|| panic!("{payload} is not laid out, or named twice"));
        if action.name == "file" {
            assert_eq!(action.attributes["path"], payload, "a file lies where it is to be");
            assert_eq!(action.attributes["mode"], format!("{mode:04o}"), "{payload}");
        }
    }
    assert!(laid_out.is_empty(), "packaging/ips/mpath.p5m lacks a line for: {laid_out:?}");
}

#[test]
fn the_user_of_hooks_is_the_same_on_every_system_and_has_a_group_of_its_own() {
    let sysusers = fs::read_to_string(repository("packaging/sysusers")).unwrap();
    let line = sysusers.lines().find(|line| line.starts_with("u ")).unwrap();
    let (begin, comment) = line.split_once('"').unwrap();
    let name = begin.split(' ').nth(1).unwrap();
    let actions = manifest();
    let of_kind = |kind: &str| {
        let mut found = actions.iter().filter(|action| action.name == kind);
        let action = found.next().unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!(found.next(), None);
        &action.attributes
    };
    let (group, user) = (of_kind("group"), of_kind("user"));
    assert_eq!((group["groupname"].as_str(), user["username"].as_str(), user["group"].as_str()), (name, name, name));
    assert_eq!(user["gcos-field"], comment.trim_end_matches('"'));
}

#[test]
fn a_manifest_that_pkg_would_not_take_is_seen_through() {
    for text in [
        "set name=x value=a\\ b",
        "set name=x value=\"a b",
        "file a b path=c",
        "dir path=a path=b mode=0755 owner=root group=bin",
    ] {
        parse(text).unwrap_err();
    }
    for text in [
        "flie a path=b mode=0444 owner=root group=bin",
        "file a path=b owner=root group=bin",
        "file path=b mode=0444 owner=root group=bin",
        "file a path=/b mode=0444 owner=root group=bin",
        "file a path=../b mode=0444 owner=root group=bin",
        "file a path=b mode=0666 owner=root group=bin",
        "file a path=b mode=444 owner=root group=bin",
        "file a path=b mode=0444 owner=me group=bin",
        "dir path=var/pkg/x mode=0755 owner=root group=sys",
        "license a",
        "group groupname=a:b",
        "user username=a group=a login-shell=/usr/bin/false home-dir=/",
        "user username=a password=*LK* login-shell=/usr/bin/false home-dir=/",
        "user username=a group=a password=NP login-shell=/usr/bin/false home-dir=/",
        "depend type=require fmri=pkg://somebody/system/network",
        "depend type=needs fmri=pkg:/system/network",
    ] {
        let actions = parse(text).unwrap();
        assert!(!wrong(&actions[0]).is_empty(), "{text}");
    }
    let right = parse("# so\nset name=x \\\n    value=\"it's \\\"a b\\\"\"\n").unwrap();
    assert_eq!(right[0].attributes["value"], "it's \"a b\"");
    assert_eq!(wrong(&right[0]), Vec::<String>::new());
}
