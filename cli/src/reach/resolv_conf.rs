//! The name servers of `/etc/resolv.conf` (resolv.conf(5)).

use super::Place;

/// How many the resolver uses (`MAXNS` of `<resolv.h>`).
const USED: usize = 3;

/// The name servers that are asked, without those of this host: they answer whatever becomes of the network.
pub(super) fn name_servers(text: &str) -> Vec<Place> {
    // A keyword begins its line, so that a comment never is one.
    let listed = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (line.starts_with("nameserver") && words.next() == Some("nameserver")).then(|| words.next()).flatten()
    });
    let servers = listed.filter_map(Place::parse).take(USED);
    servers.filter(|place| !place.address.is_loopback() && !place.address.is_unspecified()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        name_servers(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn name_servers_are_read_as_the_resolver_reads_them() {
        let text = "# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nsearch example.org\n nameserver 192.0.2.7\n\
            nameserver 192.0.2.1\nnameserver\t2001:db8::53 # two\nnameserverx 192.0.2.6\nnameserver\n\
            nameserver fe80::53%eth0\nnameserver 192.0.2.5\n";
        assert_eq!(read(text), ["192.0.2.1", "2001:db8::53", "fe80::53%eth0"], "three, as the resolver");
    }

    #[test]
    fn name_servers_of_this_host_are_left_out() {
        assert_eq!(read("nameserver 127.0.0.53\nnameserver ::1\nnameserver 0.0.0.0\n"), [""; 0]);
    }
}
