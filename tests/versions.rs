//! Releases change defaults and names: on each side of a boundary, what a rule says.

mod support;

use omlint::Scan;

fn judged(name: &str, text: &str) -> Scan {
    let (_folder, scan) = support::scanned(&[(name, text)]);
    assert_eq!(scan.deployments.len(), 1, "{text}");
    scan
}

/// The worst that a rule says about a compose file with the server's image at `tag`.
fn at(tag: &str, rule: &str, variables: &str) -> Option<&'static str> {
    let lines: String = variables.lines().map(|l| format!("      {}\n", l.trim())).collect();
    let text = format!(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:{tag}\n    environment:\n      DB_HOST: mysql\n      JWT_ISSUER: acme.io\n{lines}"
    );
    worst(&judged("docker-compose.yml", &text), rule)
}

/// The worst that a rule says about values with the chart's own image at `tag`.
fn helm_at(tag: &str, rule: &str, values: &str) -> Option<&'static str> {
    let text = format!("image:\n  repository: openmetadata/server\n  tag: \"{tag}\"\n{values}");
    worst(&judged("values.yaml", &text), rule)
}

fn worst(scan: &Scan, rule: &str) -> Option<&'static str> {
    scan.findings.iter().filter(|f| f.rule == rule).map(|f| f.severity).max().map(|s| s.name())
}

#[test]
fn until_0_12_1_a_server_that_is_told_nothing_lets_everyone_in() {
    assert_eq!(at("0.12.0", "auth-noop-default-old-version", ""), Some("critical"));
    assert_eq!(at("0.12.1", "auth-noop-default-old-version", ""), None);
    assert_eq!(at("0.12.0", "auth-basic-enabled", ""), None);
    assert_eq!(at("0.12.1", "auth-basic-enabled", ""), Some("medium"));
    let values = "global:\n  authentication:\n    provider: google\n  jwtTokenConfiguration:\n    enabled: true\n";
    assert_eq!(helm_at("0.12.0", "auth-noop-default-old-version", values), Some("critical"));
    assert_eq!(helm_at("0.12.1", "auth-noop-default-old-version", values), None);
}

#[test]
fn old_defaults_count_only_where_something_states_the_version() {
    // The layout of the values is of charts up to 1.0, and those come with any release.
    let values = "global:\n  authorizer:\n    initialAdmins: [jane.roe]\n  authentication:\n    provider: google\n";
    assert_eq!(worst(&judged("values.yaml", values), "auth-noop-default-old-version"), None);
    // A class of the old package dates the file, and what it leaves out is not held against it.
    let values = "global:\n  authorizer:\n    className: org.openmetadata.catalog.security.DefaultAuthorizer\n  authentication:\n    provider: google\n";
    let scan = judged("values.yaml", values);
    assert_eq!(worst(&scan, "auth-noop-default-old-version"), None);
    assert_eq!(worst(&scan, "auth-noop-authorizer"), None);
    assert_eq!(worst(&scan, "auth-class-package-legacy"), None);
    // What the file writes is.
    let values = values.replace("DefaultAuthorizer", "NoopAuthorizer");
    assert_eq!(worst(&judged("values.yaml", &values), "auth-noop-authorizer"), Some("critical"));
    let env = "AUTHENTICATION_AUTHORITY=https://accounts.google.com\nAUTHORIZER_ADMIN_PRINCIPALS=[jane.roe]\n";
    assert_eq!(worst(&judged("om.env", env), "auth-noop-default-old-version"), None);
}

#[test]
fn an_old_layout_that_states_no_version_may_use_the_names_of_any_old_chart() {
    // The charts from 0.0.34 to 0.0.51 had the Fernet key as a plain text, the later ones as a map.
    let values = "global:\n  authorizer:\n    initialAdmins: [jane.roe]\n  authentication:\n    provider: google\n";
    let own = format!("{values}  fernetKey: \"bm90LXRoZS1zaGlwcGVkLWtleS1idXQtb3Vycy1hbG8=\"\n");
    assert_eq!(worst(&judged("values.yaml", &own), "fernet-default-key"), None);
    let shipped = format!("{values}  fernetKey: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=\n");
    let scan = judged("values.yaml", &shipped);
    let found: Vec<_> = scan.findings.iter().filter(|f| f.rule == "fernet-default-key").collect();
    assert_eq!(found.len(), 1);
    let start = found[0].primary.span.start as usize;
    assert!(shipped[start..].starts_with("jJ/9"), "{start}");
    let later =
        format!("{values}  fernetkey:\n    value: bm90LXRoZS1zaGlwcGVkLWtleS1idXQtb3Vycy1hbG8=\n");
    assert_eq!(worst(&judged("values.yaml", &later), "fernet-default-key"), None);
}

#[test]
fn the_server_signs_with_the_images_own_keys_from_0_12_0() {
    assert_eq!(at("0.11.5", "jwt-default-key-pair", ""), None);
    assert_eq!(at("0.12.0", "jwt-default-key-pair", ""), Some("critical"));
}

#[test]
fn the_package_of_the_classes_was_renamed_with_0_12_1() {
    let old = "AUTHORIZER_CLASS_NAME: org.openmetadata.catalog.security.DefaultAuthorizer";
    assert_eq!(at("0.12.0", "auth-class-package-legacy", old), None);
    assert_eq!(at("0.12.1", "auth-class-package-legacy", old), Some("medium"));
}

#[test]
fn the_servers_own_keys_moved_with_1_0() {
    let old = "AUTHENTICATION_PUBLIC_KEYS: \"[http://localhost:8585/api/v1/config/jwks]\"";
    assert_eq!(at("0.13.3", "jwks-legacy-path", old), None);
    assert_eq!(at("1.0.0", "jwks-legacy-path", old), Some("low"));
}

#[test]
fn the_servers_own_keys_had_to_be_listed_until_1_9() {
    let without = "AUTHENTICATION_PROVIDER: okta\nAUTHENTICATION_PUBLIC_KEYS: \"[https://acme.okta.com/oauth2/v1/keys]\"";
    for (tag, expected) in [
        ("1.2.9", Some("medium")),
        ("1.3.0", Some("low")),
        ("1.8.12", Some("low")),
        ("1.9.0", None),
    ] {
        assert_eq!(at(tag, "jwks-own-url-missing", without), expected, "{tag}");
    }
}

#[test]
fn saml_and_ldap_came_with_1_0() {
    let saml = "AUTHENTICATION_PROVIDER: saml";
    let ldap = "AUTHENTICATION_PROVIDER: ldap";
    assert_eq!(at("0.13.3", "saml-unsigned", saml), None);
    assert_eq!(at("1.0.0", "saml-unsigned", saml), Some("high"));
    assert_eq!(at("0.13.3", "ldap-no-tls", ldap), None);
    assert_eq!(at("1.0.0", "ldap-no-tls", ldap), Some("high"));
}

#[test]
fn confidential_clients_came_with_1_3_2() {
    let okta = "AUTHENTICATION_PROVIDER: okta";
    assert_eq!(at("1.3.1", "oidc-public-client", okta), None);
    assert_eq!(at("1.3.2", "oidc-public-client", okta), Some("low"));
    let confidential = "AUTHENTICATION_PROVIDER: okta\nAUTHENTICATION_CLIENT_TYPE: confidential";
    assert_eq!(at("1.3.1", "oidc-pkce-disabled", confidential), None);
    assert_eq!(at("1.3.2", "oidc-pkce-disabled", confidential), Some("low"));
}

#[test]
fn the_database_counts_from_1_10_and_the_files_can_again_from_2_1() {
    let okta = "AUTHENTICATION_PROVIDER: okta";
    for (tag, expected) in
        [("1.9.12", None), ("1.10.0", Some("info")), ("2.0.9", Some("info")), ("2.1.0", None)]
    {
        assert_eq!(at(tag, "auth-db-overrides", okta), expected, "{tag}");
    }
    let source = "AUTHENTICATION_PROVIDER: okta\nSECURITY_CONFIG_SOURCE: DB";
    assert_eq!(at("2.0.9", "auth-config-source-db", source), None);
    assert_eq!(at("2.1.0", "auth-config-source-db", source), Some("low"));
}

#[test]
fn a_confidential_client_finds_the_providers_keys_itself_from_1_10() {
    let confidential = "AUTHENTICATION_PROVIDER: okta\nAUTHENTICATION_CLIENT_TYPE: confidential\nOIDC_DISCOVERY_URI: https://acme.okta.com/.well-known/openid-configuration\nAUTHENTICATION_PUBLIC_KEYS: \"[]\"";
    assert_eq!(at("1.9.12", "sso-jwks-missing", confidential), Some("high"));
    assert_eq!(at("1.10.0", "sso-jwks-missing", confidential), None);
}

#[test]
fn names_are_compared_without_their_domain_until_2_1() {
    let auth0 = "AUTHENTICATION_PROVIDER: auth0\nAUTHORIZER_ADMIN_PRINCIPALS: \"[jane.roe]\"";
    assert_eq!(at("2.0.9", "admin-bare-username-no-domain-enforce", auth0), Some("high"));
    assert_eq!(at("2.1.0", "admin-bare-username-no-domain-enforce", auth0), None);
}

/// A year is no version of the server's.
#[test]
fn an_image_of_ones_own_may_be_numbered_by_the_year() {
    let compose = |image: &str| {
        format!(
            "services:\n  om:\n    image: {image}\n    environment:\n      AUTHENTICATION_PROVIDER: okta\n      AUTHORIZER_ADMIN_PRINCIPALS: \"[kim]\"\n      AUTHORIZER_PRINCIPAL_DOMAIN: acme.io\n      LOG_LEVEL: DEBUG\n"
        )
    };
    for (image, is_found) in [
        ("registry.acme.io/openmetadata-custom:2024.10", true),
        ("registry.acme.io/openmetadata-custom:1.5.0", true),
        ("registry.acme.io/openmetadata-custom:2.1.0", false),
    ] {
        let place = support::folder(&[("compose.yml", &*compose(image))]);
        let out = support::omlint(place.path(), &["check", ".", "--format", "concise"]).out;
        assert_eq!(out.contains("log-debug"), is_found, "{image}: {out}");
    }
}
