//! Time grows with what is scanned, not with its square; and a run says where its time went.

mod support;

use std::time::{Duration, Instant};

use support::{folder, omlint, scanned};

const SERVER: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
";

/// The shortest of some runs: what else the machine does only makes them longer.
fn shortest(text: &str, name: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        let (_folder, scan) = scanned(&[(name, text)]);
        assert!(!scan.deployments.is_empty());
        start.elapsed()
    };
    (0..3).map(|_| once()).min().expect("it ran")
}

/// Eight times as much takes less than three times eight times as long; the square would be
/// sixty-four times.
fn grows_with(name: &str, few: usize, text: impl Fn(usize) -> String) {
    let (one, eight) = (shortest(&text(few), name), shortest(&text(few * 8), name));
    assert!(eight < one * 24, "{few}: {one:?}, {}: {eight:?}", few * 8);
}

#[test]
fn services_of_a_compose_file() {
    grows_with("docker-compose.yml", 500, |number| {
        let service =
            |n| format!("  s{n}:\n    image: nginx:{n}\n    environment:\n      A{n}: b\n");
        format!("{SERVER}{}", (0..number).map(service).collect::<String>())
    });
}

#[test]
fn mounts_of_a_service() {
    grows_with("docker-compose.yml", 1000, |number| {
        let mounts = (0..number).map(|n| format!("      - ./d{n}:/data/{n}\n"));
        format!("{SERVER}    volumes:\n{}", mounts.collect::<String>())
    });
}

#[test]
fn variables_of_a_service() {
    grows_with("docker-compose.yml", 1000, |number| {
        let variables = (0..number).map(|n| format!("      K{n}: v{n}\n"));
        format!("{SERVER}    environment:\n{}", variables.collect::<String>())
    });
}

#[test]
fn keys_of_a_charts_values() {
    grows_with("values.yaml", 5000, |number| {
        let keys = (0..number).map(|n| format!("key_{n}: a\n"));
        let server = "openmetadata:\n  config:\n    authentication: { provider: basic }\n";
        format!("{server}{}", keys.collect::<String>())
    });
}

#[test]
fn deployments_of_a_manifest() {
    grows_with("manifest.yaml", 8, |number| {
        let one = |n| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: om-{n}}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: server\n          image: docker.getcollate.io/openmetadata/server:1.11.4\n"
            )
        };
        (0..number).map(one).collect::<Vec<_>>().join("---\n")
    });
}

#[test]
fn many_files_are_reported_on_as_few_are() {
    let text = format!("{SERVER}    environment:\n      AUTHENTICATION_PROVIDER: basic # why\n");
    let few = folder(&[("a00/docker-compose.yml", &text)]);
    let names: Vec<String> = (0..40).map(|n| format!("a{n:02}/docker-compose.yml")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), &*text)).collect();
    let many = folder(&many);
    let (few, many) = (omlint(few.path(), &["check", "."]), omlint(many.path(), &["check", "."]));
    // Drawn from a file that was parsed again, its findings look the same.
    let (of_first, _) = many.out.split_once("a01/").expect("findings in the next file");
    let (whole, _) = of_first.rsplit_once("\n\n").expect("a finding before it");
    assert!(whole.contains("AUTHENTICATION_PROVIDER: basic"), "{whole}");
    assert!(few.out.starts_with(whole), "{whole}\n{}", few.out);
}

#[test]
fn a_run_says_how_long_its_stages_took_and_changes_no_report() {
    let folder = folder(&[("docker-compose.yml", SERVER)]);
    for command in
        [&["check", "--format", "json"][..], &["show"], &["report", "--framework", "om-production"]]
    {
        let plain = omlint(folder.path(), command);
        let timed = omlint(folder.path(), &[command, &["--stats"]].concat());
        assert_eq!((plain.code, &plain.out), (timed.code, &timed.out), "{command:?}");
        assert!(!plain.err.contains(" ms"), "{}", plain.err);
        assert!(timed.err.contains("1 file met, 1 read with 0.0 MB"), "{}", timed.err);
        for stage in ["configuration", "discovery", "parsing", "deployments", "rules", "in all"] {
            assert!(timed.err.contains(&format!("{stage} ")), "{stage}: {}", timed.err);
        }
    }
}
