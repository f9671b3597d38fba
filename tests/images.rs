//! Dockerfiles: images that are built with a server's variables and keys.

mod support;

use serde_json::Value;
use support::{folder, omlint};

fn check(files: &[(&str, &str)]) -> (Value, Vec<String>) {
    let folder = folder(files);
    let arguments = ["check", ".", "--format", "json", "--exit-zero", "--min-severity", "medium"];
    let run = omlint(folder.path(), &arguments);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let found = report["findings"].as_array().unwrap().iter().map(|finding| {
        let at = &finding["primary"];
        format!(
            "{} {} {}:{}",
            finding["rule"].as_str().unwrap(),
            finding["confidence"].as_str().unwrap(),
            at["path"].as_str().unwrap(),
            at["start"]["line"]
        )
    });
    let found = found.collect();
    (report, found)
}

const OPEN: &str = "ARG OM_VERSION=1.9.4
FROM docker.getcollate.io/openmetadata/server:${OM_VERSION}
USER root
RUN apk add --no-cache procps
ENV AUTHENTICATION_PROVIDER=basic \\
    AUTHORIZER_ADMIN_PRINCIPALS=\"[admin]\"
ENV JWT_KEY_ID Gb389a-9f76-gdjs-a92j-0242bk94356
USER openmetadata
";

#[test]
fn an_image_that_brings_a_servers_variables_is_judged_like_an_environment_file() {
    let (report, found) = check(&[("server/Dockerfile", OPEN)]);
    let deployment = &report["deployments"][0];
    assert_eq!(deployment["id"], "env:server/Dockerfile");
    assert_eq!(deployment["version"], "1.9.4");
    for expected in [
        "auth-basic-enabled high server/Dockerfile:5",
        "admin-default-principal medium server/Dockerfile:6",
        "jwt-default-key-id high server/Dockerfile:7",
        // Who runs the image may set what it leaves out.
        "jwt-default-key-pair medium server/Dockerfile:2",
        "fernet-default-key medium server/Dockerfile:2",
    ] {
        assert!(found.iter().any(|it| it == expected), "{expected}: {found:#?}");
    }
}

#[test]
fn an_image_that_brings_nothing_is_no_deployment() {
    let plain =
        "FROM docker.getcollate.io/openmetadata/server:1.9.4\nRUN apk add git\nENV LANG=C.UTF-8\n";
    let ingestion = OPEN.replace("openmetadata/server", "openmetadata/ingestion");
    for text in [plain, &ingestion] {
        let (report, found) = check(&[("Dockerfile", text)]);
        assert_eq!(report["deployments"].as_array().unwrap().len(), 0, "{text}");
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn an_image_that_a_service_builds_is_part_of_that_service() {
    // A compose file need not say a word of OpenMetadata.
    let files = [("docker-compose.yml", "services:\n  om:\n    build: .\n"), ("Dockerfile", OPEN)];
    let (report, _) = check(&files);
    assert_eq!(report["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(report["deployments"][0]["id"], "compose:docker-compose.yml#om");
    let compose = "services:\n  openmetadata:\n    build:\n      context: server\n";
    let (report, found) = check(&[("docker-compose.yml", compose), ("server/Dockerfile", OPEN)]);
    assert_eq!(report["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(report["deployments"][0]["id"], "compose:docker-compose.yml#openmetadata");
    assert_eq!(report["deployments"][0]["version"], "1.9.4");
    assert!(
        found.iter().any(|it| it == "jwt-default-key-id high server/Dockerfile:7"),
        "{found:#?}"
    );
    // What the service hands to the build is not the default.
    let compose = format!("{compose}      args:\n        OM_VERSION: 1.2.0\n");
    let (report, _) = check(&[("docker-compose.yml", &compose), ("server/Dockerfile", OPEN)]);
    assert_eq!(report["deployments"][0]["version_from"], "assumed: newest known");
}

#[test]
fn keys_that_are_copied_in_decide_about_the_shipped_path() {
    let text = format!("{OPEN}COPY keys/ /opt/openmetadata/conf/\n");
    let (_, found) = check(&[("Dockerfile", &text)]);
    assert!(!found.iter().any(|it| it.starts_with("jwt-default-key-pair")), "{found:#?}");
}

#[test]
fn quotes_are_the_builders_and_marks_are_filled_in_by_it() {
    let text = format!(
        "{OPEN}ARG KEY\nARG ISSUER=\"open-metadata.org\"\nENV JWT_ISSUER=${{ISSUER}} FERNET_KEY=$KEY \\\n    \
         DB_USER_PASSWORD='openmetadata_password' AUTHENTICATION_PUBLIC_KEYS=\"[http://localhost:8585/a, \
         http://b/c]\"\n"
    );
    let (_, found) = check(&[("Dockerfile", &text)]);
    assert!(found.iter().any(|it| it == "db-default-password high Dockerfile:12"), "{found:#?}");
    for rule in ["fernet", "yaml-placeholder-breaks", "inline-secret"] {
        assert!(!found.iter().any(|it| it.starts_with(rule)), "{rule}: {found:#?}");
    }
    let folder = folder(&[("Dockerfile", &text)]);
    let shown = omlint(folder.path(), &["show", "Dockerfile"]).out;
    let issuer = shown.lines().find(|line| line.contains("jwtissuer")).unwrap();
    assert!(issuer.contains("open-metadata.org") && issuer.contains("Dockerfile:10:"), "{issuer}");
}

#[test]
fn a_configuration_file_that_is_copied_in_is_the_images() {
    let text = format!("{OPEN}COPY openmetadata.yaml /opt/openmetadata/conf/openmetadata.yaml\n");
    let file = "authenticationConfiguration:
  provider: ${AUTHENTICATION_PROVIDER:-google}
authorizerConfiguration:
  adminPrincipals: [ops]
jwtTokenConfiguration:
  keyId: ${JWT_KEY_ID:-6f0a4a52-9d0e-4a8e-8a51-1f6f4d0f5a2b}
";
    let (report, found) = check(&[("Dockerfile", &text), ("openmetadata.yaml", file)]);
    assert_eq!(report["deployments"].as_array().unwrap().len(), 1, "{}", report["deployments"]);
    assert!(found.iter().any(|it| it == "auth-basic-enabled high Dockerfile:5"), "{found:#?}");
    assert!(!found.iter().any(|it| it.starts_with("admin-default-principal")), "{found:#?}");
}
