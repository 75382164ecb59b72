//! The network itself as the one who asks.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mpath_core::InterfaceName;

use super::sockets::Sockets;
use super::{Answer, Place, ProbeKind, Prober, Pulse, Target, pulse};

/// Asks by sockets of this process.
#[derive(Debug, Default)]
pub struct Network;

/// How long a name may take to be looked up: as long as the resolver waits for one server (`RES_TIMEOUT`).
const LOOK_UP: Duration = Duration::from_secs(5);

/// How often is asked what has not answered.
const INTERVAL: Duration = Duration::from_millis(200);

impl Prober for Network {
    fn pulse(
        &mut self,
        kind: ProbeKind,
        place: &Place,
        over: &InterfaceName,
        interval: Duration,
    ) -> io::Result<Box<dyn Pulse>> {
        Ok(Box::new(pulse::Probes::start(pulse::inquirer(kind, place, over)?, interval)?))
    }

    fn resolve(&mut self, host: &str) -> io::Result<Vec<Place>> {
        let (sender, receiver) = channel();
        let host = host.to_owned();
        // getaddrinfo(3) cannot be told how long it may take. A thread that is late has nobody to tell.
        std::thread::Builder::new().spawn(move || {
            let found = (host.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>);
            let _ = sender.send(found);
        })?;
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer in {} s", LOOK_UP.as_secs()));
        let addresses = receiver.recv_timeout(LOOK_UP).map_err(late)??;
        let mut places = Vec::new();
        for address in addresses {
            let place = Place::new(address.ip());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Ok(places)
    }

    fn ask(&mut self, targets: &[Target], limit: Duration, go_on: &dyn Fn() -> bool) -> Vec<Answer> {
        let mut sockets = Sockets::new(targets);
        let end = Instant::now() + limit;
        while go_on() && !sockets.all_answered() && Instant::now() < end {
            sockets.send();
            sockets.listen(end.min(Instant::now() + INTERVAL));
        }
        sockets.answers()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, TcpListener};

    use super::*;
    use crate::reach::{Question, Role};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn ask(targets: &[Target], limit: Duration) -> Vec<Answer> {
        Network.ask(targets, limit, &|| true)
    }

    fn port(port: u16) -> Target {
        Target::new(Role::Probe, Place::new(HERE), Question::Connect(port))
    }

    #[test]
    fn a_port_that_accepts_is_reached_and_one_that_refuses_is_not() {
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let open = listener.local_addr().unwrap().port();
        // Bound and not listening: nobody else gets it meanwhile.
        let closed = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        closed.bind(&SocketAddr::from((HERE, 0)).into()).unwrap();
        let refusing = closed.local_addr().unwrap().as_socket().unwrap().port();
        let answers = ask(&[port(open), port(refusing)], Duration::from_millis(500));
        assert_eq!(answers, [Answer::Reached, Answer::Silent]);
    }

    #[test]
    fn a_port_that_opens_within_the_limit_is_reached() {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((HERE, 0)).into()).unwrap();
        let number = socket.local_addr().unwrap().as_socket().unwrap().port();
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            socket.listen(1).unwrap();
            socket
        });
        assert_eq!(ask(&[port(number)], Duration::from_secs(20)), [Answer::Reached]);
        late.join().unwrap();
    }

    #[test]
    fn nobody_is_waited_for_once_it_is_to_end() {
        let start = Instant::now();
        let nowhere = Target::new(Role::Probe, Place::new("192.0.2.1".parse().unwrap()), Question::NameQuery);
        let answers = Network.ask(&[nowhere], Duration::from_secs(60), &|| start.elapsed().as_millis() < 300);
        assert_eq!(answers, [Answer::Silent]);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn the_loopback_answers_an_echo_where_one_may_be_sent() {
        let targets = ["127.0.0.1", "::1"]
            .map(|address| Target::new(Role::Probe, Place::new(address.parse().unwrap()), Question::Echo));
        let answers = ask(&targets, Duration::from_secs(2));
        assert!(matches!(answers[0], Answer::Reached | Answer::NotAsked(_)), "{answers:?}");
        // There may be no IPv6; but an answer of IPv4 is none of IPv6.
        assert_eq!(answers.len(), 2);
    }

    #[test]
    fn a_name_without_an_address_is_an_error() {
        assert!(Network.resolve("no-such-host.invalid").is_err());
        assert!(!Network.resolve("localhost").unwrap().is_empty());
    }
}
