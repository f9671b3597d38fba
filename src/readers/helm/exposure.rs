//! Ways from outside to the server's ports that the chart makes of its values: its Service, and
//! its ingress, gateway, route or Istio objects, which all pass on the application's port only.

use crate::deployment::evidence::Port;
use crate::deployment::reach::{Door, Reach, Tls};
use crate::deployment::values::Values;
use crate::source::Span;
use crate::syntax::yaml::Node;

use super::super::{doors, scalar, telltales};
use super::{Found, Reader};

/// The settings that hold the server's ports, with what the chart has where nobody sets them.
const APPLICATION: (&str, u16) = ("server.applicationConnectors[0].port", 8585);
const ADMIN: (&str, u16) = ("server.adminConnectors[0].port", 8586);

impl<'a> Reader<'a, '_> {
    /// What leads to the server, given what its settings are.
    pub(super) fn ports(&self, settings: &Values) -> Vec<Port> {
        let number = |(path, default): (&str, u16)| {
            let id = self.context.catalogue.find(path);
            let text = id.map(|id| settings.get(id).text.outline()).unwrap_or_default();
            text.trim().parse().unwrap_or(default)
        };
        let port = |number, door, reach, tls, span| Port {
            names: vec![telltales::CHART.to_owned()],
            image: self.image().map(|image| image.repository),
            own: true,
            first: number,
            last: number,
            door,
            reach,
            tls,
            span,
        };
        let mut found = Vec::new();
        if let Some((door, span)) = self.service_type() {
            let annotations = self.annotations("service.annotations");
            let is = |test: fn(&str, &str) -> bool| annotations.iter().any(|(k, v)| test(k, v));
            let reach = if is(doors::is_internal) { Reach::Private } else { Reach::Everywhere };
            let tls = if is(doors::takes_certificate) { Tls::Unknown } else { Tls::Off };
            found.push(port(number(APPLICATION), door, reach, tls, span));
            found.push(port(number(ADMIN), door, reach, tls, span));
        }
        for (section, tls) in [
            ("ingress", Self::ingress as fn(&Self) -> Tls),
            // A gateway that stands elsewhere decides.
            ("gateway", |_| Tls::Unknown),
            ("route", Self::route),
            ("istio", Self::istio),
        ] {
            let Some(switch) = self.switched_on(&format!("{section}.enabled")) else { continue };
            let place = match self.look_outside(&format!("{section}.tls")) {
                Found::Leaf(layer, key) | Found::Null(layer, key) => {
                    scalar::span(layer.source, key)
                }
                _ => switch,
            };
            found.push(port(
                number(APPLICATION),
                Door::Ingress,
                Reach::Everywhere,
                tls(self),
                place,
            ));
        }
        found
    }

    fn service_type(&self) -> Option<(Door, Span)> {
        let Found::Leaf(layer, _) = self.look_outside("service.type") else { return None };
        let span = scalar::span(layer.source, layer.node);
        match self.fragment(layer).0.unquoted().outline().as_str() {
            "NodePort" => Some((Door::NodePort, span)),
            "LoadBalancer" => Some((Door::LoadBalancer, span)),
            _ => None,
        }
    }

    fn ingress(&self) -> Tls {
        let annotations = self.annotations("ingress.annotations");
        match self.look_outside("ingress.tls") {
            Found::Leaf(layer, _) if !layer.node.items().is_empty() => return Tls::On,
            Found::Leaf(layer, _) if layer.node.is_seq() => {}
            // Not a list: a template that nobody has filled in yet.
            Found::Leaf(..) | Found::Map(..) => return Tls::Unknown,
            _ => {}
        }
        if annotations.iter().any(|(key, value)| doors::takes_certificate(key, value)) {
            return Tls::Unknown;
        }
        Tls::Off
    }

    fn route(&self) -> Tls {
        match self.look_outside("route.tls.enabled") {
            Found::Leaf(layer, _) if scalar::helm_falsy(layer.node.resolved()) => Tls::Off,
            Found::Null(..) => Tls::Off,
            _ => Tls::On,
        }
    }

    fn istio(&self) -> Tls {
        let names_others = matches!(
            self.look_outside("istio.virtualService.gateways"),
            Found::Leaf(layer, _) if !layer.node.items().is_empty()
        );
        let makes_none = matches!(
            self.look_outside("istio.gateway.create"),
            Found::Leaf(layer, _) if scalar::helm_falsy(layer.node.resolved())
        );
        if names_others || makes_none {
            return Tls::Unknown;
        }
        match self.look_outside("istio.gateway.servers") {
            Found::Leaf(layer, _) if layer.node.items().into_iter().any(speaks_tls) => Tls::On,
            // The chart's own default is one server for HTTP.
            _ => Tls::Off,
        }
    }

    /// The place of a switch that is on.
    fn switched_on(&self, path: &str) -> Option<Span> {
        match self.look_outside(path) {
            Found::Leaf(layer, _) if !scalar::helm_falsy(layer.node.resolved()) => {
                Some(scalar::span(layer.source, layer.node))
            }
            _ => None,
        }
    }

    fn annotations(&self, path: &str) -> Vec<(String, String)> {
        let Found::Map(layers, ..) = self.look_outside(path) else { return Vec::new() };
        let entries = layers.iter().flat_map(|layer| layer.node.entries());
        entries
            .filter_map(|entry| {
                Some((entry.key.text()?.to_owned(), entry.value.text().unwrap_or("").to_owned()))
            })
            .collect()
    }
}

/// Whether a server of an Istio Gateway ends TLS.
fn speaks_tls(server: Node<'_>) -> bool {
    let protocol = server.at(&["port", "protocol"]).and_then(|entry| entry.value.text());
    server.get("tls").is_some()
        || protocol
            .is_some_and(|name| matches!(name.to_ascii_uppercase().as_str(), "HTTPS" | "TLS"))
}
