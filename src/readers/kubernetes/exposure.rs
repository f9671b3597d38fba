//! Ways from outside to containers: Services that open ports of nodes or a load balancer, and
//! ingresses, gateways and routes before Services. Follows selectors, names and target ports;
//! what a patch that was not applied may have changed is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::deployment::evidence::Port;
use crate::deployment::reach::{Door, Reach, Tls};
use crate::source::{SourceId, Span};

use super::super::bounds;
use super::super::doors;
use super::super::manifests::{DoorObject, Part, Scope, Workload, labels};
use super::{Server, image};

/// Bytes of the name of a host.
const MOST_HOST: usize = 255;

/// One backend of an ingress or the like: a Service and one of its ports.
struct Backend<'a> {
    service: &'a str,
    /// A number or a name; the only port if none.
    port: Option<Part<'a>>,
    /// The host for which it is, where the object says so.
    host: Option<&'a str>,
    tls: Tls,
    /// Where to point if the port is not written.
    place: Span,
}

/// The objects of a scope that lead to containers, by what they lead to.
pub(super) struct Ways<'s, 'a> {
    services: Vec<(&'s DoorObject<'a>, BTreeMap<String, String>)>,
    /// Numbers of services by the first label that they ask for.
    by_label: HashMap<(String, String), Vec<usize>>,
    /// What stands before a Service, by its name: the number of the object, and what it says.
    before: HashMap<&'a str, Vec<(usize, Backend<'a>)>>,
}

impl<'s, 'a> Ways<'s, 'a> {
    pub(super) fn of(scope: &'s Scope<'a>) -> Self {
        let shown = || scope.doors.iter().enumerate().filter(|(_, door)| !door.is_hidden);
        let of_kind = |kind: &'static str| {
            shown().map(|(_, door)| door).filter(move |door| door.identity.kind == kind)
        };
        let services: Vec<_> = of_kind("Service")
            .map(|service| (service, labels(service.at(&["spec", "selector"]))))
            .collect();
        let mut by_label: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (at, (_, selector)) in services.iter().enumerate() {
            if let Some((key, value)) = selector.first_key_value() {
                by_label.entry((key.clone(), value.clone())).or_default().push(at);
            }
        }
        let mut gateways: Gateways<'s, 'a> = HashMap::new();
        for gateway in of_kind("Gateway") {
            for name in &gateway.identity.names {
                gateways.entry(name).or_insert(gateway);
            }
        }
        let mut before: HashMap<&'a str, Vec<(usize, Backend<'a>)>> = HashMap::new();
        for (at, door) in shown() {
            let backends = match door.identity.kind.as_str() {
                "Ingress" => ingress(door),
                "HTTPRoute" => http_route(door, &gateways),
                "VirtualService" => virtual_service(door, &gateways),
                "Route" => route(door),
                _ => continue,
            };
            for backend in backends {
                let first = backend.service.split('.').next().unwrap_or_default();
                before.entry(first).or_default().push((at, backend));
            }
        }
        Ways { services, by_label, before }
    }

    /// The Services that choose a workload.
    fn choosing<'w>(
        &'w self,
        workload: &'w Workload<'a>,
        room: &bounds::Room,
    ) -> impl Iterator<Item = &'s DoorObject<'a>> + use<'w, 's, 'a> {
        let pairs = workload.labels.iter().map(|(key, value)| (key.clone(), value.clone()));
        let mut numbers: Vec<usize> =
            pairs.filter_map(|pair| self.by_label.get(&pair)).flatten().copied().collect();
        numbers.sort_unstable();
        if !room.allows(numbers.len(), workload.sources[0]) {
            numbers.clear();
        }
        let fits =
            move |(service, selector): &&'w (&'s DoorObject<'a>, BTreeMap<String, String>)| {
                let namespaces = (&service.identity.namespace, &workload.identity.namespace);
                !matches!(namespaces, (Some(one), Some(other)) if one != other)
                    && selector.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
            };
        numbers.into_iter().map(|at| &self.services[at]).filter(fits).map(|(service, _)| *service)
    }
}

type Gateways<'s, 'a> = HashMap<&'s str, &'s DoorObject<'a>>;

impl<'a> Server<'a, '_> {
    /// What leads to the server and, if they are asked for, to the workloads beside it.
    pub(super) fn ports(
        &self,
        server: &Workload<'a>,
        main: Option<SourceId>,
        with_others: bool,
    ) -> Vec<Port> {
        let most = bounds::own_ports(with_others);
        let mut found = Vec::new();
        let mut others = Vec::new();
        for workload in &self.scope.workloads {
            let own = std::ptr::eq(workload, server);
            let found = if own { &mut found } else { &mut others };
            let is_seen = own || with_others && self.is_near(server, workload, main);
            if !is_seen || found.len() >= most {
                continue;
            }
            self.on_nodes(workload, own, found);
            for service in self.ways.choosing(workload, self.context.room) {
                if found.len() >= most {
                    break;
                }
                service_ports(service, workload, own, found);
                self.before(service, workload, own, most, found);
            }
        }
        found.append(&mut others);
        found
    }

    /// The node's own network, and ports of nodes that containers ask for.
    fn on_nodes(&self, workload: &Workload<'a>, own: bool, found: &mut Vec<Port>) {
        let port = Pen { workload, own, service: None };
        if let Some(span) = workload.host_network {
            let ways = (Door::HostNetwork, Reach::Everywhere, Tls::Off);
            found.push(port.port(0, u16::MAX, ways, span));
            return;
        }
        for item in workload.containers.iter().flat_map(|container| &container.ports) {
            let Some(number) = item.text("containerPort").and_then(|text| text.parse().ok()) else {
                continue;
            };
            if let Some(host) = item.get("hostPort") {
                let reach = Reach::of_address(item.text("hostIP").unwrap_or(""));
                found.push(port.port(
                    number,
                    number,
                    (Door::Published, reach, Tls::Off),
                    host.span(),
                ));
            }
        }
    }

    /// What stands before a Service.
    fn before(
        &self,
        service: &DoorObject<'a>,
        workload: &Workload<'a>,
        own: bool,
        most: usize,
        found: &mut Vec<Port>,
    ) {
        let names = service.identity.names.iter();
        let mut backends: Vec<&(usize, Backend<'a>)> =
            names.filter_map(|name| self.ways.before.get(name.as_str())).flatten().collect();
        backends.sort_by_key(|(at, _)| *at);
        let ports = service.list(&["spec", "ports"]);
        let steps = backends.len().saturating_mul(1 + ports.len() / 4);
        if !self.context.room.allows(steps, service.source()) {
            return;
        }
        let mut seen = BTreeSet::new();
        for (at, backend) in backends {
            let namespaces =
                (&service.identity.namespace, &self.scope.doors[*at].identity.namespace);
            if matches!(namespaces, (Some(one), Some(other)) if one != other) {
                continue;
            }
            if found.len() >= most {
                return;
            }
            let wanted = backend.port.and_then(|port| port.node.text());
            let port = match wanted {
                Some(wanted) => ports.iter().find(|port| {
                    port.text("port") == Some(wanted) || port.text("name") == Some(wanted)
                }),
                None => ports.first(),
            };
            let Some(number) = port.and_then(|port| target(*port, workload)) else { continue };
            // One finding for each port behind an object, not for each of its paths.
            if seen.insert((*at, number, backend.tls == Tls::Off)) {
                let pen = Pen { workload, own, service: Some(service.identity.name()) };
                let ways = (Door::Ingress, Reach::Everywhere, backend.tls);
                let place = backend.port.map_or(backend.place, Part::span);
                found.push(pen.port(number, number, ways, place));
            }
        }
    }
}

fn service_ports<'a>(
    service: &DoorObject<'a>,
    workload: &Workload<'a>,
    own: bool,
    found: &mut Vec<Port>,
) {
    let Some(kind) = service.at(&["spec", "type"]) else { return };
    let door = match kind.node.text() {
        Some("NodePort") => Door::NodePort,
        Some("LoadBalancer") => Door::LoadBalancer,
        _ => return,
    };
    let annotations = service.annotations();
    let is = |test: fn(&str, &str) -> bool| annotations.iter().any(|(k, v)| test(k, v));
    let ranges = service.list(&["spec", "loadBalancerSourceRanges"]);
    let private = |range: &Part<'a>| {
        let address = range.node.text().and_then(|text| text.split('/').next());
        address.is_some_and(|address| Reach::of_address(address) == Reach::Private)
    };
    let inside = is(doors::is_internal) || !ranges.is_empty() && ranges.iter().all(private);
    let reach = if inside { Reach::Private } else { Reach::Everywhere };
    let tls = if is(doors::takes_certificate) { Tls::Unknown } else { Tls::Off };
    for item in service.list(&["spec", "ports"]) {
        if let Some(number) = target(item, workload) {
            let pen = Pen { workload, own, service: Some(service.identity.name()) };
            found.push(pen.port(number, number, (door, reach, tls), kind.span()));
        }
    }
}

/// Whether a listener of a Gateway, or a server of Istio's, takes in TLS only.
fn is_secure(listener: Part<'_>) -> bool {
    let protocol = listener.text("protocol");
    let protocol = protocol.or_else(|| listener.get("port")?.text("protocol"));
    listener.get("tls").is_some() || matches!(protocol, Some("HTTPS" | "TLS"))
}

fn http_route<'a>(door: &DoorObject<'a>, gateways: &Gateways<'_, 'a>) -> Vec<Backend<'a>> {
    let mut listeners: Vec<Part<'a>> = Vec::new();
    let mut is_seen = true;
    for parent in door.list(&["spec", "parentRefs"]) {
        let Some(gateway) = gateways.get(parent.text("name").unwrap_or_default()) else {
            is_seen = false;
            continue;
        };
        let section = parent.text("sectionName");
        listeners.extend(
            gateway
                .list(&["spec", "listeners"])
                .into_iter()
                .filter(|listener| section.is_none() || listener.text("name") == section),
        );
    }
    let tls = match (listeners.iter().any(|one| is_secure(*one)), is_seen && !listeners.is_empty())
    {
        (true, _) => Tls::On,
        (false, true) => Tls::Off,
        (false, false) => Tls::Unknown,
    };
    let place = place(door);
    door.list(&["spec", "rules"])
        .into_iter()
        .flat_map(|rule| rule.items("backendRefs"))
        .filter_map(|backend| {
            let service = backend.text("name")?;
            Some(Backend { service, port: backend.get("port"), host: None, tls, place })
        })
        .collect()
}

fn virtual_service<'a>(door: &DoorObject<'a>, gateways: &Gateways<'_, 'a>) -> Vec<Backend<'a>> {
    let mut tls = Tls::Off;
    let mut named = 0;
    for gateway in door.list(&["spec", "gateways"]) {
        let name = gateway.node.text().unwrap_or_default();
        if name == "mesh" {
            continue;
        }
        named += 1;
        let object = gateways.get(name.rsplit('/').next().unwrap_or(name));
        let Some(object) = object else {
            tls = Tls::Unknown;
            break;
        };
        if object.list(&["spec", "servers"]).into_iter().any(is_secure) {
            tls = Tls::On;
        }
    }
    if named == 0 {
        // Within the mesh only.
        return Vec::new();
    }
    let place = place(door);
    door.list(&["spec", "http"])
        .into_iter()
        .flat_map(|rule| rule.items("route"))
        .filter_map(|route| {
            let destination = route.get("destination")?;
            let port = destination.at(&["port", "number"]);
            Some(Backend { service: destination.text("host")?, port, host: None, tls, place })
        })
        .collect()
}

fn ingress<'a>(door: &DoorObject<'a>) -> Vec<Backend<'a>> {
    let annotations = door.annotations();
    let certified = annotations.iter().any(|(key, value)| doors::takes_certificate(key, value));
    let entries = door.list(&["spec", "tls"]);
    let lists: Vec<Vec<Part<'_>>> = entries.iter().map(|entry| entry.items("hosts")).collect();
    let covers_all = lists.iter().any(Vec::is_empty);
    let listed: HashSet<String> = lists
        .iter()
        .flatten()
        .filter_map(|host| Some(host.node.text()?.to_ascii_lowercase()))
        .collect();
    let covers = |host: Option<&str>| {
        let Some(host) = host.filter(|_| !covers_all) else { return !lists.is_empty() };
        let host = host.to_ascii_lowercase();
        let is_name = host.len() <= MOST_HOST;
        let mut ends = host.char_indices().filter(|_| is_name).map(|(at, _)| &host[at..]);
        listed.contains(&host)
            || listed.contains("*")
            || ends.any(|end| listed.contains(&format!("*{end}")))
    };
    let place = place(door);
    let backend = |part: Part<'a>, host: Option<&'a str>| {
        // Before networking.k8s.io/v1 the two stood side by side.
        let (service, port) = match part.get("service") {
            Some(service) => (
                service.text("name")?,
                service.at(&["port", "number"]).or(service.at(&["port", "name"])),
            ),
            None => (part.text("serviceName")?, part.get("servicePort")),
        };
        Some(Backend { service, port, host, tls: Tls::Off, place })
    };
    let mut found = Vec::new();
    for key in ["defaultBackend", "backend"] {
        found.extend(door.at(&["spec", key]).and_then(|part| backend(part, None)));
    }
    for rule in door.list(&["spec", "rules"]) {
        let host = rule.text("host").filter(|host| !host.is_empty());
        let paths = rule.get("http").map(|http| http.items("paths")).unwrap_or_default();
        let parts = paths.into_iter().filter_map(|path| path.get("backend"));
        found.extend(parts.filter_map(|part| backend(part, host)));
    }
    for backend in &mut found {
        backend.tls = match (covers(backend.host), certified) {
            (true, _) => Tls::On,
            (false, true) => Tls::Unknown,
            (false, false) => Tls::Off,
        };
    }
    found
}

/// OpenShift's Route.
fn route<'a>(door: &DoorObject<'a>) -> Vec<Backend<'a>> {
    let service = door.at(&["spec", "to", "name"]).and_then(|part| part.node.text());
    let tls = if door.at(&["spec", "tls"]).is_some() { Tls::On } else { Tls::Off };
    let port = door.at(&["spec", "port", "targetPort"]);
    let backend = |service| Backend { service, port, host: None, tls, place: place(door) };
    service.map(backend).into_iter().collect()
}

fn place(door: &DoorObject<'_>) -> Span {
    let named = door.at(&["metadata", "name"]).or_else(|| door.at(&["spec"]));
    named.map_or(Span::new(door.source(), 0..0), Part::span)
}

/// The port in the container that a port of a Service leads to.
fn target(port: Part<'_>, workload: &Workload<'_>) -> Option<u16> {
    let written = port.text("targetPort").or_else(|| port.text("port"))?;
    if port.text("protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp")) {
        return None;
    }
    written.parse().ok().or_else(|| {
        let mut ports = workload.containers.iter().flat_map(|container| &container.ports);
        let named = ports.find(|port| port.text("name") == Some(written))?;
        named.text("containerPort")?.parse().ok()
    })
}

/// Writes ways to one workload.
struct Pen<'w, 'a> {
    workload: &'w Workload<'a>,
    own: bool,
    service: Option<&'w str>,
}

impl Pen<'_, '_> {
    fn port(
        &self,
        first: u16,
        last: u16,
        (door, reach, tls): (Door, Reach, Tls),
        span: Span,
    ) -> Port {
        let mut names = self.workload.identity.names.clone();
        names.extend(self.service.map(str::to_owned));
        let images = self.workload.containers.iter().filter(|c| !c.is_init);
        let mut images = images.filter_map(|container| image(container, None));
        Port {
            names,
            image: images.next().map(|image| image.repository),
            own: self.own,
            first,
            last,
            door,
            reach,
            tls,
            span,
        }
    }
}
