//! Runs of Ansible, and what it told of each host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What `tests/ansible/setup` has made.
pub(crate) fn tools() -> Option<PathBuf> {
    std::env::var_os("MPATH_TEST_ANSIBLE").filter(|path| !path.is_empty()).map(Into::into)
}

/// A file beside these.
pub(crate) fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ansible").join(name)
}

/// Runs a command that must succeed, and gives what it wrote.
pub(crate) fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "not in a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a run of Ansible came to.
pub(crate) struct Play {
    entries: Vec<Value>,
    pub(crate) output: String,
    pub(crate) code: i32,
}

/// Runs `ansible-playbook` on the fleet.
pub(crate) fn play(words: &[&str]) -> Play {
    super::fleet::all();
    let tools = tools().unwrap();
    let record = "/run/fleet/record.jsonl";
    let mut command = Command::new(tools.join("ansible/bin/ansible-playbook"));
    command.current_dir(here(""));
    command.env("ANSIBLE_CONFIG", here("ansible.cfg")).env("ANSIBLE_CALLBACK_PLUGINS", here("callback"));
    command.env("ANSIBLE_COLLECTIONS_PATH", tools.join("collections")).env("MPATH_TEST_RECORD", record);
    command.env("MPATH_TEST_PYTHON", "/usr/bin/python3");
    // An empty environment has no locale, and Ansible wants UTF-8.
    command.env("LC_ALL", "C.UTF-8").env("ANSIBLE_HOME", "/run/fleet/ansible").env("ANSIBLE_NOCOLOR", "1");
    let start = Instant::now();
    let output = command.arg("-i").arg(here("inventory.yml")).args(words).output().unwrap();
    eprintln!("ansible-playbook {}: {:.1} s", words.join(" "), start.elapsed().as_secs_f32());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let entries = fs::read_to_string(record).unwrap_or_default();
    Play {
        entries: entries.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        output: format!("{}\n{}", text(&output.stdout), text(&output.stderr)),
        code: output.status.code().unwrap_or(-1),
    }
}

impl Play {
    /// What is told of a host in the end: `changed`, `failures`, `ok`, `unreachable`, …
    pub(crate) fn count(&self, host: &str, what: &str) -> u64 {
        let stats = self.entries.iter().find(|entry| entry["what"] == "stats" && entry["host"] == host);
        let count = stats.and_then(|entry| entry["result"][what].as_u64());
        count.unwrap_or_else(|| panic!("nothing is told of {host}\n{}", self.output))
    }

    /// The results of a task on a host, each with how it ended.
    pub(crate) fn results(&self, host: &str, task: &str) -> Vec<(&str, &Value)> {
        let is_of = |entry: &&Value| {
            let name = entry["task"].as_str().unwrap();
            entry["host"] == host && entry["what"] != "start" && (name == task || name.ends_with(&format!(": {task}")))
        };
        self.entries.iter().filter(is_of).map(|entry| (entry["what"].as_str().unwrap(), &entry["result"])).collect()
    }

    /// The only result of a task on a host.
    #[track_caller]
    pub(crate) fn result(&self, host: &str, task: &str) -> (&str, &Value) {
        let results = self.results(host, task);
        assert_eq!(results.len(), 1, "{host}: {task}\n{}", self.output);
        results[0]
    }

    /// From when to when a task was at work on a host.
    pub(crate) fn time(&self, host: &str, task: &str) -> (f64, f64) {
        let is_of = |entry: &&Value| entry["host"] == host && entry["task"].as_str().unwrap().ends_with(task);
        let times: Vec<_> = self.entries.iter().filter(is_of).map(|entry| entry["at"].as_f64().unwrap()).collect();
        (times[0], times[times.len() - 1])
    }

    /// That nothing failed.
    #[track_caller]
    pub(crate) fn is_good(&self) -> &Self {
        assert_eq!(self.code, 0, "{}", self.output);
        self
    }
}
