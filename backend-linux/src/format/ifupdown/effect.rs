//! What a command does to a bond, as people wrote it before there were options for all: `ifenslave`, `echo` into
//! sysfs, `ip`, and their elders `ifconfig` and `route`.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::shell::Simple;

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// There is a bond of this name.
    Bond(String),
    /// An option of a bond.
    Option { bond: String, name: String, value: String, more: bool },
    /// An option of the driver, for every bond.
    Module { name: String, value: String },
    /// A member.
    Member { bond: String, member: String },
    /// The rank of a member.
    Priority { member: String, prio: String },
    /// An address, without those words of the command that no key says.
    Address { interface: String, net: String, without: Vec<String> },
    /// A route; over the stanza's interface where none is named.
    Route { interface: Option<String>, to: String, via: Option<String>, metric: Option<String> },
    /// The largest packet.
    Mtu { interface: String, value: String },
    /// The MAC address.
    Mac { interface: String, value: String },
    /// The permanent MAC address of a member.
    MacOf { bond: String, member: String },
    /// Whether router advertisements are listened to.
    AcceptRa { interface: String, value: String },
    /// Nothing that mpath does not do by itself.
    Itself,
    /// It waits for a time.
    Wait,
    /// It takes away what another command gives.
    Undo,
    /// Something else, and why that is beyond a group.
    Unknown(&'static str),
}

const NO_COMMANDS: &str = "mpath runs no commands of its own when a group comes up; `[[hook]]` does, by the agent";

/// Everything that a command does.
pub(crate) fn effects(command: &Simple) -> Vec<Effect> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let Some((program, rest)) = words.split_first() else { return vec![] };
    let known = match (program.rsplit('/').next().unwrap_or(program), rest) {
        ("modprobe" | "insmod", rest) => modprobe(rest),
        ("rmmod", _) => Some(vec![Effect::Undo]),
        ("ifenslave" | "ifenslave-2.6", rest) => ifenslave(rest),
        ("echo", rest) => echo(rest, command.to.as_deref()),
        ("ip", rest) => ip(rest),
        ("ifconfig", rest) => ifconfig(rest),
        ("route", rest) => route(rest),
        ("sysctl", rest) => sysctl(rest),
        ("sleep" | "ifup", _) => Some(vec![Effect::Wait]),
        _ => None,
    };
    known.unwrap_or_else(|| vec![Effect::Unknown(NO_COMMANDS)])
}

fn owned(text: &str) -> String {
    text.to_owned()
}

fn modprobe(words: &[&str]) -> Option<Vec<Effect>> {
    let (flags, rest): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
    let (module, options) = rest.split_first()?;
    if *module != "bonding" {
        return None;
    }
    if flags.iter().any(|flag| matches!(*flag, "-r" | "--remove")) {
        return Some(vec![Effect::Undo]);
    }
    let option = |option: &&str| option.split_once('=').map(|(name, value)| (owned(name), owned(value)));
    let options = options.iter().filter_map(option).map(|(name, value)| Effect::Module { name, value });
    Some([Effect::Itself].into_iter().chain(options).collect())
}

/// ifenslave(8) of the kernel's own documentation, and of Debian until 2.x.
fn ifenslave(words: &[&str]) -> Option<Vec<Effect>> {
    let (flags, rest): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
    let has = |short: &str, long: &str| flags.iter().any(|flag| *flag == short || *flag == long);
    if has("-d", "--detach") {
        return Some(vec![Effect::Undo]);
    }
    if has("-c", "--change-active") {
        return Some(vec![Effect::Unknown(
            "who carries the traffic now is no setting: mpath switch does it once, `primary` for good",
        )]);
    }
    let (bond, members) = rest.split_first()?;
    let member = |member: &&str| Effect::Member { bond: owned(bond), member: owned(member) };
    Some([Effect::Bond(owned(bond))].into_iter().chain(members.iter().map(member)).collect())
}

fn echo(words: &[&str], to: Option<&str>) -> Option<Vec<Effect>> {
    let file = to?;
    let value = words.iter().filter(|word| !matches!(**word, "-n" | "-e")).copied().collect::<Vec<_>>().join(" ");
    let path: Vec<&str> = file.split('/').filter(|part| !part.is_empty()).collect();
    let (gone, plus) = (value.starts_with('-'), value.trim_start_matches('+'));
    Some(match path.as_slice() {
        ["sys", "class", "net", "bonding_masters"] if gone => vec![Effect::Undo],
        ["sys", "class", "net", "bonding_masters"] => vec![Effect::Bond(owned(plus))],
        ["sys", "class", "net", _, "bonding", _] if gone => vec![Effect::Undo],
        ["sys", "class", "net", bond, "bonding", "slaves"] => {
            vec![Effect::Bond(owned(bond)), Effect::Member { bond: owned(bond), member: owned(plus) }]
        }
        ["sys", "class", "net", bond, "bonding", name] => {
            vec![Effect::Option { bond: owned(bond), name: owned(name), value: owned(plus), more: value != plus }]
        }
        ["sys", "class", "net", interface, "mtu"] => vec![Effect::Mtu { interface: owned(interface), value }],
        ["proc", "sys", "net", "ipv6", "conf", interface, "accept_ra"] => {
            vec![Effect::AcceptRa { interface: owned(interface), value }]
        }
        _ => return None,
    })
}

fn sysctl(words: &[&str]) -> Option<Vec<Effect>> {
    let settings = words.iter().filter(|word| !word.starts_with('-'));
    settings
        .map(|setting| {
            let (name, value) = setting.split_once('=')?;
            let name = name.replace('/', ".");
            let interface = name.strip_prefix("net.ipv6.conf.")?.strip_suffix(".accept_ra")?;
            Some(Effect::AcceptRa { interface: owned(interface), value: owned(value) })
        })
        .collect()
}

fn ifconfig(words: &[&str]) -> Option<Vec<Effect>> {
    let (interface, mut rest) = words.split_first()?;
    let mut effects = vec![Effect::Itself];
    while let Some((word, more)) = rest.split_first() {
        rest = more;
        match *word {
            "up" | "down" | "0.0.0.0" | "0" => {}
            "hw" => {
                let [_ether, mac, more @ ..] = more else { return None };
                effects.push(Effect::Mac { interface: owned(interface), value: owned(mac) });
                rest = more;
            }
            "mtu" => {
                let (value, more) = more.split_first()?;
                effects.push(Effect::Mtu { interface: owned(interface), value: owned(value) });
                rest = more;
            }
            _ => return None,
        }
    }
    Some(effects)
}

/// route(8).
fn route(words: &[&str]) -> Option<Vec<Effect>> {
    let words: Vec<&str> =
        words.iter().filter(|word| !matches!(**word, "-n" | "-v" | "-4" | "-A" | "inet")).copied().collect();
    let (verb, rest) = words.split_first()?;
    match *verb {
        "del" => return Some(vec![Effect::Undo]),
        "add" => {}
        _ => return None,
    }
    let (mut to, mut via, mut metric, mut interface, mut mask) = (None, None, None, None, None);
    let rest: Vec<&str> = rest.iter().copied().filter(|word| !matches!(*word, "-net" | "-host")).collect();
    let mut rest = rest.into_iter();
    while let Some(word) = rest.next() {
        match word {
            "netmask" => mask = rest.next(),
            "gw" => via = rest.next().map(owned),
            "metric" => metric = rest.next().map(owned),
            "dev" => interface = rest.next().map(owned),
            destination if to.is_none() => to = Some(owned(destination)),
            device if rest.len() == 0 => interface = Some(owned(device)),
            _ => return None,
        }
    }
    let mut to = to?;
    if let Some(mask) = mask {
        let length = Ipv4Net::with_netmask(to.parse().ok()?, mask.parse::<Ipv4Addr>().ok()?).ok()?.prefix_len();
        to = format!("{to}/{length}");
    }
    Some(vec![Effect::Route { interface, to, via, metric }])
}

/// ip(8), with the abbreviations that people use.
fn ip(words: &[&str]) -> Option<Vec<Effect>> {
    let objects: Vec<&str> = words.iter().skip_while(|word| word.starts_with('-')).copied().collect();
    let [object, verb, rest @ ..] = objects.as_slice() else { return None };
    let takes_away = matches!(*verb, "del" | "delete" | "d" | "flush");
    match *object {
        _ if takes_away && !rest.is_empty() => Some(vec![Effect::Undo]),
        "link" | "l" | "li" if matches!(*verb, "add" | "a") => link_add(rest),
        "link" | "l" | "li" if matches!(*verb, "set" | "s" | "change") => link_set(rest),
        "address" | "addr" | "a" | "ad" if matches!(*verb, "add" | "a" | "replace") => address_add(rest),
        "route" | "ro" | "r" if matches!(*verb, "add" | "a" | "replace" | "append") => route_add(rest),
        _ => None,
    }
}

fn link_add(words: &[&str]) -> Option<Vec<Effect>> {
    let words = words.strip_prefix(&["dev"]).or_else(|| words.strip_prefix(&["name"])).unwrap_or(words);
    let (bond, rest) = words.split_first()?;
    let kind = rest.iter().position(|word| *word == "type")?;
    if rest.get(kind + 1) != Some(&"bond") {
        return None;
    }
    let effects = link_set(&[&[*bond], rest].concat())?;
    Some([Effect::Bond(owned(bond))].into_iter().chain(effects).collect())
}

fn link_set(words: &[&str]) -> Option<Vec<Effect>> {
    let words = words.strip_prefix(&["dev"]).unwrap_or(words);
    let (device, rest) = words.split_first()?;
    let (mut effects, mut rest) = (vec![Effect::Itself], rest.iter().copied());
    let interface = || owned(device);
    while let Some(word) = rest.next() {
        effects.push(match word {
            "up" | "down" => continue,
            "nomaster" => Effect::Undo,
            "master" => Effect::Member { bond: owned(rest.next()?), member: interface() },
            "mtu" => Effect::Mtu { interface: interface(), value: owned(rest.next()?) },
            "address" => mac(interface(), rest.next()?),
            "type" => match rest.next()? {
                "bond" => {
                    let mut options = Vec::new();
                    while let Some(name) = rest.next() {
                        let (bond, name, value) = (interface(), owned(name), owned(rest.next()?));
                        options.push(Effect::Option { bond, name, value, more: false });
                    }
                    effects.extend(options);
                    break;
                }
                "bond_slave" => match (rest.next()?, rest.next()?) {
                    ("prio", prio) => Effect::Priority { member: interface(), prio: owned(prio) },
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        });
    }
    Some(effects)
}

/// A MAC address as it stands, or that which a member had before it joined.
fn mac(bond: String, word: &str) -> Effect {
    let file = word.strip_prefix("$(cat ").and_then(|word| word.strip_suffix(')')).unwrap_or_default();
    let member = file.strip_prefix("/sys/class/net/").and_then(|file| file.strip_suffix("/bonding_slave/perm_hwaddr"));
    match member {
        Some(member) => Effect::MacOf { bond, member: owned(member) },
        None => Effect::Mac { interface: bond, value: owned(word) },
    }
}

fn address_add(words: &[&str]) -> Option<Vec<Effect>> {
    let (mut net, mut interface, mut rest) = (None::<String>, None, words.iter().copied());
    let mut beside = Vec::new();
    while let Some(word) = rest.next() {
        match word {
            "dev" => interface = rest.next().map(owned),
            "brd" | "broadcast" | "label" | "scope" => beside.push((word, rest.next()?)),
            "nodad" => beside.push((word, "")),
            word if net.is_none() && word.contains(['.', ':']) => net = Some(owned(word)),
            _ => return None,
        }
    }
    let (interface, net) = (interface?, net?);
    // Those that it would have anyway: the broadcast address of the subnet, the name as the label.
    let usual = net.parse::<Ipv4Net>().map(|net| net.broadcast().to_string()).unwrap_or_default();
    beside.retain(|(word, value)| match *word {
        "brd" | "broadcast" => *value != "+" && *value != usual,
        "label" => *value != interface,
        "scope" => *value != "global",
        _ => true,
    });
    let without = beside.into_iter().map(|(word, value)| format!("{word} {value}").trim_end().to_owned()).collect();
    Some(vec![Effect::Address { interface, net, without }])
}

fn route_add(words: &[&str]) -> Option<Vec<Effect>> {
    let (mut to, mut via, mut metric, mut interface, mut rest) = (None, None, None, None, words.iter().copied());
    while let Some(word) = rest.next() {
        match word {
            "to" | "unicast" | "inet6" | "onlink" => {}
            "via" => {
                let hop = rest.next()?;
                via = Some(owned(if hop == "inet6" { rest.next()? } else { hop }));
            }
            "dev" => interface = rest.next().map(owned),
            "metric" | "preference" => metric = rest.next().map(owned),
            "proto" | "protocol" => drop(rest.next()?),
            "table" if rest.clone().next() == Some("main") => drop(rest.next()),
            word if to.is_none() && (word == "default" || word.contains(['.', ':'])) => to = Some(owned(word)),
            _ => return None,
        }
    }
    Some(vec![Effect::Route { interface, to: to?, via, metric }])
}

#[cfg(test)]
mod tests {
    use super::super::shell::commands;
    use super::*;

    fn of(line: &str) -> Vec<Effect> {
        commands(line, "bond0").unwrap().iter().flat_map(effects).filter(|effect| *effect != Effect::Itself).collect()
    }

    fn member(name: &str) -> Effect {
        Effect::Member { bond: "bond0".into(), member: name.into() }
    }

    fn option(name: &str, value: &str, more: bool) -> Effect {
        Effect::Option { bond: "bond0".into(), name: name.into(), value: value.into(), more }
    }

    fn way(interface: Option<&str>, to: &str, via: &str, metric: Option<&str>) -> Effect {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Effect::Route { interface: owned(interface), to: to.into(), via: Some(via.into()), metric: owned(metric) }
    }

    #[test]
    fn members_are_found_in_every_way_of_enslaving() {
        for line in [
            "/sbin/ifenslave -f bond0 eth1 eth0",
            "ifenslave-2.6 bond0 eth1 eth0",
            "echo +eth1 > /sys/class/net/bond0/bonding/slaves; echo +eth0 > /sys/class/net/$IFACE/bonding/slaves",
            "ip link set eth1 master bond0 && ip link set dev eth0 down master $IFACE",
        ] {
            let found: Vec<_> = of(line).into_iter().filter(|effect| matches!(effect, Effect::Member { .. })).collect();
            assert_eq!(found, [member("eth1"), member("eth0")], "{line}");
        }
    }

    #[test]
    fn options_are_found_where_they_are_echoed_given_to_ip_or_to_the_module() {
        assert_eq!(of("echo eth1 > /sys/class/net/bond0/bonding/primary"), [option("primary", "eth1", false)]);
        assert_eq!(
            of("echo +10.0.0.1 > /sys/class/net/bond0/bonding/arp_ip_target"),
            [option("arp_ip_target", "10.0.0.1", true)]
        );
        assert_eq!(
            of("ip link add name bond0 type bond mode 1 miimon 100"),
            [Effect::Bond("bond0".into()), option("mode", "1", false), option("miimon", "100", false)]
        );
        let module = |name: &str, value: &str| Effect::Module { name: name.into(), value: value.into() };
        assert_eq!(of("modprobe -q bonding mode=1 miimon=100"), [module("mode", "1"), module("miimon", "100")]);
    }

    #[test]
    fn routes_and_addresses_are_found_in_old_words_and_new() {
        assert_eq!(
            of("route add -net 10.0.0.0 netmask 255.0.0.0 gw 192.168.1.9 bond0"),
            [way(Some("bond0"), "10.0.0.0/8", "192.168.1.9", None)]
        );
        assert_eq!(of("route add default gw 192.168.1.1 metric 5"), [way(None, "default", "192.168.1.1", Some("5"))]);
        assert_eq!(
            of("ip -6 route add 2001:db8:2::/48 via 2001:db8:1::9 dev $IFACE metric 7 proto static"),
            [way(Some("bond0"), "2001:db8:2::/48", "2001:db8:1::9", Some("7"))]
        );
        let address = |without: &[&str]| Effect::Address {
            interface: "bond0".into(),
            net: "10.0.0.7/8".into(),
            without: without.iter().copied().map(str::to_owned).collect(),
        };
        assert_eq!(of("ip a add 10.0.0.7/8 brd + dev bond0 label bond0"), [address(&[])]);
        assert_eq!(
            of("ip a add 10.0.0.7/8 brd 10.9.9.9 dev bond0 label bond0:1 nodad"),
            [address(&["brd 10.9.9.9", "label bond0:1", "nodad"])]
        );
    }

    #[test]
    fn what_is_beyond_a_group_says_so() {
        for line in [
            "ethtool -s eth0 speed 100",
            "ip rule add from all table 5",
            "route add default gw a b c",
            "ifconfig eth0 promisc",
            "ip route add default via 10.0.0.1 table 5",
        ] {
            assert!(matches!(of(line).as_slice(), [Effect::Unknown(_)]), "{line}: {:?}", of(line));
        }
    }
}
