//! Manifests as a cluster would run them: which of their containers is a server, and what its
//! environment comes to.

mod support;

use serde_json::Value;
use support::{folder, omlint};

/// Rules that fire on a file of this text, with the lines of their findings.
fn findings(text: &str) -> Vec<String> {
    let place = folder(&[("manifests.yaml", text)]);
    let run = omlint(place.path(), &["check", ".", "--format", "json"]);
    assert!(run.code < 2, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let list = report["findings"].as_array().expect("a list");
    let line = |finding: &Value| finding["primary"]["start"]["line"].clone();
    list.iter().map(|finding| format!("{} {}", line(finding), finding["rule"])).collect()
}

/// Whatever the script of a migration is called, nobody signs in to it.
#[test]
fn a_job_that_migrates_by_a_script_is_no_server() {
    let job = "\
apiVersion: batch/v1
kind: Job
metadata: {name: om-db}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: om
          image: docker.getcollate.io/openmetadata/server:1.11.8
          command: [/bin/bash]
          args: ['-c', './hooks/check_db_migrations.sh']
          env:
            - {name: AUTHENTICATION_PROVIDER, value: basic}
            - {name: JWT_KEY_ID, value: Gb389a-9f76-gdjs-a92j-0242bk94356}
            - {name: RSA_PUBLIC_KEY_FILE_PATH, value: ./conf/public_key.der}
";
    assert_eq!(findings(job), [] as [&str; 0]);
    let server = job.replace("./hooks/check_db_migrations.sh", "./bin/start.sh");
    assert!(findings(&server).iter().any(|it| it.contains("jwt-default-key-pair")));
}

/// The word that turns encryption off is no secret, too.
#[test]
fn encryption_that_is_off_is_one_finding() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: openmetadata}
spec:
  template:
    spec:
      containers:
        - name: om
          image: docker.getcollate.io/openmetadata/server:1.11.8
          env:
            - {name: FERNET_KEY, value: no_encryption_at_rest}
";
    let found = findings(text);
    let here: Vec<&String> = found.iter().filter(|it| it.starts_with("11 ")).collect();
    assert_eq!(here, [r#"11 "fernet-disabled""#]);
}
