//! The words of rule files, each on what a value can be: written, the shipped default, from
//! elsewhere, partly from elsewhere, and empty. Three answers: yes, no, and the files do not tell.

mod support;

use omlint::Scan;
use omlint::rules::Knowledge;
use omlint::rules::condition::{Case, Truth};
use omlint::rules::schema::{Condition, Profile};

fn compose(variables: &str) -> (tempfile::TempDir, Scan) {
    let lines: String = variables.lines().map(|line| format!("      {}\n", line.trim())).collect();
    let text = format!(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      AUTHORIZER_CLASS_NAME: x\n{lines}"
    );
    laid_out("docker-compose.yml", &text)
}

fn laid_out(name: &str, text: &str) -> (tempfile::TempDir, Scan) {
    let (folder, scan) = support::scanned(&[(name, text)]);
    assert_eq!(scan.deployments.len(), 1, "{text}");
    (folder, scan)
}

fn answer(scan: &Scan, condition: &str) -> Truth {
    let condition: Condition =
        serde_yaml::from_str(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
    let case = Case {
        knowledge: Knowledge::built_in(),
        deployment: &scan.deployments[0],
        sources: &scan.sources,
        profile: Profile::Production,
    };
    case.holds(&condition)
}

/// `variables` as a compose file has them, and what `condition` then is.
#[track_caller]
fn is(variables: &str, condition: &str, expected: Truth) {
    let (_folder, scan) = compose(variables);
    assert_eq!(answer(&scan, condition), expected, "{condition} with {variables:?}");
}

use Truth::{False, True, Unknown};

const ID: &str = "authenticationConfiguration.clientId";
const ADMINS: &str = "authorizerConfiguration.adminPrincipals";
const AUTHORITY: &str = "authenticationConfiguration.authority";
const PORT: &str = "elasticsearch.port";

fn client(predicate: &str) -> String {
    format!("{ID}: {predicate}")
}

fn admins(predicate: &str) -> String {
    format!("{ADMINS}: {predicate}")
}

fn authority(predicate: &str) -> String {
    format!("{AUTHORITY}: {predicate}")
}

fn port(predicate: &str) -> String {
    format!("{PORT}: {predicate}")
}

#[test]
fn unset_is_what_no_file_sets() {
    is("", &client("unset"), True);
    is("AUTHENTICATION_CLIENT_ID: abc", &client("unset"), False);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("unset"), False);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("unset"), False);
    is("AUTHENTICATION_CLIENT_ID: om-${ID}", &client("unset"), False);
}

#[test]
fn empty_is_nothing_written_or_by_default() {
    is("AUTHENTICATION_CLIENT_ID: ''", &client("empty"), True);
    is("", &client("empty"), True);
    is("AUTHENTICATION_CLIENT_ID: abc", &client("empty"), False);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("empty"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: om-${ID}", &client("empty"), False);
    is("", &admins("empty"), False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ''", &admins("empty"), True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[]'", &admins("empty"), False);
}

#[test]
fn default_is_what_openmetadata_ships_written_or_not() {
    is("", &authority("default"), True);
    is("AUTHENTICATION_AUTHORITY: https://accounts.google.com", &authority("default"), True);
    is("AUTHENTICATION_AUTHORITY: https://acme.okta.com", &authority("default"), False);
    is("AUTHENTICATION_AUTHORITY: ${A}", &authority("default"), Unknown);
    is("AUTHENTICATION_AUTHORITY: https://${A}", &authority("default"), Unknown);
    is("AUTHENTICATION_AUTHORITY: http://${A}", &authority("default"), False);
}

#[test]
fn placeholder_is_what_a_manual_left() {
    is("AUTHENTICATION_CLIENT_ID: '{Client ID}'", &client("placeholder"), True);
    is("AUTHENTICATION_CLIENT_ID: abc", &client("placeholder"), False);
    is("", &client("placeholder"), False);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("placeholder"), False);
    is("AUTHENTICATION_AUTHORITY: https://{Domain}/${P}", &authority("placeholder"), True);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("placeholder"), False);
}

#[test]
fn example_domain_is_a_name_reserved_for_documentation() {
    is("AUTHENTICATION_AUTHORITY: https://login.example.com", &authority("example-domain"), True);
    is(
        "AUTHENTICATION_AUTHORITY: https://example.com.acme.io",
        &authority("example-domain"),
        False,
    );
    is("", &authority("example-domain"), False);
    is("AUTHENTICATION_AUTHORITY: ${A}", &authority("example-domain"), Unknown);
    is("AUTHENTICATION_AUTHORITY: https://${A}.example.org", &authority("example-domain"), True);
    is("AUTHENTICATION_AUTHORITY: ''", &authority("example-domain"), False);
}

#[test]
fn reference_comes_from_elsewhere() {
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("reference"), True);
    is("AUTHENTICATION_CLIENT_ID: abc", &client("reference"), False);
    is("", &client("reference"), False);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("reference"), False);
    is("AUTHENTICATION_CLIENT_ID: om-${ID}", &client("reference"), False);
}

#[test]
fn inline_is_written_out_in_a_file_that_the_repository_holds() {
    is("AUTHENTICATION_CLIENT_ID: abc", &client("inline"), True);
    is("", &client("inline"), False);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("inline"), False);
    is("AUTHENTICATION_CLIENT_ID: om-${ID}", &client("inline"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("inline"), False);
}

#[test]
fn equals_is_one_of_the_texts_or_exactly_the_items() {
    is("AUTHENTICATION_CLIENT_ID: abc", &client("{ equals: abc }"), True);
    is("AUTHENTICATION_CLIENT_ID: abd", &client("{ equals: [abc, xyz] }"), False);
    is("", &authority("{ equals: 'https://accounts.google.com' }"), True);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("{ equals: abc }"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: x${ID}", &client("{ equals: abc }"), False);
    is("AUTHENTICATION_CLIENT_ID: a${ID}", &client("{ equals: abc }"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("{ equals: abc }"), False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, b]'", &admins("{ equals: [a, b] }"), True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a]'", &admins("{ equals: [a, b] }"), False);
}

#[test]
fn in_is_one_of_a_group() {
    let provider = "authenticationConfiguration.provider: { in: oidc }";
    is("AUTHENTICATION_PROVIDER: okta", provider, True);
    is("AUTHENTICATION_PROVIDER: saml", provider, False);
    is("", provider, False);
    is("AUTHENTICATION_PROVIDER: ${P}", provider, Unknown);
    is("AUTHENTICATION_PROVIDER: x-${P}", provider, False);
    is("AUTHENTICATION_PROVIDER: ''", provider, False);
}

#[test]
fn matches_needs_no_more_than_the_known_characters() {
    is("AUTHENTICATION_CLIENT_ID: abc", &client("{ matches: '^a' }"), True);
    is("AUTHENTICATION_CLIENT_ID: bcd", &client("{ matches: '^a' }"), False);
    is("", &authority("{ matches: google }"), True);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("{ matches: '^a' }"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: a${ID}", &client("{ matches: '^a' }"), True);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("{ matches: '^a' }"), False);
}

#[test]
fn contains_is_about_some_item() {
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, b]'", &admins("{ contains: { equals: b } }"), True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, c]'", &admins("{ contains: { equals: b } }"), False);
    is("", &admins("{ contains: { equals: admin } }"), True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ${A}", &admins("{ contains: { equals: b } }"), Unknown);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, ${B}]'", &admins("{ contains: { equals: b } }"), Unknown);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[b, ${B}]'", &admins("{ contains: { equals: b } }"), True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[]'", &admins("{ contains: { equals: b } }"), False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ''", &admins("{ contains: { equals: b } }"), False);
}

#[test]
fn first_is_about_the_item_at_the_head_of_a_list() {
    let a = admins("{ first: { in: [a, admin] } }");
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, b]'", &a, True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[b, a]'", &a, False);
    is("", &a, True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ${A}", &a, Unknown);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[${A}, a]'", &a, Unknown);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[a, ${A}]'", &a, True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[b, ${A}]'", &a, False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[]'", &a, False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ''", &a, False);
    // What is no list is its own first item.
    is("AUTHENTICATION_CLIENT_ID: a", &client("{ first: { equals: a } }"), True);
}

#[test]
fn at_least_and_below_are_about_numbers() {
    for (variables, least, below) in [
        ("ELASTICSEARCH_PORT: 9300", True, False),
        ("ELASTICSEARCH_PORT: '9250'", True, False),
        ("ELASTICSEARCH_PORT: 9249", False, True),
        ("ELASTICSEARCH_PORT: -1", False, True),
        // the shipped default is 9200
        ("", False, True),
        ("ELASTICSEARCH_PORT: ${N}", Unknown, Unknown),
        ("ELASTICSEARCH_PORT: 1${N}", Unknown, Unknown),
        ("ELASTICSEARCH_PORT: ${N:-9300}", True, False),
        ("ELASTICSEARCH_PORT: ''", False, False),
        ("ELASTICSEARCH_PORT: many", False, False),
        ("ELASTICSEARCH_PORT: inf", False, False),
    ] {
        is(variables, &port("{ at-least: 9250 }"), least);
        is(variables, &port("{ below: 9250 }"), below);
    }
}

#[test]
fn host_is_about_where_a_url_leads() {
    for (url, loopback, in_cluster, private) in [
        ("http://localhost:8585/x", True, True, False),
        ("http://127.0.0.1/x", True, True, False),
        ("http://openmetadata:8585", False, True, False),
        ("http://om.data.svc.cluster.local", False, True, False),
        ("https://om.acme.io", False, False, False),
        ("http://10.20.0.4:8585/x", False, False, True),
        ("http://172.31.255.1", False, False, True),
        ("http://172.32.0.1", False, False, False),
        ("http://192.168.1.2", False, False, True),
        ("http://169.254.1.1", False, False, True),
        ("http://100.64.0.1", False, False, True),
        ("http://100.128.0.1", False, False, False),
        ("http://8.8.8.8", False, False, False),
        ("http://[fd12::1]:8585/x", False, False, True),
        ("http://[2001:db8::1]/x", False, False, False),
        ("http://10.acme.io", False, False, False),
        ("http://${H}/x", Unknown, Unknown, Unknown),
        ("http://10.0.0.${H}/x", Unknown, Unknown, Unknown),
        ("${URL}", Unknown, Unknown, Unknown),
        ("", False, False, False),
    ] {
        let variables = format!("AUTHENTICATION_AUTHORITY: \"{url}\"");
        is(&variables, &authority("{ host: loopback }"), loopback);
        // A host with a colon is no name of the cluster.
        if !url.contains('[') {
            is(&variables, &authority("{ host: in-cluster }"), in_cluster);
        }
        is(&variables, &authority("{ host: private-address }"), private);
        let remote = if url.is_empty() { False } else { !in_cluster };
        is(&variables, &authority("{ host: remote }"), remote);
    }
    is("", &authority("{ host: remote }"), True);
    is("", &authority("{ host: private-address }"), False);
}

#[test]
fn scheme_is_what_stands_before_the_host() {
    is("AUTHENTICATION_AUTHORITY: http://a", &authority("{ scheme: http }"), True);
    is("AUTHENTICATION_AUTHORITY: HTTP://a", &authority("{ scheme: http }"), True);
    is("AUTHENTICATION_AUTHORITY: https://a", &authority("{ scheme: http }"), False);
    is("AUTHENTICATION_AUTHORITY: a", &authority("{ scheme: http }"), False);
    is("", &authority("{ scheme: https }"), True);
    is("AUTHENTICATION_AUTHORITY: ${A}", &authority("{ scheme: http }"), Unknown);
    is("AUTHENTICATION_AUTHORITY: http://${A}", &authority("{ scheme: http }"), True);
    is("AUTHENTICATION_AUTHORITY: ''", &authority("{ scheme: http }"), False);
}

#[test]
fn held_by_is_what_holds_a_value_in_a_manifest() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: { AUTHENTICATION_CLIENT_ID: YWJj }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { AUTHENTICATION_AUTHORITY: abc }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: om }\nspec:\n  containers:\n    - name: om\n      image: docker.getcollate.io/openmetadata/server:1.11.4\n      envFrom: [{ secretRef: { name: s } }, { configMapRef: { name: c } }]\n      env:\n        - { name: ELASTICSEARCH_PORT, value: '9200' }\n        - { name: AUTHENTICATION_PROVIDER, valueFrom: { secretKeyRef: { name: t, key: k } } }\n";
    let (_folder, scan) = laid_out("om.yaml", text);
    for (path, holder) in [
        (ID, Some("secret")),
        (AUTHORITY, Some("config-map")),
        (PORT, Some("container")),
        // from elsewhere, and by default
        ("authenticationConfiguration.provider", None),
        (ADMINS, None),
    ] {
        for word in ["secret", "config-map", "container"] {
            let expected = if holder == Some(word) { True } else { False };
            assert_eq!(
                answer(&scan, &format!("{path}: {{ held-by: {word} }}")),
                expected,
                "{path}"
            );
        }
    }
    // Other files have no such holders.
    is("AUTHENTICATION_CLIENT_ID: abc", &client("{ held-by: container }"), False);
}

#[test]
fn a_setting_of_several_neighbours_meets_what_one_of_them_meets() {
    let text = "services:\n  a:\n    image: mysql:8\n    environment: { MYSQL_ROOT_PASSWORD: \"${X}\" }\n  b:\n    image: mysql:8\n    environment: { MYSQL_ROOT_PASSWORD: root }\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment: { MYSQL_ROOT_PASSWORD: own }\n";
    let (_folder, scan) = laid_out("docker-compose.yml", text);
    let root = |predicate: &str| format!("neighbours.mysql.rootPassword: {predicate}");
    assert_eq!(answer(&scan, &root("{ equals: root }")), True);
    assert_eq!(answer(&scan, &root("{ equals: mysql }")), Unknown);
    assert_eq!(answer(&scan, &root("reference")), True);
    assert_eq!(answer(&scan, &root("unset")), False);
    assert_eq!(answer(&scan, "neighbours.postgres.password: { equals: postgres }"), False);
}

/// A server with these ports, beside a database, and what `condition` then is.
#[track_caller]
fn with_ports(ports: &str, condition: &str, expected: Truth) {
    let text = format!(
        "services:\n  db:\n    image: postgres:16\n    ports: [\"5432:5432\"]\n    volumes: [\"/srv/pg:/data\"]\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      DB_HOST: db\n      ELASTICSEARCH_HOST: ${{ES}}\n    ports: {ports}\n"
    );
    let (_folder, scan) = laid_out("docker-compose.yml", &text);
    assert_eq!(answer(&scan, condition), expected, "{condition} with {ports}");
}

#[test]
fn port_is_a_way_from_other_machines() {
    let everywhere = "port: { of: server, setting: 'server.applicationConnectors[0].port', reach: [everywhere] }";
    with_ports("[\"8585:8585\"]", everywhere, True);
    with_ports("[\"127.0.0.1:8585:8585\"]", everywhere, False);
    with_ports("[\"${BIND}:8585:8585\"]", everywhere, Unknown);
    with_ports("[\"${BIND:-10.0.0.1}:8585:8585\"]", everywhere, False);
    with_ports("[\"8586:8586\"]", everywhere, False);
    with_ports("[]", everywhere, False);
    with_ports("[\"${BIND}:8585:8585\"]", "port: { of: server, number: [8585] }", True);
    with_ports("[\"8585:8585\"]", "port: { of: server, through: [ingress] }", False);
    with_ports("[\"8585:8585\"]", "port: { of: server, tls: true }", False);
    with_ports("[]", "port: { of: neighbours, named: [postgres], number: [5432] }", True);
    with_ports("[]", "port: { of: neighbours, named: [mysql] }", False);
    with_ports("[]", "port: { of: { host: database.url.host }, number: [5432] }", True);
    with_ports("[]", "port: { of: { host: elasticsearch.host } }", Unknown);
    with_ports("[]", "not: { port: { of: server } }", True);
}

#[test]
fn mount_is_what_is_laid_into_a_container() {
    with_ports("[]", "mount: { of: neighbours, from: '^/srv/pg$' }", True);
    with_ports("[]", "mount: { of: neighbours, named: [db], from: '^/srv' }", True);
    with_ports("[]", "mount: { of: neighbours, named: [ingestion], from: '^/srv' }", False);
    with_ports("[]", "mount: { of: server, from: '^/srv/pg$' }", False);
}

#[test]
fn misshapen_is_what_the_server_cannot_take_in() {
    is("AUTHORIZER_ADMIN_PRINCIPALS: jane", &admins("misshapen"), Truth::True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '\"[jane]\"'", &admins("misshapen"), Truth::True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[{jane}]'", &admins("misshapen"), Truth::True);
    is("AUTHORIZER_ADMIN_PRINCIPALS: '[jane, \"bob\"]'", &admins("misshapen"), Truth::False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: ${WHO}", &admins("misshapen"), Truth::False);
    is("AUTHORIZER_ADMIN_PRINCIPALS: 'jane,${WHO}'", &admins("misshapen"), Truth::Unknown);
    is("AUTHENTICATION_CLIENT_ID: '{Client ID}'", &client("misshapen"), Truth::True);
    is("AUTHENTICATION_CLIENT_ID: abc", &client("misshapen"), Truth::False);
    is("JWT_ISSUER: x", &client("misshapen"), Truth::False);
}

#[test]
fn key_is_one_of_the_charts_values() {
    let (_folder, scan) = laid_out("values.yaml", "openmetadata:\n  config:\n    database: {}\n");
    assert_eq!(answer(&scan, "key: openmetadata.config.database"), Truth::True);
    assert_eq!(answer(&scan, "key: openmetadata.config.web"), Truth::False);
}

#[test]
fn any_all_and_not_follow_kleene() {
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("[{ equals: a }, reference]"), True);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("{ any: [{ equals: a }, empty] }"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("{ all: [{ equals: a }, unset] }"), False);
    is("AUTHENTICATION_CLIENT_ID: ${ID}", &client("{ not: { equals: a } }"), Unknown);
    is("AUTHENTICATION_CLIENT_ID: b", &client("{ not: { equals: a } }"), True);
    is("AUTHENTICATION_CLIENT_ID: ''", &client("{ not: empty }"), False);
    is("", &client("{ equals: '', not: unset }"), False);
    is("", "{ any: [{ version: '<1.0' }, { kind: [compose] }] }", True);
    is("", "{ not: { profile: development } }", True);
}

#[test]
fn an_unknown_word_is_an_error_that_names_the_known_ones() {
    let error = serde_yaml::from_str::<Condition>(&client("{ more-than: 3 }")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("more-than") && text.contains("at-least"), "{text}");
}
