//! What a plan interrupts: the prediction asked of the kernel, step by step, and the time without an answer held
//! against that of the same commands typed by hand.

use std::time::{Duration, Instant};

use mpath_backend_linux::LinuxBackend;
use mpath_core::{Backend as _, Outage, Plan, Receipt};

use crate::flood::Flood;
use crate::mpath::{Config, HOME_LAN};
use crate::network::{Segment, batch, ip, option, wait_for_active, wait_until};
use crate::planned;

crate::cases!(OwnNamespace:
    a_step_that_is_predicted_to_cost_nothing_loses_no_packet,
    moving_the_address_takes_no_longer_than_by_hand,
);

const ADDRESS: &str = "192.168.1.34";

/// eth1 works for itself: on, with the address and the default route.
fn eth1_works_alone() {
    batch(&[], "link set eth1 up\naddress add 192.168.1.34/24 dev eth1\nroute add default via 192.168.1.24 dev eth1\n");
}

/// Does a plan under the flood, and returns for each step what it cost: predicted and found, in packets.
fn cost(plan: &Plan, backend: &mut LinuxBackend, flood: &mut Flood) -> Vec<(String, Outage, bool, usize)> {
    let away = |number: usize| {
        plan.outage.interruption.as_ref().is_some_and(|interruption| {
            interruption.worst == Outage::Outage
                && (interruption.first..=interruption.last.unwrap_or(usize::MAX)).contains(&number)
        })
    };
    let mut moments = vec![Instant::now()];
    for step in &plan.steps {
        backend.execute(step).unwrap_or_else(|error| panic!("{step}: {error}"));
        // What a step sets going must show before the next one.
        std::thread::sleep(Duration::from_millis(50));
        moments.push(Instant::now());
        // What is on its way at that moment is not to be lost by the next step.
        std::thread::sleep(Duration::from_millis(20));
    }
    *moments.last_mut().unwrap() = flood.wait_for_answers();
    let steps = plan.steps.iter().zip(&plan.outage.steps).zip(moments.windows(2)).enumerate();
    steps
        .map(|(number, ((step, outage), moment))| {
            (step.to_string(), *outage, away(number), flood.lost(moment[0], moment[1]))
        })
        .collect()
}

fn a_step_that_is_predicted_to_cost_nothing_loses_no_packet() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    eth1_works_alone();
    let mut backend = LinuxBackend::new().unwrap();
    let mut flood = Flood::start(ADDRESS);
    let link = |text: &str| HOME_LAN.replace("down-delay = \"200ms\"", text);
    let changes = [
        ("eth1 alone", HOME_LAN.replace("[\"eth1\", \"eth0\"]", "[\"eth1\"]")),
        ("a standby more", HOME_LAN.to_owned()),
        ("another delay", link("down-delay = \"400ms\"")),
        ("another interval", link("down-delay = \"400ms\"").replace("interval = \"100ms\"", "interval = \"50ms\"")),
        ("another primary", HOME_LAN.replace("primary   = \"eth1\"", "primary = \"eth0\"")),
        ("failback", HOME_LAN.replace("primary   = \"eth1\"", "failback = \"never\"\nprimary = \"eth0\"")),
        ("no primary", HOME_LAN.replace("primary   = \"eth1\"", "peer-notifications = 3")),
        ("the primary again", HOME_LAN.to_owned()),
        (
            "a route more",
            format!("{HOME_LAN}\n")
                .replace("gateway ", "routes = [{ to = \"10.9.0.0/16\", via = \"192.168.1.24\" }]\ngateway "),
        ),
        ("an address more", HOME_LAN.replace("\"192.168.1.34/24\"", "\"192.168.1.34/24\", \"192.168.1.35/24\"")),
        ("another MTU", HOME_LAN.replace("primary ", "mtu = 1450\nprimary ")),
        (
            "probes",
            HOME_LAN.split_once("link =").unwrap().0.to_owned()
                + "probe = { interval = \"100ms\", targets = [\"192.168.1.24\"] }\n",
        ),
        ("another mode", HOME_LAN.replace("primary   = \"eth1\"", "mode = \"balance-xor\"")),
        ("the mode again", HOME_LAN.to_owned()),
        ("a standby less", HOME_LAN.replace("[\"eth1\", \"eth0\"]", "[\"eth1\"]")),
        ("both again", HOME_LAN.to_owned()),
        ("the standby takes over", HOME_LAN.replace("primary   = \"eth1\"", "primary = \"eth0\"")),
        ("the active one less", HOME_LAN.replace("[\"eth1\", \"eth0\"]", "[\"eth1\"]")),
        ("all again", HOME_LAN.to_owned()),
    ];
    let mut receipt: Option<Receipt> = None;
    let mut told = Vec::new();
    for (change, text) in changes {
        let current = backend.observe().unwrap();
        let prepared = planned::up(&text, &current, receipt.as_ref(), &backend);
        receipt = Some(prepared.receipt);
        told.extend(cost(&prepared.plan, &mut backend, &mut flood).into_iter().map(|step| (change, step)));
        settle();
    }
    let current = backend.observe().unwrap();
    let down = planned::down(&current, receipt.as_ref(), &backend);
    told.extend(cost(&down, &mut backend, &mut flood).into_iter().map(|step| ("down", step)));
    let wrong: Vec<_> =
        told.iter().filter(|(_, (_, outage, away, lost))| *outage == Outage::None && !away && *lost > 0).collect();
    assert!(wrong.is_empty(), "lost by steps that are predicted to lose nothing: {wrong:#?}");
    // Both would be empty words if the flood did not notice an outage.
    for change in ["eth1 alone", "another mode", "down"] {
        let lost: usize = told.iter().filter(|(of, _)| *of == change).map(|(_, (_, _, _, lost))| lost).sum();
        assert!(lost > 10, "{change}: only {lost} packets were lost, of one every millisecond or so: {told:#?}");
    }
}

/// Waits until nothing changes any more: the links are up, and the primary is active.
fn settle() {
    wait_until("the bond has settled", || {
        let members = option("bond0", "slaves");
        let is_up =
            |member: &str| crate::network::read(&format!("/sys/class/net/{member}/bonding_slave/mii_status")) == "up";
        let primary = option("bond0", "primary");
        members.split(' ').all(is_up) && (primary.is_empty() || option("bond0", "active_slave") == primary)
    });
}

/// The commands of a plan, as `ip -batch` takes them.
fn commands(plan: &serde_json::Value) -> String {
    let steps = plan["groups"][0]["steps"].as_array().unwrap();
    let commands = steps.iter().flat_map(|step| step["commands"].as_array().unwrap());
    // By hand nobody would take the primary off a device that goes at once, for which `ip` has no command.
    commands.filter_map(|command| Some(format!("{}\n", command.as_str()?.strip_prefix("ip ")?))).collect()
}

fn moving_the_address_takes_no_longer_than_by_hand() {
    let _segment = Segment::new(&["eth0", "eth1"]);
    eth1_works_alone();
    let config = Config::new(HOME_LAN);
    let mut flood = Flood::start(ADDRESS);
    let mut gap = |change: &dyn Fn()| {
        let start = Instant::now();
        change();
        let end = flood.wait_for_answers();
        flood.longest_gap(start, end)
    };
    let (mut ours, mut by_hand) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..5 {
        let up = commands(&config.json("plan"));
        by_hand[0].push(gap(&|| drop(batch(&[], &up))));
        wait_for_active("bond0", "eth1");
        ip("link delete dev bond0");
        eth1_works_alone();
        ours[0].push(gap(&|| drop(config.succeed("up"))));
        wait_for_active("bond0", "eth1");
        ours[1].push(gap(&|| drop(config.succeed("down"))));
        config.succeed("up");
        wait_for_active("bond0", "eth1");
        let down = commands(&config.json("plan --down"));
        by_hand[1].push(gap(&|| drop(batch(&[], &down))));
        config.succeed("down");
    }
    for (change, (ours, by_hand)) in ["up", "down"].into_iter().zip(ours.into_iter().zip(by_hand)) {
        let story = format!("{change}: {ours:?}, by hand {by_hand:?}");
        // What else the machine does can only make a gap longer.
        assert!(ours.iter().min().unwrap() <= &(*by_hand.iter().min().unwrap() * 2 + TICKS), "{story}");
    }
}

/// Two ticks of a clock of 100 Hz: what one run may differ from the next by.
const TICKS: Duration = Duration::from_millis(20);
