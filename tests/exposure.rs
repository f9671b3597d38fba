//! Ways from other machines to ports, as compose and the chart's values open them.

mod support;

use support::scanned;

/// The doors of the only deployment: whose, ports, door, reach and TLS.
fn doors(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, scan) = scanned(files);
    assert_eq!(scan.deployments.len(), 1);
    let ports = scan.deployments[0].evidence.ports.iter();
    ports
        .map(|port| {
            let whose = if port.own { "server" } else { port.names[0].as_str() };
            let range = if port.first == port.last {
                port.first.to_string()
            } else {
                format!("{}-{}", port.first, port.last)
            };
            format!("{whose} {range} {:?} {:?} {:?}", port.door, port.reach, port.tls)
        })
        .collect()
}

fn published(item: &str) -> Vec<String> {
    let text = format!(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    ports:\n      - {item}\n"
    );
    doors(&[("docker-compose.yml", &text)])
}

#[test]
fn trap_54_what_compose_publishes() {
    for (item, expected) in [
        ("8585", "server 8585 Published Everywhere Off"),
        ("\"8585:8585\"", "server 8585 Published Everywhere Off"),
        ("80:8585/tcp", "server 8585 Published Everywhere Off"),
        ("\"127.0.0.1:8585:8585\"", "server 8585 Published Loopback Off"),
        ("\"127.0.0.1::8585\"", "server 8585 Published Loopback Off"),
        ("\"[::1]:8585:8585\"", "server 8585 Published Loopback Off"),
        ("\"[::]:8585:8585\"", "server 8585 Published Everywhere Off"),
        ("\"10.0.0.7:8585:8585\"", "server 8585 Published Private Off"),
        ("8585-8586:8585-8586", "server 8585-8586 Published Everywhere Off"),
        ("${PORT:-9000}:8585", "server 8585 Published Everywhere Off"),
        ("${BIND:-127.0.0.1}:8585:8585", "server 8585 Published Loopback Off"),
        // Whatever the variable holds, an address may be part of it.
        ("${BIND}:8585:8585", "server 8585 Published Unknown Off"),
        ("${BIND}:8585", "server 8585 Published Unknown Off"),
        ("{ target: 8585, published: 80 }", "server 8585 Published Everywhere Off"),
        ("{ target: 8585, host_ip: 127.0.0.1 }", "server 8585 Published Loopback Off"),
    ] {
        assert_eq!(published(item), [expected], "{item}");
    }
    for item in ["8585:8585/udp", "{ target: 8585, protocol: udp }", "8585:${PORT}"] {
        assert!(published(item).is_empty(), "{item}");
    }
}

#[test]
fn trap_54_expose_publishes_nothing_and_the_hosts_network_everything() {
    let service = |more: &str| {
        doors(&[(
            "docker-compose.yml",
            &format!(
                "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n{more}"
            ),
        )])
    };
    assert!(service("    expose: [8585, 8586]\n").is_empty());
    assert_eq!(
        service("    network_mode: host\n    ports: [\"8585:8585\"]\n"),
        ["server 0-65535 HostNetwork Everywhere Off"]
    );
}

#[test]
fn ports_of_a_base_and_of_what_is_laid_over_it_add_up() {
    let base = "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    ports: [\"8585:8585\"]\n  db:\n    image: mysql:8\n    ports: [\"3306:3306\"]\n";
    let over = |ports: &str| format!("services:\n  openmetadata-server:\n    ports: {ports}\n");
    let both = |ports: &str| {
        doors(&[("docker-compose.yml", base), ("docker-compose.override.yml", &over(ports))])
    };
    assert_eq!(
        both("[\"127.0.0.1:8586:8586\"]"),
        [
            "server 8585 Published Everywhere Off",
            "server 8586 Published Loopback Off",
            "db 3306 Published Everywhere Off",
        ]
    );
    assert_eq!(
        both("!override [\"127.0.0.1:8585:8585\"]"),
        ["server 8585 Published Loopback Off", "db 3306 Published Everywhere Off"]
    );
    assert_eq!(both("!reset []"), ["db 3306 Published Everywhere Off"]);
}

fn chart(more: &str) -> Vec<String> {
    let text =
        format!("openmetadata:\n  config:\n    authentication:\n      provider: auth0\n{more}");
    doors(&[("values.yaml", &text)])
}

#[test]
fn the_charts_service_carries_both_ports() {
    assert!(chart("service:\n  type: ClusterIP\n").is_empty());
    assert_eq!(
        chart("service:\n  type: LoadBalancer\n"),
        ["server 8585 LoadBalancer Everywhere Off", "server 8586 LoadBalancer Everywhere Off"]
    );
    assert_eq!(
        chart("service:\n  type: NodePort\n"),
        ["server 8585 NodePort Everywhere Off", "server 8586 NodePort Everywhere Off"]
    );
    assert_eq!(
        chart(
            "service:\n  type: LoadBalancer\n  annotations:\n    service.beta.kubernetes.io/aws-load-balancer-scheme: internal\n    service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:x\n"
        ),
        ["server 8585 LoadBalancer Private Unknown", "server 8586 LoadBalancer Private Unknown"]
    );
}

#[test]
fn trap_55_where_tls_ends_before_the_charts_server() {
    for (values, tls) in [
        ("ingress:\n  enabled: true\n", "Off"),
        ("ingress:\n  enabled: true\n  tls: []\n", "Off"),
        ("ingress:\n  enabled: true\n  tls:\n    - secretName: x\n      hosts: [a]\n", "On"),
        (
            "ingress:\n  enabled: true\n  annotations:\n    cert-manager.io/cluster-issuer: acme\n",
            "Unknown",
        ),
        (
            "ingress:\n  enabled: true\n  annotations:\n    kubernetes.io/tls-acme: \"false\"\n",
            "Off",
        ),
        ("gateway:\n  enabled: true\n  parentRefs:\n    - name: shared\n", "Unknown"),
        ("route:\n  enabled: true\n", "On"),
        ("route:\n  enabled: true\n  tls:\n    enabled: false\n", "Off"),
        ("istio:\n  enabled: true\n", "Off"),
        (
            "istio:\n  enabled: true\n  gateway:\n    servers:\n      - port: { number: 443, protocol: HTTPS }\n        tls: { mode: SIMPLE }\n",
            "On",
        ),
        ("istio:\n  enabled: true\n  gateway:\n    create: false\n", "Unknown"),
        (
            "istio:\n  enabled: true\n  virtualService:\n    gateways: [istio-system/shared]\n",
            "Unknown",
        ),
    ] {
        assert_eq!(chart(values), [format!("server 8585 Ingress Everywhere {tls}")], "{values}");
    }
    assert!(chart("ingress:\n  enabled: false\nistio:\n  enabled: false\n").is_empty());
}

const WORKLOAD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: openmetadata, namespace: data }
spec:
  template:
    metadata: { labels: { app: openmetadata, tier: web } }
    spec:
      containers:
        - name: server
          image: docker.getcollate.io/openmetadata/server:1.11.4
          ports:
            - { name: http, containerPort: 8585 }
            - { name: admin, containerPort: 8586 }
";

const SERVICE: &str = "---
apiVersion: v1
kind: Service
metadata: { name: catalog, namespace: data }
spec:
  selector: { app: openmetadata }
  ports:
    - { name: web, port: 80, targetPort: http }
    - { name: ops, port: 8586 }
";

fn manifests(more: &str) -> Vec<String> {
    doors(&[("openmetadata.yaml", &format!("{WORKLOAD}{more}"))])
}

fn services(more: &str) -> Vec<String> {
    manifests(&format!("{SERVICE}{more}"))
}

#[test]
fn a_service_leads_to_its_target_ports() {
    assert!(services("").is_empty(), "a ClusterIP leads nowhere from outside");
    assert_eq!(
        services("  type: NodePort\n"),
        ["server 8585 NodePort Everywhere Off", "server 8586 NodePort Everywhere Off"]
    );
    assert_eq!(
        services("  type: LoadBalancer\n  loadBalancerSourceRanges: [10.0.0.0/8]\n"),
        ["server 8585 LoadBalancer Private Off", "server 8586 LoadBalancer Private Off"]
    );
    let other = SERVICE.replace("app: openmetadata", "app: other");
    assert!(manifests(&format!("{other}  type: NodePort\n")).is_empty());
    let elsewhere = SERVICE.replace("namespace: data", "namespace: test");
    assert!(manifests(&format!("{elsewhere}  type: NodePort\n")).is_empty());
}

#[test]
fn ports_of_nodes_that_a_pod_asks_for() {
    let on_host = WORKLOAD.replace("containerPort: 8585 }", "containerPort: 8585, hostPort: 80 }");
    assert_eq!(doors(&[("openmetadata.yaml", &on_host)]), ["server 8585 Published Everywhere Off"]);
    let network =
        WORKLOAD.replace("      containers:", "      hostNetwork: true\n      containers:");
    assert_eq!(
        doors(&[("openmetadata.yaml", &network)]),
        ["server 0-65535 HostNetwork Everywhere Off"]
    );
}

#[test]
fn trap_55_where_tls_ends_before_a_service() {
    let rule = "  rules:
    - host: catalog.acme.io
      http:
        paths:
          - { path: /, backend: { service: { name: catalog, port: { number: 80 } } } }
          - { path: /api, backend: { service: { name: catalog, port: { name: web } } } }
";
    let ingress = |metadata: &str, spec: &str| {
        services(&format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: catalog\n  namespace: data\n{metadata}spec:\n{spec}{rule}"
        ))
    };
    assert_eq!(ingress("", ""), ["server 8585 Ingress Everywhere Off"]);
    assert_eq!(
        ingress("", "  tls:\n    - { hosts: [catalog.acme.io], secretName: x }\n"),
        ["server 8585 Ingress Everywhere On"]
    );
    assert_eq!(
        ingress("", "  tls:\n    - { hosts: ['*.acme.io'], secretName: x }\n"),
        ["server 8585 Ingress Everywhere On"]
    );
    assert_eq!(
        ingress("", "  tls:\n    - { hosts: [other.acme.io], secretName: x }\n"),
        ["server 8585 Ingress Everywhere Off"]
    );
    assert_eq!(
        ingress("  annotations:\n    cert-manager.io/cluster-issuer: acme\n", ""),
        ["server 8585 Ingress Everywhere Unknown"]
    );
}

#[test]
fn trap_55_gateways_and_routes() {
    let route = "---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: catalog, namespace: data }
spec:
  parentRefs: [{ name: shared }]
  rules:
    - backendRefs: [{ name: catalog, port: 80 }]
";
    let gateway = |protocol: &str| {
        format!(
            "{route}---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{ name: shared }}\nspec:\n  listeners: [{{ name: web, port: 80, protocol: {protocol} }}]\n"
        )
    };
    assert_eq!(services(route), ["server 8585 Ingress Everywhere Unknown"]);
    assert_eq!(services(&gateway("HTTP")), ["server 8585 Ingress Everywhere Off"]);
    assert_eq!(services(&gateway("HTTPS")), ["server 8585 Ingress Everywhere On"]);
    let mesh = |gateways: &str| {
        services(&format!(
            "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{ name: catalog, namespace: data }}\nspec:\n  hosts: [catalog.acme.io]\n  gateways: {gateways}\n  http:\n    - route: [{{ destination: {{ host: catalog.data.svc.cluster.local, port: {{ number: 80 }} }} }}]\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{ name: plain, namespace: data }}\nspec:\n  servers: [{{ port: {{ number: 80, protocol: HTTP }}, hosts: ['*'] }}]\n"
        ))
    };
    assert_eq!(mesh("[plain]"), ["server 8585 Ingress Everywhere Off"]);
    assert_eq!(mesh("[istio-system/shared]"), ["server 8585 Ingress Everywhere Unknown"]);
    assert!(mesh("[mesh]").is_empty());
    let openshift = |tls: &str| {
        services(&format!(
            "---\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {{ name: catalog, namespace: data }}\nspec:\n  to: {{ kind: Service, name: catalog }}\n  port: {{ targetPort: web }}\n{tls}"
        ))
    };
    assert_eq!(openshift(""), ["server 8585 Ingress Everywhere Off"]);
    assert_eq!(openshift("  tls: { termination: edge }\n"), ["server 8585 Ingress Everywhere On"]);
}

#[test]
fn a_patch_of_a_service_counts_and_one_that_is_not_applied_hides_it() {
    let base = format!("{WORKLOAD}{SERVICE}  type: NodePort\n");
    let with = |patches: &str| {
        doors(&[
            ("openmetadata.yaml", &base),
            ("kustomization.yaml", &format!("resources: [openmetadata.yaml]\npatches:\n{patches}")),
        ])
    };
    let merge = "  - patch: |\n      apiVersion: v1\n      kind: Service\n      metadata: { name: catalog }\n      spec: { type: ClusterIP }\n";
    assert!(with(merge).is_empty());
    let json = "  - target: { kind: Service, name: catalog }\n    patch: |\n      - { op: replace, path: /spec/type, value: ClusterIP }\n";
    assert!(with(json).is_empty());
}

#[test]
fn workloads_beside_the_server_have_ports_and_mounts_of_their_own() {
    let (_folder, scan) = scanned(&[(
        "openmetadata.yaml",
        &format!(
            "{WORKLOAD}---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: mysql, namespace: data }}
spec:
  template:
    metadata: {{ labels: {{ app: mysql }} }}
    spec:
      volumes:
        - name: socket
          hostPath: {{ path: /var/run/docker.sock }}
      containers:
        - name: db
          image: mysql:8.4
          volumeMounts: [{{ name: socket, mountPath: /docker.sock }}]
---
apiVersion: v1
kind: Service
metadata: {{ name: mysql, namespace: data }}
spec:
  type: NodePort
  selector: {{ app: mysql }}
  ports: [{{ port: 3306 }}]
"
        ),
    )]);
    let evidence = &scan.deployments[0].evidence;
    assert_eq!(evidence.ports.len(), 1);
    assert!(!evidence.ports[0].own && evidence.ports[0].first == 3306);
    assert_eq!(evidence.neighbours[0].name, "mysql/db");
    assert_eq!(evidence.neighbours[0].mounts[0].from.name(), "/var/run/docker.sock");
}
