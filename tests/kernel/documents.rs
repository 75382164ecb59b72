//! The documents are true: every command that they show is run, in the order in which they show it, on the story's host.
//!
//! A block of `console` has commands behind their prompts: `# ` is root's, `$ ` is anybody's and run as nobody. A
//! command ends with 0 unless a comment behind it says `# ends with N`. Lines below a command are what it writes, on
//! both streams; where there is none, that is not looked at. In them `…` stands for any text, on a line of its own
//! for any lines.
//!
//! A block of `toml` that begins with `# /etc/mpath/home-lan.toml` is that file; without one it is the story's. What the
//! reader does with a cable is a comment between the blocks: `<!-- cut eth1 -->`, `<!-- plug eth1 -->`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};

use crate::mpath::{HOME_LAN, run};
use crate::network::{self, PATIENCE, Segment};

crate::cases!(OwnNamespace: every_command_in_the_documents_does_what_they_say, documents_are_compared_with_care);

/// Where a document may show commands. A folder stands for every document in it.
const DOCUMENTS: [&str; 5] = ["README.md", "docs/architecture.md", "docs/guide", "docs/platforms", "docs/reference"];

/// What happens in a document.
#[derive(Debug, PartialEq)]
enum Event {
    Cut(String),
    Plug(String),
    Type(Shown),
}

/// A command as a document shows it.
#[derive(Debug, PartialEq)]
struct Shown {
    line: usize,
    as_root: bool,
    command: String,
    code: i32,
    output: Vec<String>,
}

fn every_command_in_the_documents_does_what_they_say() {
    let mut failures = Vec::new();
    let mut commands = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let events = events(&text);
        let count = events.iter().filter(|event| matches!(event, Event::Type(_))).count();
        if count > 0 {
            commands.push((path.clone(), count));
            let file = file_of(&text).unwrap_or(HOME_LAN).to_owned();
            // Each on a host of its own: namespaces are a thread's.
            let told = std::thread::spawn(move || tell(&events, &file)).join().unwrap();
            failures.extend(told.err().map(|failure| format!("{}:{failure}", path.display())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    for must in ["README.md", "wired-and-wireless-at-home.md", "commands.md"] {
        assert!(commands.iter().any(|(path, count)| path.ends_with(must) && *count > 3), "{must}: {commands:?}");
    }
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let mut found = Vec::new();
    for path in DOCUMENTS.map(|path| root.join(path)) {
        if path.is_dir() {
            let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
            found.extend(files.filter(|file| file.extension().is_some_and(|extension| extension == "md")));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn events(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut block = None;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language) };
        } else if block == Some("console") {
            let root = line.strip_prefix("# ");
            match (root.or_else(|| line.strip_prefix("$ ")), events.last_mut()) {
                (Some(command), _) => events.push(Event::Type(Shown {
                    line: number,
                    as_root: root.is_some(),
                    command: command.to_owned(),
                    code: code_of(command),
                    output: vec![],
                })),
                (None, Some(Event::Type(shown))) => shown.output.push(line.to_owned()),
                _ => panic!("line {number} is no command and below none: {line}"),
            }
        } else if block.is_none() {
            let comment = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
            match comment.and_then(|comment| comment.split_once(' ')) {
                Some(("cut", name)) => events.push(Event::Cut(name.to_owned())),
                Some(("plug", name)) => events.push(Event::Plug(name.to_owned())),
                _ => {}
            }
        }
    }
    events
}

/// The exit code that a comment behind a command tells.
fn code_of(command: &str) -> i32 {
    let Some((_, rest)) = command.split_once("# ends with ") else { return 0 };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().unwrap()
}

/// The file that a document shows.
fn file_of(text: &str) -> Option<&str> {
    let mut blocks = text.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    blocks.find(|block| block.starts_with("# /etc/mpath/home-lan.toml"))
}

/// Does what a document tells, up to the first thing that is not so.
fn tell(events: &[Event], file: &str) -> Result<(), String> {
    network::isolate(true);
    let programs = furnish(file);
    let segment = Segment::new(&["eth0", "eth1"]);
    for event in events {
        match event {
            Event::Cut(name) => segment.cut(name),
            Event::Plug(name) => segment.plug(name),
            Event::Type(shown) => shown.holds(&programs)?,
        }
    }
    Ok(())
}

/// Puts the file where it belongs, and mpath where everybody may run it: in this folder.
fn furnish(file: &str) -> PathBuf {
    let none = None::<&str>;
    let folder = Path::new("/run/mpath-documents");
    fs::create_dir_all(folder).unwrap();
    mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), none).unwrap();
    let (programs, etc) = (folder.join("bin"), folder.join("etc"));
    fs::create_dir(&programs).unwrap();
    for path in [folder, &programs] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // The folder that it was built in may be closed to nobody.
    let mpath = programs.join("mpath");
    fs::write(&mpath, "").unwrap();
    mount(Some(env!("CARGO_BIN_EXE_mpath")), &mpath, none, MsFlags::MS_BIND, none).unwrap();
    // Some guests cannot write to /etc: it is covered by one that leads to it, and has a folder more.
    fs::create_dir(&etc).unwrap();
    mount(Some("/etc"), &etc, none, MsFlags::MS_BIND | MsFlags::MS_REC, none).unwrap();
    mount(Some("tmpfs"), "/etc", Some("tmpfs"), MsFlags::empty(), Some("mode=755")).unwrap();
    for entry in fs::read_dir(&etc).unwrap() {
        let name = entry.unwrap().file_name();
        if name != "mpath" {
            symlink(etc.join(&name), Path::new("/etc").join(&name)).unwrap();
        }
    }
    fs::create_dir("/etc/mpath").unwrap();
    fs::write("/etc/mpath/home-lan.toml", file).unwrap();
    programs
}

impl Shown {
    /// Runs it and compares. What only looks may look again: the driver takes its time, as a reader does.
    fn holds(&self, programs: &Path) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let outcome = self.run(programs);
            if outcome.is_ok() || !self.command.starts_with("mpath status") || start.elapsed() > PATIENCE {
                return outcome;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn run(&self, programs: &Path) -> Result<(), String> {
        const NOBODY: u32 = 65534;
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec 2>&1\n{}", self.command)]).current_dir("/");
        command.env("PATH", format!("{}:{path}", programs.display()));
        if !self.as_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let outcome = run(command);
        let Self { line, command, code, output, .. } = self;
        let written: Vec<_> = outcome.stdout.trim_end().lines().map(str::trim_end).collect();
        let shown: Vec<_> = output.join("\n").trim_end().lines().map(str::to_owned).collect();
        let shown: Vec<_> = shown.iter().map(String::as_str).collect();
        if outcome.code != *code {
            return Err(format!("{line}: {command}: ended with {}, not {code}:\n{}", outcome.code, outcome.stdout));
        }
        if !shown.is_empty() && !lines_are(&written, &shown) {
            let (shown, written) = (shown.join("\n"), written.join("\n"));
            return Err(format!("{line}: {command}\n--- shown\n{shown}\n--- written\n{written}"));
        }
        Ok(())
    }
}

fn lines_are(written: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => written.is_empty(),
        [first, rest @ ..] if first.trim() == "…" => {
            (0..=written.len()).any(|skip| lines_are(&written[skip..], rest))
        }
        [first, rest @ ..] => {
            written.split_first().is_some_and(|(line, others)| line_is(line, first) && lines_are(others, rest))
        }
    }
}

fn line_is(written: &str, shown: &str) -> bool {
    let Some((head, tail)) = shown.split_once('…') else { return written == shown };
    let Some(rest) = written.strip_prefix(head) else { return false };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| line_is(&rest[at..], tail))
}

fn documents_are_compared_with_care() {
    let text = "```toml\n# no\n```\n```toml\n# /etc/mpath/home-lan.toml\na\n```\n<!-- cut eth1 -->\n\
        ```console\n# a # x\nb\n\nc\n$ d  # ends with 12, so\n```\n# e\n```sh\n# f\n```\n<!-- sample: x -->\n";
    let shown = |line, as_root, command: &str, code, output: &[&str]| {
        let (command, output) = (command.to_owned(), output.iter().map(ToString::to_string).collect());
        Event::Type(Shown { line, as_root, command, code, output })
    };
    let expected = [
        Event::Cut("eth1".to_owned()),
        shown(10, true, "a # x", 0, &["b", "", "c"]),
        shown(14, false, "d  # ends with 12, so", 12, &[]),
    ];
    assert_eq!(events(text), expected);
    assert_eq!(file_of(text), Some("# /etc/mpath/home-lan.toml\na\n"));

    assert!(line_is("a b c", "a … c") && line_is("ab", "a…b") && line_is("a", "a…") && line_is("aXbYb", "a…b…b"));
    assert!(!line_is("a b c d", "a … c") && !line_is("a", "b…") && !line_is("ab", "a"));
    assert!(lines_are(&["a", "b", "c"], &["a", "…"]) && lines_are(&["a", "c"], &["a", "  …", "c"]));
    assert!(!lines_are(&["a", "b"], &["a"]) && !lines_are(&["a"], &["a", "b"]) && !lines_are(&["b"], &["…", "a"]));
}
