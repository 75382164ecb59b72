use super::*;
use crate::address::Lifetime;
use crate::snapshot::Membership;
use crate::{SourceFile, read};

fn name(text: &str) -> InterfaceName {
    text.parse().unwrap()
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn card(kind: Kind, link: bool) -> Interface {
    let mut interface = Interface::new(kind);
    (interface.up, interface.carrier) = (true, link);
    interface
}

fn host(interfaces: impl IntoIterator<Item = (&'static str, Interface)>) -> Snapshot {
    let interfaces = interfaces.into_iter().map(|(text, interface)| (name(text), interface)).collect();
    Snapshot { interfaces, ..Snapshot::default() }
}

/// A laptop whose Wi-Fi is in use: an address and the way out.
fn laptop() -> Snapshot {
    let mut radio = card(Kind::Wireless, true);
    radio.addresses.push(Address::new(net("192.168.1.34/24")));
    radio.routes.push(Route { metric: Some(600), ..Route::default_via([192, 168, 1, 24].into()) });
    host([("eth0", radio), ("eth1", card(Kind::Ethernet, false)), ("lo", card(Kind::Loopback, true))])
}

fn choice(proposal: &Proposal) -> Choice {
    let members = proposal.members();
    let (given, taken_from) = proposal.given(&members);
    Choice { name: "home-lan".parse().unwrap(), primary: members.first().cloned(), members, given, taken_from }
}

#[test]
fn a_laptop_gets_wired_before_wireless_and_the_address_in_use() {
    let proposal = Proposal::of(&laptop(), &[]);
    let text = proposal.draft(&choice(&proposal), true).to_toml();
    let groups = read(&[SourceFile::new("home-lan.toml", text.clone())]).unwrap().groups;
    let wanted = "[group.home-lan]\nmembers = [\"eth1\", \"eth0\"]\nprimary = \"eth1\"\naddresses = [\"192.168.1.34/24\"]\n\
        gateway = \"192.168.1.24\"\ndetection.link = { interval = \"100ms\", up-delay = \"200ms\", down-delay = \"200ms\" }\n";
    assert_eq!(groups, read(&[SourceFile::new("wanted.toml", wanted)]).unwrap().groups, "{text}");
    assert!(text.contains("# as eth0 has them now"), "{text}");
    assert!(!proposal.draft(&choice(&proposal), false).to_toml().contains("detection"));
}

#[test]
fn what_is_leased_or_nowhere_is_leased_again() {
    let mut host = laptop();
    let radio = host.interfaces.get_mut(&name("eth0")).unwrap();
    radio.addresses[0].lifetime = Some(Lifetime { valid: 3600, preferred: 3600 });
    // dhclient's routes are nobody's in particular.
    radio.routes[0].protocol = 3;
    let leased = Proposal::of(&host, &[]);
    let lease = Given { dhcp: true, ..Given::default() };
    assert_eq!(choice(&leased).given, lease);
    host.interfaces.get_mut(&name("eth0")).unwrap().addresses.clear();
    let bare = choice(&Proposal::of(&host, &[]));
    assert_eq!((bare.given, bare.taken_from), (lease, None));
}

#[test]
fn a_lease_of_ipv6_is_told_from_router_advertisements() {
    let mut host = laptop();
    for (address, dhcp6) in [("2001:db8::34/64", false), ("2001:db8::34/128", true)] {
        let mut address = Address::new(net(address));
        address.lifetime = Some(Lifetime { valid: 3600, preferred: 3600 });
        host.interfaces.get_mut(&name("eth0")).unwrap().addresses = vec![address];
        assert_eq!(Proposal::of(&host, &[]).card(&name("eth0")).unwrap().given.dhcp6, dhcp6);
    }
}

#[test]
fn a_card_of_another_network_is_offered_and_not_proposed() {
    let mut host = laptop();
    let mut other = card(Kind::Ethernet, true);
    other.addresses.push(Address::new(net("10.0.0.1/8")));
    host.interfaces.insert(name("eth2"), other);
    let proposal = Proposal::of(&host, &[]);
    assert_eq!(proposal.members(), [name("eth1"), name("eth0")]);
    assert_eq!(proposal.cards.len(), 3);
    // Who chooses it gets its address.
    let (given, from) = proposal.given(&[name("eth2")]);
    assert_eq!((given.addresses, from), (vec![net("10.0.0.1/8")], Some(name("eth2"))));
}

#[test]
fn ways_out_that_cannot_be_reached_from_the_addresses_are_not_taken() {
    let mut host = laptop();
    let radio = host.interfaces.get_mut(&name("eth0")).unwrap();
    radio.routes = vec![
        Route { onlink: true, ..Route::default_via([10, 9, 9, 9].into()) },
        Route::default_via("fe80::1".parse().unwrap()),
        Route::new(net("10.0.0.0/8"), Some([192, 168, 1, 9].into())),
    ];
    let given = choice(&Proposal::of(&host, &[])).given;
    assert_eq!(given.gateways, ["fe80::1".parse::<IpAddr>().unwrap()]);
    assert_eq!(given.routes.len(), 1);
}

#[test]
fn what_can_be_no_member_is_left_out_with_a_word() {
    let mut taken = card(Kind::Ethernet, true);
    taken.controller = Some(Controller::Other { name: name("br0"), kind: "bridge".to_owned() });
    let mut member = card(Kind::Ethernet, true);
    member.controller = Some(Controller::Group(Membership::new(name("bond0"), None)));
    let described = "[group.office]\nmembers = [\"eth5\"]\ndhcp = true\n";
    let described = read(&[SourceFile::new("office.toml", described)]).unwrap().groups;
    let host = host([
        ("br0", card(Kind::Other("bridge".to_owned()), true)),
        ("eth0", card(Kind::Ethernet, true)),
        ("eth0.7", card(Kind::Stacked(Some(name("eth0"))), true)),
        ("eth2", taken),
        ("eth3", member),
        ("eth5", card(Kind::Ethernet, true)),
        ("lo", card(Kind::Loopback, true)),
    ]);
    let proposal = Proposal::of(&host, &described);
    let told: Vec<_> = proposal.left_out.iter().map(|left| format!("{}: {}", left.name, left.why)).collect();
    assert_eq!(
        told,
        [
            "br0: bridge",
            "eth0.7: stands on eth0",
            "eth2: works for br0, a bridge",
            "eth3: works for the group's device bond0",
            "eth5: a member of the group office in mpath's own configuration",
            "lo: loopback",
        ]
    );
    assert_eq!(proposal.members(), [name("eth0")]);
}
