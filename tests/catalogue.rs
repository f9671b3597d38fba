//! The table of settings: names are unique, defaults do not overlap, OM's well-known facts hold.

use std::collections::HashSet;

use omlint::deployment::catalogue::Catalogue;
use omlint::deployment::version::Version;
use omlint::rules::Knowledge;

fn catalogue() -> &'static Catalogue {
    &Knowledge::built_in().catalogue
}

fn server_default(path: &str, version: &str) -> Option<String> {
    let id = catalogue().find(path).unwrap();
    let version = Version::parse(version).unwrap();
    catalogue().get(id).server_default(version).and_then(|entry| entry.value.clone())
}

#[test]
fn every_setting_is_listed_once() {
    let mut seen = HashSet::new();
    for setting in &catalogue().settings {
        assert!(seen.insert(&setting.path), "{} twice", setting.path);
    }
}

#[test]
fn sections_exist() {
    for setting in &catalogue().settings {
        if let Some(section) = &setting.section {
            assert!(catalogue().sections.contains_key(section), "{section}");
        }
        if let Some(other) = &setting.instead {
            assert!(catalogue().find(other).is_some(), "{other}");
        }
    }
}

#[test]
fn basic_sign_in_became_the_default_with_0_12_1() {
    let provider = "authenticationConfiguration.provider";
    assert_eq!(server_default(provider, "0.12.0").as_deref(), Some("no-auth"));
    assert_eq!(server_default(provider, "0.12.1").as_deref(), Some("basic"));
}

#[test]
fn key_paths_were_empty_before_0_12_1() {
    let path = "jwtTokenConfiguration.rsapublicKeyFilePath";
    assert_eq!(server_default(path, "0.11.5").as_deref(), Some(""));
    assert_eq!(server_default(path, "1.13.1").as_deref(), Some("./conf/public_key.der"));
}

#[test]
fn the_key_id_never_changed() {
    for version in ["0.10.1", "0.13.2", "1.0.0", "1.5.3", "1.13.0"] {
        assert_eq!(
            server_default("jwtTokenConfiguration.keyId", version).as_deref(),
            Some("Gb389a-9f76-gdjs-a92j-0242bk94356"),
            "{version}"
        );
    }
}

#[test]
fn chart_versions_before_1_2_are_not_server_versions() {
    let version = |text: &str| Version::parse(text).unwrap();
    assert_eq!(catalogue().version_of_chart(version("1.1.0")), version("1.0.5"));
    assert_eq!(catalogue().version_of_chart(version("0.0.52")), version("0.13.1"));
    assert_eq!(catalogue().version_of_chart(version("1.6.12")), version("1.6.12"));
}

#[test]
fn what_may_never_be_printed_is_secret() {
    for path in [
        "database.password",
        "fernetConfiguration.fernetKey",
        "authenticationConfiguration.oidcConfiguration.secret",
        "authenticationConfiguration.ldapConfiguration.dnAdminPassword",
        "pipelineServiceClientConfiguration.parameters.password",
        "elasticsearch.password",
        "database.url.params",
    ] {
        assert!(catalogue().get(catalogue().find(path).unwrap()).secret, "{path}");
    }
}

#[test]
fn what_people_need_to_see_is_public() {
    for path in [
        "jwtTokenConfiguration.keyId",
        "jwtTokenConfiguration.jwtissuer",
        "jwtTokenConfiguration.rsapublicKeyFilePath",
        "authenticationConfiguration.provider",
        "authenticationConfiguration.clientId",
        "authenticationConfiguration.authority",
        "authenticationConfiguration.callbackUrl",
        "authenticationConfiguration.publicKeyUrls",
        "authorizerConfiguration.principalDomain",
    ] {
        assert!(!catalogue().get(catalogue().find(path).unwrap()).secret, "{path}");
    }
}

#[test]
fn a_server_is_told_from_a_client_by_its_variables() {
    for name in ["AUTHENTICATION_PROVIDER", "AUTHORIZER_ADMIN_PRINCIPALS", "JWT_KEY_ID"] {
        assert!(catalogue().is_telltale(name), "{name}");
    }
    for name in ["DB_USER", "FERNET_KEY", "OPENMETADATA_JWT_TOKEN", "LOG_LEVEL"] {
        assert!(!catalogue().is_telltale(name), "{name}");
    }
}

#[test]
fn what_other_programs_have_too_does_not_make_a_server() {
    let tell =
        |names: &[&str], named| catalogue().telltales(names.iter().copied()).tell_of_server(named);
    assert!(tell(&["AUTHORIZER_ADMIN_PRINCIPALS", "AUTHORIZER_CLASS_NAME", "FERNET_KEY"], false));
    assert!(tell(&["AUTHORIZER_ADMIN_PRINCIPALS", "JWT_KEY_ID", "AUTHENTICATION_PROVIDER"], false));
    assert!(tell(&["AUTHORIZER_ADMIN_PRINCIPALS"], true));
    assert!(!tell(&["AUTHORIZER_ADMIN_PRINCIPALS"], false));
    assert!(!tell(&["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID", "JWT_KEY_ID"], false));
    assert!(!tell(&["AIRFLOW_HOST", "OM_DATABASE"], true));
    assert!(!tell(&["JWT_KEY_ID", "JWT_KEY_ID", "JWT_KEY_ID"], true));
}
