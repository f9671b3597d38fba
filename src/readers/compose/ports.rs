//! What a service publishes of its container's ports, and to whom.

use crate::deployment::evidence::Port;
use crate::deployment::reach::{Door, Reach, Tls};
use crate::deployment::value::GAP;
use crate::source::Span;

use super::super::scalar;
use super::Reader;
use super::services::{Service, attributes};

impl<'a> Reader<'a, '_> {
    /// What a service publishes, or all that it may listen on where it has the host's network.
    pub(super) fn ports(&self, service: &Service<'a>) -> Vec<Port> {
        let image = self.image(service).map(|image| image.repository);
        let port = |first, last, door, reach, span| Port {
            names: vec![service.name.clone()],
            image: image.clone(),
            own: false,
            first,
            last,
            door,
            reach,
            tls: Tls::Off,
            span,
        };
        if let Some((layer, node)) = self.attribute(service, "network_mode")
            && self.expand(&layer, node).0.unquoted().outline() == "host"
        {
            let span = scalar::span(layer.source, node);
            return vec![port(0, u16::MAX, Door::HostNetwork, Reach::Everywhere, span)];
        }
        let mut found = Vec::new();
        for (layer, attribute) in attributes(service, "ports") {
            for item in attribute.items() {
                let item = item.resolved();
                let span = Span::new(layer.source, item.content_range());
                let published = if item.is_map() {
                    let text =
                        |key: &str| item.get(key).map(|e| self.expand(layer, e.value).0.outline());
                    Published {
                        address: text("host_ip").unwrap_or_default(),
                        target: text("target").unwrap_or_default(),
                        protocol: text("protocol").unwrap_or_default(),
                    }
                } else {
                    Published::parse(&self.expand(layer, item).0.outline())
                };
                if let Some((first, last)) = published.target() {
                    found.push(port(first, last, Door::Published, published.reach(), span));
                }
            }
        }
        found
    }
}

/// An item of `ports`, as far as it is about the container.
struct Published {
    address: String,
    target: String,
    protocol: String,
}

impl Published {
    /// `[address:][published:]target[/protocol]`
    fn parse(written: &str) -> Published {
        let (written, protocol) = written.split_once('/').unwrap_or((written, ""));
        let (host, target) = written.rsplit_once(':').unwrap_or(("", written));
        let address = match host.rsplit_once(':') {
            Some((address, _)) => address,
            // What stands alone before the target is a port, unless nobody knows.
            None if host.contains(GAP) => host,
            None => "",
        };
        Published {
            address: address.to_owned(),
            target: target.to_owned(),
            protocol: protocol.to_owned(),
        }
    }

    /// The first and the last port in the container; none for UDP, which nothing of ours speaks.
    fn target(&self) -> Option<(u16, u16)> {
        if self.protocol.trim().eq_ignore_ascii_case("udp") {
            return None;
        }
        let (first, last) = match self.target.split_once('-') {
            Some((first, last)) => (first, last),
            None => (self.target.as_str(), self.target.as_str()),
        };
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    }

    fn reach(&self) -> Reach {
        if self.address.contains(GAP) { Reach::Unknown } else { Reach::of_address(&self.address) }
    }
}
