//! An address that a packet can be sent to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use mpath_core::{InterfaceName, Snapshot};

/// An address, with the interface that it is to be asked over where the address alone does not say that (RFC 4007).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub address: IpAddr,
    /// The interface of a link-local address.
    pub interface: Option<InterfaceName>,
}

impl Place {
    /// A place that needs no interface.
    pub(crate) fn new(address: IpAddr) -> Self {
        Self { address, interface: None }
    }

    /// An address that was seen on an interface, which is kept where it is needed.
    pub(crate) fn on(address: IpAddr, interface: &InterfaceName) -> Self {
        let needs_it = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        Self { address, interface: needs_it.then(|| interface.clone()) }
    }

    /// `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once('%') {
            Some((address, interface)) => {
                let address = IpAddr::V6(address.parse::<Ipv6Addr>().ok()?);
                Some(Self { address, interface: Some(InterfaceName::new(interface).ok()?) })
            }
            None => Some(Self::new(text.parse().ok()?)),
        }
    }

    /// Where it is after a change: what an interface could reach, the device that it works for must reach.
    pub(crate) fn after(&self, host: &Snapshot) -> Self {
        let interface = self.interface.as_ref().map(|name| {
            let controller = host.interface(name).and_then(|interface| interface.controller.as_ref());
            controller.map_or(name, |controller| controller.device()).clone()
        });
        Self { interface, ..self.clone() }
    }

    /// The address for a socket; none where the interface is not there.
    pub(super) fn socket_address(&self, port: u16) -> Option<SocketAddr> {
        match self.interface {
            // getaddrinfo(3) knows the numbers of interfaces, and asks nobody about an address.
            Some(_) => (self.to_string().as_str(), port).to_socket_addrs().ok()?.next(),
            None => Some((self.address, port).into()),
        }
    }

    /// The same, as an error where there is none.
    pub(super) fn to(&self, port: u16) -> io::Result<SocketAddr> {
        let nowhere = || io::Error::new(io::ErrorKind::AddrNotAvailable, format!("{self} is not to be asked"));
        self.socket_address(port).ok_or_else(nowhere)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        self.interface.as_ref().map_or(Ok(()), |interface| write!(f, "%{interface}"))
    }
}

#[cfg(test)]
mod tests {
    use mpath_core::snapshot::{Controller, Interface, Kind, Membership};

    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"] {
            assert_eq!(Place::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "192.0.2", "192.0.2.1%eth0", "fe80::1%", "fe80::1%a/b", "example.org", "192.0.2.1:22"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_local_address_moves_with_its_interface_into_the_group() {
        let (eth0, bond0) = (InterfaceName::new("eth0").unwrap(), InterfaceName::new("bond0").unwrap());
        let mut host = Snapshot::default();
        host.interfaces.insert(eth0.clone(), Interface::new(Kind::Ethernet));
        let place = Place::on("fe80::1".parse().unwrap(), &eth0);
        assert_eq!(place.after(&host), place);
        let joined = host.interfaces.get_mut(&eth0).unwrap();
        joined.controller = Some(Controller::Group(Membership::new(bond0, None)));
        assert_eq!(place.after(&host).to_string(), "fe80::1%bond0");
    }

    #[test]
    fn only_a_link_local_address_needs_an_interface() {
        let eth0 = InterfaceName::new("eth0").unwrap();
        assert_eq!(Place::on("192.0.2.1".parse().unwrap(), &eth0).to_string(), "192.0.2.1");
        assert_eq!(Place::on("2001:db8::1".parse().unwrap(), &eth0).to_string(), "2001:db8::1");
    }

    #[test]
    fn an_address_on_an_interface_that_is_not_there_cannot_be_asked() {
        assert_eq!(Place::parse("fe80::1%no-such-if0").unwrap().socket_address(53), None);
        let lo = if cfg!(target_os = "linux") { "lo" } else { "lo0" };
        let Some(SocketAddr::V6(address)) = Place::parse(&format!("fe80::1%{lo}")).unwrap().socket_address(53) else {
            panic!("{lo} is everywhere")
        };
        assert!(address.scope_id() > 0 && address.port() == 53);
    }
}
