//! Hosts and wishes, made up: what a card may have of its own, what a group may be, what people do to it by hand.

use std::time::Duration;

use illumos_simulator::{Dialect, Lease, Link, Simulator};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::world::World;

/// The cards of every host.
pub(crate) const CARDS: [&str; 3] = ["net0", "net1", "wlan0"];
/// The device of the group.
pub(crate) const DEVICE: &str = "lan0";

/// A host, perhaps with a group, and the group that is wanted next.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    cards: Vec<Card>,
    /// The segments where a DHCP server answers.
    served: [bool; 3],
    /// A default route of the cards' own.
    routed: bool,
    pub(crate) earlier: Option<Wish>,
    by_hand: Vec<Deed>,
    pub(crate) wanted: Wish,
}

/// A card before any group.
#[derive(Debug, Clone)]
struct Card {
    plumbed: Option<Lasting>,
    own: Vec<(Own, Lasting)>,
}

/// Whether it outlives a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Temporary,
    Persistent,
}

/// What a card has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    /// An address in the subnet of the groups.
    Near,
    /// One elsewhere.
    Far,
    Leased,
    LinkLocal,
}

/// What is done by hand to a group that is up.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Standby(&'static str),
    NoStandby(&'static str),
    Offline(&'static str),
    Cut(&'static str),
    /// The cable is out for a while, and in again.
    Flap(&'static str),
    TakeOut(&'static str),
    /// The DHCP server gives something else the next time.
    OtherLease(&'static str),
    OtherAddress,
    OtherRoute,
}

/// A group as a file says it.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) members: Vec<&'static str>,
    pub(crate) primary: Option<&'static str>,
    pub(crate) addresses: Vec<&'static str>,
    pub(crate) gateway: bool,
    pub(crate) route: bool,
    pub(crate) dhcp: bool,
    pub(crate) accept_ra: bool,
    pub(crate) failback: bool,
    /// The interval of probes, in milliseconds.
    pub(crate) probes: Option<u32>,
    missing: bool,
}

impl Wish {
    /// The file.
    pub(crate) fn file(&self) -> String {
        let member = |name: &&str| match self.probes {
            Some(_) => format!("{{ name = \"{name}\", probe-address = \"{}\" }}", probe_address(name)),
            None => format!("\"{name}\""),
        };
        let mut members: Vec<_> = self.members.iter().map(member).collect();
        members.extend(
            self.missing
                .then(|| "{ name = \"net9\", optional = true, probe-address = \"192.168.1.99/24\" }".to_owned()),
        );
        let mut text = format!("[group.lan]\nmembers = [{}]\n", members.join(", "));
        let mut line = |said: bool, line: String| {
            if said {
                text.push_str(&line);
                text.push('\n');
            }
        };
        line(self.primary.is_some(), format!("primary = {:?}", self.primary.unwrap_or_default()));
        line(!self.addresses.is_empty(), format!("addresses = {:?}", self.addresses));
        line(self.gateway, "gateway = \"192.168.1.24\"".to_owned());
        line(self.route, "routes = [{ to = \"10.20.0.0/16\", via = \"192.168.1.25\" }]".to_owned());
        line(self.dhcp, "dhcp = true".to_owned());
        line(self.accept_ra, "accept-ra = true".to_owned());
        line(!self.failback, "failback = \"never\"".to_owned());
        let interval = self.probes.unwrap_or_default();
        line(self.probes.is_some(), format!("detection.probe = {{ interval = \"{interval}ms\" }}"));
        text
    }
}

/// The test address of a card.
pub(crate) fn probe_address(card: &str) -> String {
    let number = CARDS.iter().position(|other| *other == card).unwrap_or_default();
    format!("192.168.1.{}/24", 50 + number)
}

/// What a card is asked with: `ipadm` or `ifconfig`, which may refuse.
fn ask(host: &Simulator, line: &str) {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    host.run(program, &words.collect::<Vec<_>>());
}

impl Case {
    /// A host in the first state: with the earlier group, where there is one. Tells whether the case makes sense.
    pub(crate) fn begin(&self, dialect: Dialect) -> World {
        let links = [
            Link::ether(CARDS[0], "2:0:0:0:0:1"),
            Link::ether(CARDS[1], "2:0:0:0:0:2"),
            Link::wifi(CARDS[2], "2:0:0:0:0:3"),
        ];
        let world = World::with_cards(dialect, &links, "");
        for (number, name) in CARDS.into_iter().enumerate() {
            world.host.with_link(name, |link| {
                let (address, router) = (format!("192.168.1.{}/24", 70 + number), Some("192.168.1.24".to_owned()));
                link.lease = self.served[number].then_some(Lease { address, router });
            });
            self.cards[number].set_up(&world.host, name, number);
        }
        if self.routed {
            ask(&world.host, "route add default 192.168.1.24");
        }
        world
    }

    /// What people have done to the group since.
    pub(crate) fn meddle(&self, world: &World, dialect: Dialect) {
        let old = dialect == Dialect::IllumosOld;
        for deed in &self.by_hand {
            // What a card outside is made, or keeps when it is taken out, nobody could give back.
            if let Deed::Standby(card) | Deed::TakeOut(card) = deed
                && !world
                    .host
                    .state()
                    .interface(card)
                    .is_some_and(|card| card.is_member() && (!card.standby || matches!(deed, Deed::Standby(_))))
            {
                continue;
            }
            let line = match (*deed, old) {
                (Deed::Standby(card), false) => format!("ipadm set-ifprop -t -p standby=on -m ip {card}"),
                (Deed::Standby(card), true) => format!("ifconfig {card} standby"),
                (Deed::NoStandby(card), false) => format!("ipadm set-ifprop -t -p standby=off -m ip {card}"),
                (Deed::NoStandby(card), true) => format!("ifconfig {card} -standby"),
                (Deed::Offline(card), _) => format!("if_mpadm -d {card}"),
                (Deed::TakeOut(card), false) => format!("ipadm remove-ipmp --temporary -i {card} {DEVICE}"),
                (Deed::TakeOut(card), true) => format!("ifconfig {card} group "),
                (Deed::OtherAddress, false) => {
                    format!("ipadm create-addr -t -T static -a 10.50.0.1/24 {DEVICE}/theirs")
                }
                (Deed::OtherAddress, true) => format!("ifconfig {DEVICE} addif 10.50.0.1/24 up"),
                (Deed::OtherRoute, _) => format!("route add 10.60.0.0/16 10.50.0.9 -ifp {DEVICE}"),
                (Deed::Cut(card), _) => {
                    world.host.cut(card);
                    continue;
                }
                (Deed::OtherLease(card), _) => {
                    world.host.with_link(card, |link| {
                        if let Some(lease) = &mut link.lease {
                            lease.address = lease.address.replace(".7", ".17");
                        }
                    });
                    continue;
                }
                (Deed::Flap(card), _) => {
                    world.host.cut(card);
                    world.host.plug(card);
                    world.host.advance(Duration::from_secs(61));
                    continue;
                }
            };
            ask(&world.host, &line);
        }
    }
}

impl Card {
    fn set_up(&self, host: &Simulator, name: &str, number: usize) {
        let Some(plumbed) = self.plumbed else { return };
        let flag = |lasting: Lasting| if lasting == Lasting::Temporary { "-t " } else { "" };
        ask(host, &format!("ipadm create-if {}{name}", flag(plumbed)));
        for (own, lasting) in &self.own {
            let flag = flag(if plumbed == Lasting::Temporary { plumbed } else { *lasting });
            let line = match own {
                Own::Near => format!("ipadm create-addr {flag}-T static -a 192.168.1.{}/24 {name}/near", 7 + number),
                Own::Far => format!("ipadm create-addr {flag}-T static -a 10.{number}.0.7/16 {name}/far"),
                // As long as mpath waits, too: nothing tells how long another one does.
                Own::Leased => format!("ipadm create-addr {flag}-T dhcp -w 30 {name}/leased"),
                Own::LinkLocal => format!("ipadm create-addr {flag}-T addrconf {name}/v6"),
            };
            ask(host, &line);
        }
    }
}

fn lasting() -> impl Strategy<Value = Lasting> {
    select(vec![Lasting::Temporary, Lasting::Persistent])
}

fn card() -> impl Strategy<Value = Card> {
    let own = subsequence(vec![Own::Near, Own::Far, Own::Leased, Own::LinkLocal], 0..=3);
    let own = own.prop_flat_map(|own| own.into_iter().map(|own| (Just(own), lasting())).collect::<Vec<_>>());
    (proptest::option::of(lasting()), own).prop_map(|(plumbed, own)| Card { plumbed, own })
}

fn deed() -> impl Strategy<Value = Deed> {
    let cards = || select(CARDS.to_vec());
    prop_oneof![
        cards().prop_map(Deed::Standby),
        cards().prop_map(Deed::NoStandby),
        cards().prop_map(Deed::Offline),
        cards().prop_map(Deed::Cut),
        cards().prop_map(Deed::Flap),
        cards().prop_map(Deed::TakeOut),
        cards().prop_map(Deed::OtherLease),
        Just(Deed::OtherAddress),
        Just(Deed::OtherRoute),
    ]
}

fn wish(dialect: Dialect, lasting: bool) -> impl Strategy<Value = Wish> {
    let mut all = vec!["192.168.1.34/24", "192.168.1.35/24", "10.9.0.1/16"];
    let new = dialect != Dialect::IllumosOld;
    // By ifconfig no group with IPv6 outlives a boot.
    let ipv6 = new || !lasting;
    all.extend(ipv6.then_some("2001:db8::34/64"));
    let most = all.len();
    let members = subsequence(CARDS.to_vec(), 1..=3).prop_shuffle();
    let rest = (any::<[bool; 5]>(), proptest::option::weighted(0.3, select(vec![300_u32, 1000])), any::<bool>());
    let primary = proptest::option::weighted(0.8, any::<proptest::sample::Index>());
    (members, primary, subsequence(all, 0..=most).prop_shuffle(), rest).prop_map(
        move |(members, primary, mut addresses, (flags, probes, missing))| {
            let [gateway, route, dhcp, accept_ra, failback] = flags;
            let dhcp = dhcp && !gateway;
            let near = |address: &&str| address.starts_with("192.168.1.");
            // A next hop is on a subnet of the group's.
            if (addresses.is_empty() && !dhcp) || (gateway || route || probes.is_some()) && !addresses.iter().any(near)
            {
                addresses.push("192.168.1.34/24");
            }
            Wish {
                primary: primary.map(|index| *index.get(&members)),
                // Probes ask the gateway.
                gateway: gateway || probes.is_some(),
                dhcp: dhcp && probes.is_none(),
                accept_ra: accept_ra && ipv6,
                members,
                addresses,
                route,
                failback,
                probes,
                missing,
            }
        },
    )
}

/// Cases for a dialect, with groups that outlive a boot or not.
pub(crate) fn case(dialect: Dialect, lasting: bool) -> impl Strategy<Value = Case> {
    let cards = proptest::collection::vec(card(), 3);
    let earlier = proptest::option::weighted(0.7, (wish(dialect, lasting), proptest::collection::vec(deed(), 0..3)));
    let served = proptest::array::uniform3(proptest::bool::weighted(0.8));
    (cards, served, any::<bool>(), earlier, wish(dialect, lasting)).prop_map(
        |(cards, served, routed, earlier, wanted)| {
            let (earlier, by_hand) = earlier.map_or((None, vec![]), |(wish, deeds)| (Some(wish), deeds));
            Case { cards, served, routed, earlier, by_hand, wanted }
        },
    )
}
