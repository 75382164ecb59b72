//! Many at once: each run takes its turn, and the end is that of some order.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::mortal::journals;
use crate::mpath::Config;
use crate::network::{Segment, picture, receipt, state_directory, wait_for_picture};

crate::cases!(OwnNamespace:
    fifty_runs_at_once_on_three_groups_end_as_some_order_of_them_would,
    a_second_run_that_may_not_wait_names_the_first,
);

const ALL: &[&str] = &["eth0", "eth1", "eth2", "eth3", "eth4", "eth5"];
const GROUPS: [&str; 3] = ["red", "green", "blue"];

fn file() -> String {
    let group = |(number, name): (usize, &&str)| {
        let (first, second) = (2 * number, 2 * number + 1);
        format!(
            "[group.{name}]\ndevice = \"bond{number}\"\nmembers = [\"eth{first}\", \"eth{second}\"]\nprimary = \"eth{first}\"\n\
             addresses = [\"10.{number}.0.1/24\"]\n"
        )
    };
    GROUPS.iter().enumerate().map(group).collect()
}

fn start(config: &Config, words: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpath"));
    command.arg("--config").arg(config.folder()).args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn fifty_runs_at_once_on_three_groups_end_as_some_order_of_them_would() {
    let _segment = Segment::new(ALL);
    let before = picture(ALL);
    let config = Config::new(&file());
    let mut running = Vec::new();
    for number in 0..50 {
        let group = GROUPS[number % 3];
        // Two of five bring up, two take down, one looks; each group sees every kind.
        let words: &[&str] = match (number / 3) % 5 {
            0 | 2 => &["up", group, "--wait", "300s", "--json"],
            1 | 3 => &["down", group, "--wait", "300s", "--json"],
            _ => &["status", group, "--json"],
        };
        running.push((words.join(" "), start(&config, words)));
    }
    for (words, child) in running {
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words}: {errors}");
        assert!(!errors.contains("interrupted"), "{words}: {errors}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap_or_else(|error| panic!("{words}: {error}"));
    }
    assert!(journals(&state_directory()).is_empty());
    for (number, group) in GROUPS.iter().enumerate() {
        let is_up = Path::new(&format!("/sys/class/net/bond{number}")).exists();
        assert_eq!(receipt(group).is_some(), is_up, "{group}");
        if is_up {
            config.mpath(&format!("plan {group} --check")).expect(0);
        }
    }
    config.succeed("down --all");
    wait_for_picture(&before, ALL);
}

fn a_second_run_that_may_not_wait_names_the_first() {
    let _segment = Segment::new(ALL);
    let config = Config::new(&file());
    std::fs::create_dir_all(state_directory()).unwrap();
    // The first is this test, which takes its time.
    let lock = std::fs::File::create(state_directory().join("lock")).unwrap();
    lock.lock().unwrap();
    std::io::Write::write_all(&mut &lock, b"42\nmpath up red\n").unwrap();
    config.mpath("up green --wait 0s").expect(12).says("mpath up red (pid 42)");
    let waits = start(&config, &["up", "green", "--wait", "60s"]);
    assert!(!Path::new("/sys/class/net/bond1").exists());
    drop(lock);
    let output = waits.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(Path::new("/sys/class/net/bond1").exists());
}
