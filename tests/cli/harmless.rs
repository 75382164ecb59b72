//! Texts that would act on a terminal, or break a line or JSON, from every side that texts come from.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use mpath_core::{BackendError, Snapshot};
use serde_json::Value;

use crate::world::{HOME_LAN, World, name};

/// Clears the screen, goes up a line, turns text round, ends a string, and is long.
fn hostile() -> String {
    format!("\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{9b}1A\u{202e}\u{2066}\u{7f}\\\"'{}", "x".repeat(10_000))
}

/// Runs mpath with these words, as text and as JSON, and looks at what it wrote.
fn look(world: &World, words: &[&OsStr]) -> Vec<(u8, String)> {
    let forms = [&["--color=always"][..], &["--color=never"], &["--json"]];
    let run = |form: &&[&str]| {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut arguments: Vec<OsString> = vec!["mpath".into()];
        arguments.extend(words.iter().map(OsString::from));
        arguments.extend(form.iter().map(OsString::from));
        if !words.contains(&OsStr::new("--config")) {
            arguments.extend(["--config".into(), world.path("etc").into()]);
        }
        let code = world.run_words(arguments, &mut stdout, &mut stderr);
        let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        for text in [&stdout, &stderr] {
            let acts =
                |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!without_colours(text).contains(acts), "{words:?}: {text:?}");
        }
        if form.contains(&"--json") {
            serde_json::from_str::<Value>(&stdout).unwrap_or_else(|error| panic!("{words:?}: {error}: {stdout:?}"));
        }
        (code, stdout + &stderr)
    };
    forms.iter().map(run).collect()
}

/// A text without the colours that mpath itself uses: `ESC [ numbers m`.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix('m') {
            Some(rest) => plain += rest,
            None => plain += &format!("\u{1b}[{piece}"),
        }
    }
    plain
}

fn words(line: &str) -> Vec<&OsStr> {
    line.split(' ').map(OsStr::new).collect()
}

#[test]
fn words_of_the_command_line_cannot_act() {
    let world = World::new();
    let hostile = hostile();
    let broken = OsStr::from_bytes(b"\xff\x1b[2J");
    for word in [OsStr::new(&hostile), broken] {
        for mut line in
            ["up", "down", "status", "plan", "check", "up --wait", "plan --state", "plan --platform", "--config"]
                .map(words)
        {
            line.push(word);
            line.extend(line.contains(&OsStr::new("--config")).then_some(OsStr::new("check")));
            assert!(look(&world, &line).iter().all(|(code, _)| *code != 0), "{line:?}");
        }
        assert!(look(&world, &[word]).iter().all(|(code, _)| *code == 2));
    }
}

#[test]
fn files_cannot_act_by_their_names_nor_by_what_is_in_them() {
    let hostile = hostile();
    let quoted = serde_json::to_string(&hostile).unwrap().replace("\\u007f", "").replace('\u{7f}', "");
    let wrong = [
        hostile.clone(),
        format!("[group.{quoted}]\nmembers = [\"eth0\"]\n"),
        format!("[group.a]\nmembers = [{quoted}]\nprimary = {quoted}\naddresses = [{quoted}]\n"),
        format!("[group.a]\n{quoted} = 1\nmode = {quoted}\n"),
        format!("[group.a]\nmembers = [\"eth0\"] # {}\nmembers = 1\n", "\u{202e}\u{9b}"),
    ];
    for text in wrong {
        let world = World::new();
        world.file("home-lan.toml", text);
        for line in ["check", "plan", "up", "status"] {
            assert!(look(&world, &words(line)).iter().all(|(code, _)| *code == 3));
        }
    }
    let world = World::new();
    fs::write(world.path("etc").join(OsStr::from_bytes(b"\x1b[2J\xff\n\xe2\x80\xae.toml")), "wrong").unwrap();
    assert!(look(&world, &words("check")).iter().all(|(code, _)| *code == 3));
}

#[test]
fn answers_of_a_system_cannot_act() {
    let errors: [fn() -> BackendError; 5] = [
        || BackendError::Refused { operation: hostile(), errno: Some(16), message: Some(hostile()) },
        || BackendError::Command { command: hostile(), how: hostile(), stdout: hostile(), stderr: hostile() },
        || BackendError::Io { action: "read", object: hostile(), source: std::io::Error::other(hostile()) },
        || BackendError::Nonsense { object: hostile(), found: hostile() },
        || BackendError::NoDriver { reason: hostile(), cure: hostile() },
    ];
    for error in errors {
        let world = World::new();
        world.faults.open.set(Some(error));
        for line in ["status", "plan", "up -vv", "down -vv"] {
            assert!(look(&world, &words(line)).iter().all(|(code, _)| *code != 0));
        }
        world.faults.open.set(None);
        world.fail(move |_| Some(error()));
        assert!(look(&world, &words("up -vv")).iter().all(|(code, _)| *code != 0));
    }
}

#[test]
fn texts_on_a_host_cannot_act() {
    let world = World::new();
    world.run("up -q");
    let label = |text: &str| {
        let mut host = world.host.borrow_mut();
        host.host.interfaces.get_mut("bond0").unwrap().group_mut().unwrap().label = Some(text.to_owned());
    };
    for text in [hostile(), format!("mpath:{}", hostile())] {
        label(&text);
        for line in ["status", "plan", "plan --adopt", "up -vv", "down -vv", "plan --down"] {
            look(&world, &words(line));
        }
    }
    let world = World::new();
    let mut host: Snapshot = world.host.borrow().host.clone();
    host.interfaces.get_mut(&name("eth0")).unwrap().kind = mpath_core::snapshot::Kind::Other(hostile());
    world.host.borrow_mut().host = host;
    for line in ["status", "plan", "up"] {
        look(&world, &words(line));
    }
}

#[test]
fn what_was_kept_cannot_act() {
    let world = World::new();
    world.run("up -q");
    let receipt: Value = serde_json::from_str(&world.receipt("home-lan").unwrap()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut receipt = receipt.clone();
        change(&mut receipt);
        receipt.to_string()
    };
    let kept = [
        hostile(),
        with(|receipt| receipt["receipt"]["schema"] = hostile().into()),
        with(|receipt| receipt["receipt"]["group"] = hostile().into()),
        with(|receipt| receipt["boot"] = hostile().into()),
    ];
    for text in kept {
        fs::write(world.path("run/receipts/home-lan.json"), &text).unwrap();
        fs::write(world.path("state.json"), &text).unwrap();
        for line in ["status", "plan", "plan --down", "up"] {
            look(&world, &words(line));
        }
        let state = world.path("state.json");
        look(
            &world,
            &[
                OsStr::new("plan"),
                OsStr::new("--platform"),
                OsStr::new("linux"),
                OsStr::new("--state"),
                state.as_os_str(),
            ],
        );
    }
}

/// A name that a file may have, and that would be a command to a shell.
#[test]
fn commands_are_shown_with_strange_names_in_quotes() {
    let world = World::new();
    world.file("home-lan.toml", HOME_LAN.replace("\"eth0\"", "\"e;reboot\""));
    let eth0 = world.host.borrow_mut().host.interfaces.remove("eth0").unwrap();
    world.host.borrow_mut().host.interfaces.insert(name("e;reboot"), eth0);
    let plan = world.run("plan");
    assert!(plan.stdout.contains("ip link set dev 'e;reboot' master bond0\n"), "{plan}");
    for platform in ["illumos", "illumos-ifconfig", "solaris"] {
        let plan = world.run(&format!("plan --platform {platform}"));
        let shown = plan.stdout.lines().filter(|line| line.starts_with("       ") && line.contains("reboot"));
        assert!(shown.clone().all(|line| line.contains("'e;reboot'")) && shown.count() > 0, "{plan}");
    }
}
