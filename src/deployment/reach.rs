//! From where a port can be reached, and through what. Knows nothing of files or rules; the build
//! script compiles this file too.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

/// What leads to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// It is published on the host.
    Published,
    /// The container has no network of its own: whatever it listens on is the host's.
    HostNetwork,
    /// A port of every node of the cluster.
    NodePort,
    /// A load balancer.
    LoadBalancer,
    /// An ingress, a gateway or a route, which pass on one port only.
    Ingress,
}

impl Door {
    /// What the door is, for sentences: `port 8585 is …`.
    pub fn describe(self, reach: Reach) -> &'static str {
        match (self, reach) {
            (Door::Published, Reach::Private) => "published on a private address",
            (Door::Published, Reach::Loopback) => "published for the host itself",
            (Door::Published, Reach::Everywhere) => "published on every interface of the host",
            (Door::Published, Reach::Unknown) => "published on the host",
            (Door::HostNetwork, _) => "on the host's own network",
            (Door::NodePort, _) => "open on every node of the cluster",
            (Door::LoadBalancer, Reach::Private) => "behind an internal load balancer",
            (Door::LoadBalancer, _) => "behind a load balancer",
            (Door::Ingress, _) => "behind an ingress",
        }
    }
}

/// From where a port can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Through every address of the machine.
    Everywhere,
    /// Through an address that is not routed on the internet.
    Private,
    /// From the machine itself only.
    Loopback,
    /// The files do not show the address.
    Unknown,
}

/// Whether a door speaks TLS with those who come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It does.
    On,
    /// It does not.
    Off,
    /// Something that the files do not show decides.
    Unknown,
}

impl Reach {
    /// From where a port can be reached that is bound to `address`; nothing means all addresses.
    pub fn of_address(address: &str) -> Reach {
        let address = address.trim().trim_start_matches('[').trim_end_matches(']');
        if address.eq_ignore_ascii_case("localhost") {
            return Reach::Loopback;
        }
        match address.parse::<std::net::IpAddr>() {
            Ok(ip) if ip.is_loopback() => Reach::Loopback,
            Ok(std::net::IpAddr::V4(ip)) if ip.is_private() || ip.is_link_local() => Reach::Private,
            // Unique local and link-local addresses.
            Ok(std::net::IpAddr::V6(ip)) if ip.segments()[0] & 0xfe00 == 0xfc00 => Reach::Private,
            Ok(std::net::IpAddr::V6(ip)) if ip.segments()[0] & 0xffc0 == 0xfe80 => Reach::Private,
            _ => Reach::Everywhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn an_address_says_from_where() {
        for (address, reach) in [
            ("", Reach::Everywhere),
            ("0.0.0.0", Reach::Everywhere),
            ("::", Reach::Everywhere),
            ("203.0.113.7", Reach::Everywhere),
            ("127.0.0.1", Reach::Loopback),
            ("127.1.2.3", Reach::Loopback),
            ("[::1]", Reach::Loopback),
            ("localhost", Reach::Loopback),
            ("10.1.2.3", Reach::Private),
            ("172.16.0.1", Reach::Private),
            ("172.32.0.1", Reach::Everywhere),
            ("192.168.1.2", Reach::Private),
            ("fd12::1", Reach::Private),
        ] {
            assert_eq!(Reach::of_address(address), reach, "{address}");
        }
    }
}
