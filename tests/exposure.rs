//! Ways from other machines to ports, as compose and the chart's values open them.

mod support;

use omlint::config::Loaded;
use omlint::{Request, Scan, scan};
use support::folder;

fn read(files: &[(&str, &str)]) -> (tempfile::TempDir, Scan) {
    let folder = folder(files);
    let scan = scan(&Request {
        paths: vec![".".into()],
        stdin: None,
        base: folder.path().to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::default(),
        now: support::material::NOW,
        inline_waivers: true,
    });
    (folder, scan)
}

/// The doors of the only deployment: whose, ports, door, reach and TLS.
fn doors(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, scan) = read(files);
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
