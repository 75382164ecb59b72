//! What holds after any sequence of commands and events: thousands of them, drawn from a fixed seed.

use illumos_simulator::{Class, Dialect, Family, Link, MemberState, State, Tracked};
use pretty_assertions::assert_eq;

/// Commands that make sense in some state and are refused in others.
const COMMANDS: [&str; 44] = [
    "ipadm create-if net0",
    "ipadm create-if -t net0",
    "ipadm create-if net1",
    "ipadm create-if -t wlan0",
    "ipadm delete-if net0",
    "ipadm delete-if net1",
    "ipadm delete-if wlan0",
    "ipadm create-ipmp ipmp0",
    "ipadm create-ipmp --temporary ipmp1",
    "ipadm delete-ipmp ipmp0",
    "ipadm delete-ipmp ipmp1",
    "ipadm add-ipmp -i net0,wlan0 ipmp0",
    "ipadm add-ipmp -i net1 ipmp0",
    "ipadm add-ipmp --temporary -i net0 ipmp1",
    "ipadm add-ipmp --temporary -i wlan0 ipmp0",
    "ipadm remove-ipmp -i net0 ipmp0",
    "ipadm remove-ipmp --temporary -i net0 ipmp1",
    "ipadm remove-ipmp --temporary -i wlan0 ipmp0",
    "ipadm set-ifprop -p standby=on -m ip wlan0",
    "ipadm set-ifprop -t -p standby=off -m ip wlan0",
    "ipadm set-ifprop -p standby=on -m ip net0",
    "ipadm create-addr -T static -a 192.168.1.34/24 ipmp0/v4",
    "ipadm create-addr -T static -a 192.168.1.35/24 ipmp0/b",
    "ipadm create-addr -T static -a 192.168.1.50/24 net0/v4",
    "ipadm create-addr -t -T static -a 192.168.1.51/24 net1/v4",
    "ipadm create-addr -T addrconf net0/v6",
    "ipadm create-addr -T addrconf ipmp0/v6",
    "ipadm delete-addr ipmp0/v4",
    "ipadm delete-addr net0/v4",
    "ipadm down-addr ipmp0/b",
    "ipadm up-addr ipmp0/b",
    "ipadm disable-if -t net0",
    "ipadm enable-if -t net0",
    "ifconfig net1 plumb group home-lan up",
    "ifconfig net1 192.168.1.60/24 -failover up",
    "ifconfig net1 failover",
    "ifconfig net1 group ipmp0",
    "ifconfig net1 inet6 plumb up",
    "ifconfig net0 addif 192.168.1.61/24 up",
    "ifconfig wlan0 -standby",
    "if_mpadm -d net0",
    "if_mpadm -r net0",
    "route -p add default 192.168.1.1",
    "route -p delete default 192.168.1.1",
];

/// A generator of numbers that is the same everywhere (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

fn hold(state: &State, history: &[String]) {
    let told = history.join("\n");
    for interface in &state.interfaces {
        // Facts §2.3: both is EINVAL.
        assert!(!(interface.failed && interface.inactive), "{told}");
        // A data address that is up on a member has migrated.
        for (_, lif) in interface.lifs().filter(|_| interface.is_member()) {
            assert!(!lif.up || lif.nofailover || lif.is_link_local() || lif.is_stub(), "{told}");
        }
    }
    for group in &state.groups {
        let ipmp = state.interface(&group.interface).expect("the interface of the group");
        assert_eq!(ipmp.class, Class::Ipmp);
        // Facts §2.3: RUNNING with an active member, else FAILED.
        assert_eq!(ipmp.running, !ipmp.failed, "{told}");
        let working = |member: &&String| {
            Family::BOTH.iter().any(|family| state.interface(member).expect("a member").is_active(*family))
        };
        assert_eq!(ipmp.running, group.members.iter().any(|member| working(&member)), "{told}");
        for (family, lif) in ipmp.lifs() {
            // Addresses are bound to members that are active in their family, and to one whenever there is one.
            let active = |member: &&String| state.interface(member).expect("a member").is_active(family);
            let bound = lif.bound.as_ref().is_some_and(|bound| active(&bound));
            let could = lif.up && !lif.is_stub() && group.members.iter().any(|member| active(&member));
            assert_eq!(bound, could, "{told}");
        }
        // Of members that function, at least one is active (facts §4.4).
        let members = || state.mpathd.members.iter().filter(|member| member.group == group.name);
        let functions = |member: &Tracked| matches!(member.state, MemberState::Running | MemberState::NoTargets);
        assert_eq!(members().any(|member| member.active), members().any(functions), "{told}");
    }
}

#[test]
fn no_sequence_of_commands_and_events_breaks_the_rules() {
    for dialect in [Dialect::IllumosNew, Dialect::IllumosOld, Dialect::Solaris11] {
        for seed in 0..60 {
            let links = [
                Link::ether("net0", "0:0:0:0:0:1"),
                Link::ether("net1", "0:0:0:0:0:2"),
                Link::wifi("wlan0", "0:0:0:0:0:3"),
            ];
            let mut state = State::new(dialect, &links);
            let mut dice = Dice(seed);
            let mut history = Vec::new();
            for _ in 0..120 {
                match dice.below(COMMANDS.len() + 12).checked_sub(COMMANDS.len()) {
                    None => {}
                    Some(0) => {
                        illumos_simulator::reboot(&mut state);
                        history.push("reboot".to_owned());
                    }
                    Some(1..4) => {
                        illumos_simulator::advance(&mut state, 7_000);
                        history.push("advance".to_owned());
                    }
                    Some(_) => {
                        let link = dice.below(3);
                        state.links[link].up ^= true;
                        history.push(format!("turn {}", state.links[link].name));
                        illumos_simulator::settle(&mut state);
                    }
                }
                let line = COMMANDS[dice.below(COMMANDS.len())];
                let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
                illumos_simulator::run(&words[0], &words[1..], &mut state);
                history.push(line.to_owned());
                hold(&state, &history);
                // What is settled stays settled.
                let mut again = state.clone();
                illumos_simulator::settle(&mut again);
                assert_eq!(again, state, "{}", history.join("\n"));
            }
        }
    }
}
