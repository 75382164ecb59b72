//! `mpath agent` on IPMP: the same events and metrics as anywhere, and members that come back.

use illumos_simulator::{Dialect, Ending};

use crate::world::{DIALECTS, HOME_LAN, World};

#[test]
fn events_are_told_and_the_metrics_have_the_same_names() {
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let file = world.state_directory().join("mpath.prom");
        // It looks when it opens the host, when it has begun to listen, and then each second.
        world.meanwhile.replace(Some((3, |host| host.cut("net0"))));
        let run = world.done(&format!("agent --for 1500ms --textfile {}", file.display()));
        assert!(run.stderr.contains("home-lan: failover from net0 to net1"), "{dialect:?}: {run}");
        let text = std::fs::read_to_string(file).unwrap();
        let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let reference = include_str!("../../docs/reference/metrics.md");
        let documented = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        // Those that come only with a hook are none here.
        let documented = documented.filter(|name| *name != "mpath_hook_runs");
        let (mut families, mut documented) = (families.collect::<Vec<_>>(), documented.collect::<Vec<_>>());
        families.sort_unstable();
        documented.sort_unstable();
        assert_eq!(families, documented, "{dialect:?}");
        assert!(text.contains(r#"mpath_events_total{group="home-lan",event="failover"} 1"#), "{text}");
    }
}

#[test]
fn a_member_that_another_program_took_out_is_let_in_again() {
    // The standby keeps its flag, with which the planner lets nobody in whom it does not know.
    let member = "net0";
    for dialect in DIALECTS {
        let world = World::new(dialect, HOME_LAN);
        world.done("up");
        let device = world.look().interfaces.iter().find(|(_, i)| i.group().is_some()).unwrap().0.to_string();
        let (program, words) = match dialect {
            Dialect::IllumosOld => ("ifconfig", vec![member, "group", ""]),
            Dialect::Solaris11 => ("ipadm", vec!["remove-ipmp", "-t", "-i", member, &device]),
            // Its short option is not taken.
            _ => ("ipadm", vec!["remove-ipmp", "--temporary", "-i", member, &device]),
        };
        let taken = world.host.run(program, &words);
        assert_eq!(taken.ending, Ending::Exit(0), "{dialect:?}: {}", String::from_utf8_lossy(&taken.stderr));
        let run = world.done("agent --for 1500ms");
        assert!(
            run.stderr.contains(&format!("home-lan: {member} is let into the group: ")),
            "{dialect:?} {member}: {run}"
        );
        assert!(run.stderr.contains(&format!("home-lan: {member} is as the file says")), "{dialect:?} {member}: {run}");
        assert_eq!(world.run("plan --check").code, 0, "{dialect:?} {member}: {}", world.run("plan"));
        world.done("down");
    }
}

#[test]
fn a_hand_over_on_the_loss_of_a_link_is_not_needed_here() {
    let world = World::new(DIALECTS[0], HOME_LAN);
    world.done("up");
    let run = world.run("agent --for 0 --handover-on-carrier");
    assert_eq!(run.code, 9, "{run}");
    assert!(run.stderr.contains("acts on a lost link at once by itself"), "{run}");
}
