//! What the guide shows, word for word.

use std::fs;

use super::cases;
use super::fleet::on;
use super::plays::converged;
use super::run::{here, play, succeed};

cases!(the_tasks_of_the_guide_bring_a_group_up_and_let_it_stay);

/// The first block of a language in the guide that has some words in it.
pub(super) fn of_the_guide(language: &str, words: &str) -> String {
    let text = fs::read_to_string(here("../../docs/guide/by-ansible.md")).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = text.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0));
    blocks.find(|block| block.contains(words)).unwrap_or_else(|| panic!("no {words}")).to_owned() + "\n"
}

/// A play of tasks of the guide.
fn play_of(host: &str, interpreter: &str, tasks: &str) -> String {
    let tasks: String = tasks.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "- name: Do as the guide shows\n  hosts: {host}\n  gather_facts: false\n  vars:\n    \
         ansible_python_interpreter: {interpreter}\n  tasks:\n{tasks}"
    )
}

fn the_tasks_of_the_guide_bring_a_group_up_and_let_it_stay() {
    let playbook = fs::read_to_string(here("../../packaging/ansible/playbooks/failover.yml")).unwrap();
    let shown = of_the_guide("yaml", "serial: 25%");
    assert!(playbook.ends_with(&shown), "the playbook of the collection is another\n{playbook}");
    converged();
    for host in ["web3", "web4", "sol2"] {
        succeed(on(host, &["/usr/local/bin/mpath", "down", "home-lan"]));
    }
    let plays = [
        play_of("web3", "/usr/bin/python3", &of_the_guide("yaml", "reset_connection")),
        play_of("web4:sol2", "/nonexistent", &of_the_guide("yaml", "mpath.mpath.bare")),
    ];
    fs::write("/run/fleet/guide.yml", plays.concat()).unwrap();
    let ran = play(&["/run/fleet/guide.yml"]);
    ran.is_good();
    for host in ["web3", "web4", "sol2"] {
        let (_, up) = ran.result(host, "Bring the group up");
        assert_eq!(up["changed"], true, "{up:#}");
        assert_eq!(succeed(on(host, &["/usr/local/bin/mpath", "status", "--check", "-q"])), "home-lan: ok\n");
    }
    let (_, stays) = ran.result("web3", "Let the change stay");
    assert_eq!(stays["changed"], true, "{stays:#}");
}
