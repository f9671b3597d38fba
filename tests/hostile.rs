//! Trees laid out to slow a run down, to fill its memory or to make it wait for ever. Each is
//! judged with what else is there, in little time and memory, and a note says what was left out.
#![cfg(unix)]

mod support;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Run, UNSAFE, folder, write};

/// Seconds of the processor, however long it takes to get them on a busy machine. A debug build is
/// allowed much more than the program needs.
const MOST_SECONDS: u32 = 60;
/// Addresses, of which a debug build uses several hundred MB for nothing.
const MOST_KILOBYTES: u32 = 1_500_000;

/// Runs omlint with bounds that end it. A run that waits for something is ended, too, some time.
fn bounded(folder: &Path, arguments: &str) -> Run {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v {MOST_KILOBYTES}; ulimit -t {MOST_SECONDS}; \
             exec timeout -s KILL 900 \"$0\" {arguments}"
        ))
        .arg(env!("CARGO_BIN_EXE_omlint"))
        .current_dir(folder)
        .output()
        .expect("a shell");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Judges a compose file and what stands around it.
fn check(folder: &Path) -> Run {
    let run = bounded(folder, "check . --verbose --format concise");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("docker-compose.yml:6:"), "{}", run.out);
    run
}

/// The same where something is too much: that is said, and the run fails.
fn check_part(folder: &Path, said: &str) -> Run {
    let run = bounded(folder, "check . --verbose --format concise");
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.out.contains("docker-compose.yml:6:"), "{}", run.out);
    assert!(run.err.contains(said), "{}", run.err);
    run
}

fn pipe(path: &Path) -> bool {
    Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())
}

#[test]
fn a_list_of_ignored_files_that_is_a_link_to_a_device_is_not_followed() {
    for name in [".gitignore", ".ignore", "inner/.gitignore"] {
        let folder = folder(&[("docker-compose.yml", UNSAFE), ("inner/a.yml", "")]);
        symlink("/dev/zero", folder.path().join(name)).expect("a link");
        let run = check(folder.path());
        assert!(run.err.contains(&format!("{name}: a symbolic link")), "{}", run.err);
    }
}

#[test]
fn a_list_of_ignored_files_that_is_a_pipe_is_not_waited_for() {
    for name in [".gitignore", ".ignore", "inner/.gitignore", ".git/info/exclude"] {
        let folder = folder(&[("docker-compose.yml", UNSAFE), ("inner/a.yml", "")]);
        let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
        assert!(made.is_ok_and(|status| status.success()));
        let _ = std::fs::remove_file(folder.path().join(name));
        if !pipe(&folder.path().join(name)) {
            println!("skipped: there is no mkfifo");
            return;
        }
        let run = check(folder.path());
        assert!(run.err.contains(&format!("{name}: no file")), "{}", run.err);
    }
}

#[test]
fn a_list_of_very_many_ignored_files_is_not_followed() {
    let folder =
        folder(&[("docker-compose.yml", UNSAFE), ("a1/b/c.x1/docker-compose.yml", UNSAFE)]);
    let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
    assert!(made.is_ok_and(|status| status.success()));
    let list: String = (0..100_000).map(|n| format!("a{n}/**/*.x{n}\n")).collect();
    write(folder.path(), ".gitignore", list.as_bytes());
    let run = check(folder.path());
    assert!(run.err.contains(".gitignore: "), "{}", run.err);
    assert!(run.err.contains("not followed: nothing is left out here"), "{}", run.err);
    assert!(run.out.contains("c.x1/docker-compose.yml:6:"), "{}", run.out);
}

#[test]
fn a_list_that_is_not_followed_hides_no_file_of_the_repository() {
    let folder = folder(&[
        ("docker-compose.yml", UNSAFE),
        ("kept/docker-compose.yml", UNSAFE),
        (".gitignore", "kept/\n"),
        ("a/x.txt", ""),
    ]);
    let git = |arguments: &[&str]| {
        let status = Command::new("git").args(arguments).current_dir(folder.path()).status();
        assert!(status.is_ok_and(|status| status.success()));
    };
    git(&["init", "-q"]);
    git(&["add", "-f", "kept"]);
    symlink("/dev/zero", folder.path().join("a/.gitignore")).expect("a link");
    let run = check(folder.path());
    assert!(run.err.contains("a/.gitignore: a symbolic link"), "{}", run.err);
    assert!(run.out.contains("kept/docker-compose.yml:6:"), "{}", run.out);
}

#[test]
fn lists_of_ignored_files_are_bounded_together() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let mut path = String::new();
    for depth in 0..20 {
        path.push_str(&format!("d{depth}/"));
        let list: String =
            (0..100).map(|n| format!("*a*b*c*d*e*f*g*h*i*j*k*l*{depth}{n}*\n")).collect();
        write(folder.path(), &format!("{path}.gitignore"), list.as_bytes());
        for n in 0..50 {
            write(folder.path(), &format!("{path}abcdefghijkl{n}.yml"), b"a: openmetadata\n");
        }
    }
    let run = check(folder.path());
    assert!(run.err.contains("not followed"), "{}", run.err);
}

#[test]
fn usual_lists_of_ignored_files_are_followed() {
    let folder = folder(&[
        ("docker-compose.yml", UNSAFE),
        ("build/docker-compose.yml", UNSAFE),
        ("a/out1/docker-compose.yml", UNSAFE),
    ]);
    let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
    assert!(made.is_ok_and(|status| status.success()));
    let list: String = (0..1000).map(|n| format!("made_{n}\n*.end{n}\n")).collect();
    let wild: String = (0..100).map(|n| format!("[Bb]in{n}/x*\n")).collect();
    write(folder.path(), ".gitignore", format!("{list}{wild}build/\n").as_bytes());
    write(folder.path(), "a/.gitignore", b"out*\n");
    let run = check(folder.path());
    assert!(!run.err.contains("not followed"), "{}", run.err);
    assert!(!run.out.contains("build/") && !run.out.contains("out1"), "{}", run.out);
}

#[test]
fn of_very_many_servers_in_one_file_the_first_are_judged() {
    let servers: String = (0..700)
        .map(|n| format!("  s{n}:\n    image: openmetadata/server:1.11.4\n    environment: {{JWT_KEY_ID: a}}\n"))
        .collect();
    let container =
        "containers: [{image: openmetadata/server:1.11.4, env: [{name: JWT_KEY_ID, value: a}]}]";
    let manifests: String = (0..700)
        .map(|n| format!("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a{n}}}\nspec: {{template: {{spec: {{{container}}}}}}}\n"))
        .collect();
    let applications: String = (0..700)
        .map(|n| format!("---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a{n}}}\nspec: {{source: {{chart: openmetadata, helm: {{}}}}}}\n"))
        .collect();
    for (name, text) in [
        ("a/docker-compose.yml", format!("services:\n{servers}")),
        ("a/all.yaml", manifests),
        ("a/apps.yaml", applications),
    ] {
        let folder = folder(&[("good/docker-compose.yml", UNSAFE), (name, &text)]);
        let run = check(folder.path());
        let said = run.out.lines().find(|line| line.contains("more than 400 servers"));
        assert!(said.is_some_and(|line| line.starts_with(name)), "{name}: {said:?} {}", run.err);
        let judged = run.err.lines().filter(|line| line.contains("omlint: deployment ")).count();
        assert_eq!(judged, 401, "{name}");
    }
}

#[test]
fn doors_and_workloads_in_great_number() {
    let container = "containers: [{name: c, image: openmetadata/server:1.11.4, env: [{name: JWT_KEY_ID, value: a}], ports: [{containerPort: 8585}]}]";
    let text: String = (0..1000)
        .map(|n| format!("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a{n}}}\nspec: {{template: {{metadata: {{labels: {{app: a}}}}, spec: {{{container}}}}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\nspec: {{type: LoadBalancer, ports: [{{port: 8585}}], selector: {{app: a}}}}\n"))
        .collect();
    let folder = folder(&[("good/docker-compose.yml", UNSAFE), ("all.yaml", &text)]);
    let run = check(folder.path());
    assert!(run.out.contains("all.yaml:"), "{}", run.err);
}

#[test]
fn services_and_ports_in_great_number() {
    let many = |number: usize, line: &str| -> String {
        (0..number).map(|n| line.replace('@', &n.to_string())).collect()
    };
    let server = "  s@:\n    image: openmetadata/server:1.11.4\n    ports: ['80:8585', '81:8586']\n    environment: {JWT_KEY_ID: a}\n";
    let beside = "  n@: {image: mysql, ports: ['@:3306'], environment: {MYSQL_ROOT_PASSWORD: a}}\n";
    for services in [
        many(1500, server),
        many(1, server) + &many(20_000, beside),
        many(300, server) + &many(3_000, beside),
    ] {
        let text = format!("services:\n{services}");
        let folder = folder(&[("good/docker-compose.yml", UNSAFE), ("a/compose.yml", &text)]);
        let run = check(folder.path());
        assert!(run.out.contains("a/compose.yml:"), "{}", run.err);
    }
}

#[test]
fn deployments_that_share_a_large_file_are_bounded() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let base: String = (0..20_000).map(|n| format!("- {{name: A{n}, value: x}}\n")).collect();
    let head = "openmetadata:\n  config:\n    authentication: {provider: google}\nextraEnvs:\n";
    write(folder.path(), "c/values.yaml", format!("{head}{base}").as_bytes());
    for n in 0..300 {
        let text = b"openmetadata: {config: {authentication: {provider: basic}}}\n";
        write(folder.path(), &format!("c/values-{n:03}.yaml"), text);
    }
    let run = check_part(folder.path(), "c/values-299.yaml: not judged");
    assert!(run.out.contains("c/values-000.yaml:"), "{}", run.out);
}

#[test]
fn variables_in_great_number() {
    let variables: String = (0..3_000).map(|n| format!("      V{n}: x\n")).collect();
    let heirs: String = (0..1_000).map(|n| format!("  s{n}: {{extends: b}}\n")).collect();
    let base = format!("services:\n  b:\n    image: mysql\n    environment:\n{variables}{heirs}");
    let last = "  om: {image: 'openmetadata/server:1.11.4', environment: {JWT_KEY_ID: a}}\n";
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("a/compose.yml", &(base + last))]);
    let files: String = (0..400).map(|n| format!("      - e{n}.env\n")).collect();
    let text = format!("{UNSAFE}    env_file:\n{files}");
    write(folder.path(), "b/docker-compose.yml", text.as_bytes());
    for n in 0..400 {
        let lines: String = (0..500).map(|k| format!("V{k}_{n}=x\n")).collect();
        write(folder.path(), &format!("b/e{n}.env"), lines.as_bytes());
    }
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    // What was not looked at is no server that passed.
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("a/compose.yml: not judged"), "{}", run.err);
    assert!(run.out.contains("b/docker-compose.yml:6:"), "{}", run.out);
}

/// So many servers of a compose file, each with this beside its image.
fn servers(number: usize, rest: &str) -> String {
    let server = |n| {
        format!("  s{n}: {{image: 'openmetadata/server:1.11.4', {rest}, container_name: s{n}}}\n")
    };
    (0..number).map(server).collect()
}

#[test]
fn what_very_many_servers_have_through_aliases() {
    let many = |number: usize, item: &str| item.replace('@', "x").repeat(number);
    for (shared, rest) in [
        (format!("'{}'", many(3_000_000, "@")), "environment: {JWT_ISSUER: *a}"),
        (format!("'{}'", many(100_000, "${A:-@}")), "environment: {JWT_ISSUER: *a}"),
        (
            format!("'[{}]'", many(10_000, "admin@,")),
            "environment: {AUTHORIZER_ADMIN_PRINCIPALS: *a}",
        ),
        (format!("[{}]", many(10_000, "./@:/@,")), "volumes: *a"),
        (format!("[{}]", many(50_000, "migrate,")), "command: *a"),
    ] {
        let text = format!("x: &a {shared}\nservices:\n{}", servers(400, rest));
        let folder = folder(&[("docker-compose.yml", UNSAFE), ("a/compose.yml", &text)]);
        let run = check(folder.path());
        let said = run.out.lines().find(|line| line.contains("4 MiB that they share"));
        assert!(said.is_some_and(|line| line.starts_with("a/compose.yml")), "{rest}: {}", run.err);
    }
}

#[test]
fn merges_that_very_many_servers_have() {
    let keys: String = (0..5_000).map(|n| format!("  k{n}: v\n")).collect();
    let text = format!("x: &a\n{keys}services:\n{}", servers(300, "<<: *a"));
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("a/compose.yml", &text)]);
    let run = check(folder.path());
    assert!(run.out.contains("4 MiB that they share"), "{}", run.err);
}

#[test]
fn files_that_are_included_in_great_number() {
    let names = |name: &str| (0..500).map(|n| format!("{name}{n}.yml, ")).collect::<String>();
    let variables: String = (0..3_000).map(|n| format!("V{n}=x\n")).collect();
    let text = format!("include: [{}]\n{UNSAFE}", names("f"));
    let folder = folder(&[("docker-compose.yml", &text), (".env", &variables)]);
    for n in 0..500 {
        let part = format!("services: {{a{n}: {{image: b}}}}\n");
        write(folder.path(), &format!("f{n}.yml"), part.as_bytes());
    }
    let text = format!("include: [{}]\nservices:\n{}", names("g"), servers(400, "restart: no"));
    write(folder.path(), "b/compose.yml", text.as_bytes());
    let run = check(folder.path());
    assert!(run.out.contains("variables or 4 MiB"), "{} {}", run.out, run.err);

    // The same file again is the same file.
    let text = format!("include: [{}]\n{UNSAFE}", "f.yml, ".repeat(20_000));
    let folder = support::folder(&[("docker-compose.yml", &text), (".env", &variables)]);
    write(folder.path(), "f.yml", b"services: {a: {image: b}}\n");
    let run = check(folder.path());
    assert!(!run.out.contains("was not judged"), "{} {}", run.out, run.err);
}

#[test]
fn problems_that_very_many_servers_share() {
    let names: String = (0..1_000).map(|n| format!("f{n}.yml, ")).collect();
    let text = format!("include: [{names}]\nservices:\n{}", servers(400, "restart: no"));
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("b/compose.yml", &text)]);
    for n in 0..1_000 {
        let part =
            format!("services: {{a{n}: {{image: b}}}}\nx: {{JWT_KEY_ID: 1, JWT_KEY_ID: 2}}\n");
        write(folder.path(), &format!("b/f{n}.yml"), part.as_bytes());
    }
    let run = check(folder.path());
    assert!(run.out.contains("b/f999.yml:2:"), "{}", run.err);
}

#[test]
fn files_without_servers_take_no_room_from_those_that_have_some() {
    let folder = folder(&[("z/docker-compose.yml", UNSAFE)]);
    for n in 0..1_500 {
        let text = format!("services: {{a: {{image: mysql, environment: {{DB_USER: a{n}}}}}}}\n");
        write(folder.path(), &format!("d{n}/compose.yml"), text.as_bytes());
    }
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("z/docker-compose.yml:6:"), "{}", run.out);
}

#[test]
fn servers_of_all_files_and_of_named_deployments_are_bounded_together() {
    let many = format!("services:\n{}", servers(400, "restart: no"));
    let applications: String = (0..400)
        .map(|n| format!("---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a{n}}}\nspec: {{source: {{chart: openmetadata, helm: {{}}}}}}\n"))
        .collect();
    for (name, text) in [("compose.yml", &many), ("apps.yaml", &applications)] {
        let folder = folder(&[("docker-compose.yml", UNSAFE)]);
        for n in 0..9 {
            write(folder.path(), &format!("d{n}/{name}"), text.as_bytes());
        }
        let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains(&format!("d8/{name}: not judged")), "{}", run.err);
        assert!(run.out.contains(&format!("d0/{name}:")), "{}", run.out);
    }
    let named: String = (0..200)
        .map(|n| format!("[[deployment]]\nname = \"a{n}\"\ncompose = [\"compose.yml\"]\n"))
        .collect();
    let folder = folder(&[("compose.yml", &many), ("omlint.toml", &named)]);
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("compose.yml: not judged"), "{}", run.err);
}

#[test]
fn values_and_patches_in_quotes_in_great_number() {
    let applications: String = (0..400)
        .map(|n| format!("---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a{n}}}\nspec: {{source: {{chart: openmetadata, helm: {{values: \"openmetadata: {{config: {{authentication: {{provider: basic}}}}}}\"}}}}}}\n"))
        .collect();
    let patches: String = (0..1_000)
        .map(|n| format!("- {{patch: \"[{{op: add, path: /metadata/labels/a{n}, value: b}}]\", target: {{kind: Deployment}}}}\n"))
        .collect();
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {}}\nspec: {template: {spec: {containers: [{image: openmetadata/server:1.11.4, env: [{name: JWT_KEY_ID, value: a}]}]}}}\n";
    let folder = folder(&[
        ("docker-compose.yml", UNSAFE),
        ("apps.yaml", &applications),
        ("k/kustomization.yaml", &format!("resources: [d.yaml]\npatches:\n{patches}")),
        ("k/d.yaml", manifest),
    ]);
    check(folder.path());
}

#[test]
fn references_in_great_number() {
    let references: String = (0..200_000).map(|n| format!("${{V{n}:-x}}")).collect();
    let text = format!("{UNSAFE}      DB_HOST: \"{references}\"\n");
    let folder = folder(&[("docker-compose.yml", &text)]);
    let run = support::omlint(folder.path(), &["check"]);
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn what_git_keeps_elsewhere_is_not_waited_for() {
    let folder =
        folder(&[("docker-compose.yml", UNSAFE), ("a/.git", "gitdir: g\n"), ("a/g/x", "")]);
    if pipe(&folder.path().join("a/g/commondir")) {
        check(folder.path());
    }
}

#[test]
fn rules_and_patterns_are_not_looked_for_outside_of_the_repository() {
    for config in [
        "rule-dirs = [\"/\"]\n",
        "[[deployment]]\nname = \"a\"\ncompose = [\"/**/compose.yml\"]\n",
        "[[deployment]]\nname = \"a\"\ncompose = [\"../../../../../../**/compose.yml\"]\n",
    ] {
        let folder = folder(&[("docker-compose.yml", UNSAFE), ("omlint.toml", config)]);
        let begun = Instant::now();
        let run = support::omlint(folder.path(), &["check"]);
        assert_eq!(run.code, 2, "{config}: {}", run.err);
        assert!(begun.elapsed() < Duration::from_secs(5), "{config}: {:?}", begun.elapsed());
    }
}

#[test]
fn files_are_bounded_together() {
    let folder = folder(&[("a/docker-compose.yml", UNSAFE), ("b.txt", "")]);
    let comment = "      # padding padding padding padding padding padding padding padding\n";
    let text = format!("{UNSAFE}{}", comment.repeat((15 << 20) / comment.len()));
    write(folder.path(), "z/large.yml", text.as_bytes());
    for n in 0..12 {
        let link = folder.path().join(format!("z/{n}"));
        std::fs::create_dir(&link).expect("a folder");
        let to = link.join("docker-compose.yml");
        std::fs::hard_link(folder.path().join("z/large.yml"), to).expect("a link");
    }
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("z/9/docker-compose.yml: not read"), "{}", run.err);
    assert!(run.out.contains("a/docker-compose.yml:6:"), "{}", run.out);

    let env =
        format!("AUTHENTICATION_PROVIDER=basic\n{}", comment.repeat((15 << 20) / comment.len()));
    let place = support::folder(&[]);
    write(place.path(), "large.env", env.as_bytes());
    let names: Vec<String> = (0..30).map(|n| format!("e{n}.env")).collect();
    for name in &names {
        symlink("large.env", place.path().join(name)).expect("a link");
    }
    let text = format!("{UNSAFE}    env_file: [{}]\n", names.join(", "));
    write(place.path(), "docker-compose.yml", text.as_bytes());
    let run = support::omlint(place.path(), &["check", "--format", "concise", "--verbose"]);
    assert!(run.out.contains("docker-compose.yml:6:"), "{} {}", run.out, run.err);
    assert!(run.err.contains("e29.env: not read"), "{}", run.err);
}

#[test]
fn git_is_not_waited_for_when_it_waits_itself() {
    for name in ["index", "HEAD", "config"] {
        let folder = folder(&[("docker-compose.yml", UNSAFE), (".gitignore", "x/\n")]);
        let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
        assert!(made.is_ok_and(|status| status.success()));
        let path = folder.path().join(".git").join(name);
        let _ = std::fs::remove_file(&path);
        if !pipe(&path) {
            println!("skipped: there is no mkfifo");
            return;
        }
        let begun = Instant::now();
        check(folder.path());
        let is_linux = cfg!(target_os = "linux");
        assert!(begun.elapsed() < Duration::from_secs(15) || !is_linux, "{:?}", begun.elapsed());
    }
}

#[test]
fn parsed_files_are_bounded_together() {
    let folder = folder(&[("a/docker-compose.yml", UNSAFE)]);
    let other = format!("# openmetadata\njwt: eyJ\n{}", "a: b\n".repeat(20_000));
    let manifest = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx:\n{}",
        "- a: b\n".repeat(20_000)
    );
    for n in 0..36 {
        write(folder.path(), &format!("o/{n}.yml"), other.as_bytes());
        write(folder.path(), &format!("p/{n}.yml"), manifest.as_bytes());
    }
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("p/9.yml: not read: the files of this run hold"), "{}", run.err);
    assert!(run.out.contains("a/docker-compose.yml:6:"), "{}", run.out);
}

/// A Deployment of this image, with this beside the container's name.
fn deployment(name: &str, image: &str, rest: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: c, image: '{image}'{rest}}}]}}}}}}\n"
    )
}

/// Judges this beside a compose file that has to be judged all the same, in little memory.
fn check_in_part(files: &[(&str, &str)]) {
    let folder = folder(&[("good/docker-compose.yml", UNSAFE)]);
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    check_part(folder.path(), "not judged as a whole");
}

const SERVER: &str = "openmetadata/server:1.11.4";

#[test]
fn what_very_many_containers_take_in() {
    let keys: String = (0..3_000).map(|n| format!("  K{n}: v\n")).collect();
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{keys}");
    let from = ", envFrom: [{configMapRef: {name: c}}]";
    let others: String = (0..700).map(|n| deployment(&format!("a{n}"), "nginx:1", from)).collect();
    check_in_part(&[("k.yaml", &(map.clone() + &others))]);

    let again = "{prefix: p@_, configMapRef: {name: c}}, ";
    let again: String = (0..1_000).map(|n| again.replace('@', &n.to_string())).collect();
    let server = deployment("om", SERVER, &format!(", envFrom: [{again}]"));
    check_in_part(&[("k.yaml", &(map + &server))]);
}

#[test]
fn large_values_that_very_many_servers_take_in() {
    let value = "x".repeat(1_000_000);
    let map =
        format!("kind: ConfigMap\napiVersion: v1\nmetadata: {{name: c}}\ndata: {{V: {value}}}\n");
    let env = ", env: [{name: JWT_ISSUER, valueFrom: {configMapKeyRef: {name: c, key: V}}}]";
    let servers: String = (0..300).map(|n| deployment(&format!("a{n}"), SERVER, env)).collect();
    check_in_part(&[("k.yaml", &(map + &servers))]);

    let twice = |n: usize| format!("{{name: V{}, value: '$(V{n})$(V{n})'}}, ", n + 1);
    let twice: String = (0..40).map(twice).collect();
    let env = format!(
        ", env: [{{name: V0, value: xxxxxxxxxx}}, {twice}{{name: JWT_ISSUER, value: $(V40)}}]"
    );
    check_in_part(&[("k.yaml", &deployment("a", SERVER, &env))]);
}

#[test]
fn patches_of_a_large_workload() {
    let variables: String = (0..20_000).map(|n| format!("{{name: A{n}, value: x}}, ")).collect();
    let large = deployment("a", SERVER, &format!(", env: [{variables}]"));
    let merges: String = (0..2_000)
        .map(|n| format!("- {{target: {{kind: Deployment}}, patch: \"{{spec: {{template: {{spec: {{containers: [{{name: c, env: [{{name: B{n}, value: b}}]}}]}}}}}}}}\"}}\n"))
        .collect();
    let merges = format!("resources: [d.yaml]\npatches:\n{merges}");
    check_in_part(&[("kustomization.yaml", &merges), ("d.yaml", &large)]);

    let inserts: String = (0..60_000)
        .map(|n| format!("- {{op: add, path: /spec/template/spec/containers/0/env/0, value: {{name: A{n}, value: b}}}}\n"))
        .collect();
    let kustomization =
        "resources: [d.yaml]\npatches:\n- {path: p.yaml, target: {kind: Deployment}}\n";
    let small = deployment("a", SERVER, ", env: [{name: JWT_KEY_ID, value: a}]");
    check_in_part(&[
        ("kustomization.yaml", kustomization),
        ("p.yaml", &inserts),
        ("d.yaml", &small),
    ]);
}

#[test]
fn layers_of_one_release_in_great_number() {
    let layer = "{openmetadata: {config: {authentication: {provider: basic}}}}, ";
    let text = format!(
        "releases:\n- name: a\n  chart: open-metadata/openmetadata\n  values: [{}]\n",
        layer.repeat(5_000)
    );
    check_in_part(&[("helmfile.yaml", &text)]);
}

#[test]
fn secrets_that_are_servers_by_themselves_in_great_number() {
    let secrets: String = (0..5_000)
        .map(|n| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: openmetadata{n}}}\ndata: {{AUTHENTICATION_PROVIDER: basic, AUTHORIZER_ADMIN_PRINCIPALS: '[admin]', JWT_ISSUER: a}}\n"))
        .collect();
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("k.yaml", &secrets)]);
    let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.out.contains("what stands from here on was not judged"), "{}", run.out);
}

#[test]
fn one_value_with_very_many_variables_is_not_followed() {
    let text = format!("{UNSAFE}      DB_HOST: \"{}\"\n", "${A:-x}".repeat(60_000));
    let folder = folder(&[("docker-compose.yml", &text)]);
    let run = check(folder.path());
    assert!(run.out.contains("docker-compose.yml:7:16: "), "{}", run.out);
    assert!(run.out.contains("more variables in this value"), "{}", run.out);
}

#[test]
fn patterns_of_very_many_lists_of_ignored_files() {
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("z/.git/x", "")]);
    let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
    assert!(made.is_ok_and(|status| status.success()));
    let list: String = (0..240).map(|n| format!("a{n}*b{n}?\n")).collect();
    for n in 0..150 {
        write(folder.path(), &format!("d{n}/.gitignore"), list.as_bytes());
        write(folder.path(), &format!("d{n}/x.yml"), b"a: openmetadata\n");
    }
    let run = check(folder.path());
    assert!(run.err.contains("more than 20,000 patterns"), "{}", run.err);
}

#[test]
fn one_line_with_very_many_tokens() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcGVuLW1ldGFkYXRhLm9yZyJ9.AAAA ";
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    write(folder.path(), "a/t.yml", format!("a: '{}'\n", token.repeat(20_000)).as_bytes());
    check_part(folder.path(), "a/t.yml: not judged as a whole: it has more than 1000 tokens");
    let line = "authProvider:no-auth ".repeat(50_000);
    write(folder.path(), "a/t.yml", format!("a: '{line}'\n").as_bytes());
    check(folder.path());
}

#[test]
fn tokens_of_very_many_files() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcGVuLW1ldGFkYXRhLm9yZyJ9.AAAA ";
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    for n in 0..22 {
        let text = format!("a: '{}'\n", token.repeat(1_000));
        write(folder.path(), &format!("a{n:02}.yml"), text.as_bytes());
    }
    let run = check_part(folder.path(), "a20.yml: not judged as a whole: ");
    assert!(!run.err.contains("a05.yml: not judged"), "{}", run.err);
}

#[test]
fn documents_that_do_not_parse_in_great_number() {
    let good = deployment("a", "nginx:1", "");
    let broken = deployment("b", SERVER, ", env: [{name: JWT_KEY_ID, value: a}]") + "a: 'x\n";
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    write(folder.path(), "k.yaml", (good.repeat(8_000) + &broken).as_bytes());
    check(folder.path());
}

#[test]
fn charts_that_share_through_aliases_and_files_that_many_services_build() {
    let list: String = (0..10_000).map(|n| format!("{{name: A{n}, value: x}}, ")).collect();
    let charts: String = (0..200)
        .map(|n| format!("r{n}: {{openmetadata: {{config: {{authentication: {{provider: basic}}}}}}, extraEnvs: *e}}\n"))
        .collect();
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    write(folder.path(), "c/values.yaml", format!("x: &e [{list}]\n{charts}").as_bytes());
    let copies: String = (0..2_000).map(|n| format!("ENV A{n}=b\nCOPY a{n} /b{n}\n")).collect();
    write(folder.path(), "d/Dockerfile", format!("FROM {SERVER}\n{copies}").as_bytes());
    let services: String = (0..300).map(|n| format!("  s{n}: {{build: .}}\n")).collect();
    write(folder.path(), "d/compose.yml", format!("services:\n{services}").as_bytes());
    let run = check(folder.path());
    assert!(run.out.contains("c/values.yaml:"), "{}", run.out);
}

#[test]
fn files_that_very_many_generators_take_in() {
    let generators: String = (0..1_500)
        .map(|n| format!("- {{name: c{n}, literals: [A=b], envs: [e.env], files: [e.env]}}\n"))
        .collect();
    let kustomization = format!("resources: [d.yaml]\nconfigMapGenerator:\n{generators}");
    let variables: String = (0..2_000).map(|n| format!("A{n}=b\n")).collect();
    check_in_part(&[
        ("k/kustomization.yaml", &kustomization),
        ("k/e.env", &variables),
        ("k/d.yaml", &deployment("om", SERVER, "")),
    ]);
}

#[test]
fn comments_that_waive_in_great_number() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    for n in 0..8 {
        let comments = "# omlint: ignore[jwt-default-key-id] a b\n".repeat(2_000);
        write(folder.path(), &format!("{n}/compose.yml"), format!("{UNSAFE}{comments}").as_bytes());
    }
    let run = check(folder.path());
    assert!(run.err.contains("not all comments that waive something were read"), "{}", run.err);
}

#[test]
fn expressions_of_ones_own_that_are_made_to_take_long() {
    let folder =
        folder(&[("docker-compose.yml", UNSAFE), ("omlint.toml", "rule-dirs = [\"r\"]\n")]);
    for n in 0..150 {
        let text = format!(
            "id: acme-x{n}\nsince: 1.0.0\nseverity: high\nchecks:\n  - flag:\n      authorizerConfiguration.principalDomain: {{ matches: '(a|b|aa){{50}}[a-c]*x{n}' }}\ntexts:\n  summary: a\n  why: b\n  message: m\n  label: l\n  remedy: {{say: s}}\n  examples: {{bad: [], good: []}}\n"
        );
        write(folder.path(), &format!("r/acme/acme-x{n}.yaml"), text.as_bytes());
    }
    let servers: String = (0..400)
        .map(|n| format!("  s{n}: {{image: '{SERVER}', environment: {{AUTHORIZER_PRINCIPAL_DOMAIN: '{}!'}}}}\n", "a".repeat(200)))
        .collect();
    write(folder.path(), "a/compose.yml", format!("services:\n{servers}").as_bytes());
    check(folder.path());
}

#[test]
fn rules_of_ones_own_that_are_large_or_name_very_much() {
    let rule = |more: &str| {
        format!(
            "id: acme-x\nsince: 1.0.0\nseverity: high\n{more}checks:\n  - flag:\n      authorizerConfiguration.principalDomain: {{ matches: a }}\ntexts:\n  summary: a\n  why: b\n  message: m\n  label: l\n  remedy: {{say: s}}\n  examples: {{bad: [], good: []}}\n"
        )
    };
    let names: String = (0..8_000).map(|n| format!("a-{n}, ")).collect();
    for (text, said, most) in [
        (rule(&format!("# {}\n", "a".repeat(70_000))), "a rule file has at most 64 KiB", 1),
        (rule(&format!("supersedes: [{names}]\n")), "a rule of this name does not exist", 100),
    ] {
        let folder =
            folder(&[("docker-compose.yml", UNSAFE), ("omlint.toml", "rule-dirs = [\"r\"]\n")]);
        write(folder.path(), "r/acme/acme-x.yaml", text.as_bytes());
        let run = bounded(folder.path(), "check --format concise");
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains(said), "{}", run.err);
        assert_eq!(run.err.matches(" error: ").count(), most, "{}", run.err);
    }
}

#[test]
fn rules_of_ones_own_in_great_number() {
    let folder =
        folder(&[("docker-compose.yml", UNSAFE), ("omlint.toml", "rule-dirs = [\"r\"]\n")]);
    for n in 0..250 {
        let text = format!(
            "id: acme-x{n}\nsince: 1.0.0\nseverity: high\nchecks:\n  - flag:\n      authorizerConfiguration.principalDomain: {{ matches: a }}\ntexts:\n  summary: a\n  why: b\n  message: m\n  label: l\n  remedy: {{say: s}}\n  examples: {{bad: [], good: []}}\n"
        );
        write(folder.path(), &format!("r/acme/acme-x{n}.yaml"), text.as_bytes());
    }
    let run = support::omlint(folder.path(), &["check"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("more than 200 rules"), "{}", run.err);
}

#[test]
fn what_is_not_followed_any_more_is_said() {
    // A file that is named brings those with it that it names.
    let many: String = (0..2_001).map(|n| format!("      - e{n}\n")).collect();
    let many = format!("{UNSAFE}    env_file:\n{many}");
    let wide = folder(&[("docker-compose.yml", &many)]);
    for n in 0..2_001 {
        write(wide.path(), &format!("e{n}"), b"A=b\n");
    }
    let next = |n: u32| format!("include: [f{n}.yml]\nservices: {{a{n}: {{image: b}}}}\n");
    let deep = folder(&[("docker-compose.yml", &format!("include: [f0.yml]\n{UNSAFE}"))]);
    for n in 0..17 {
        write(deep.path(), &format!("f{n}.yml"), next(n + 1).as_bytes());
    }
    for (folder, from) in [(wide, "docker-compose.yml"), (deep, "f15.yml")] {
        let run = support::omlint(folder.path(), &["check", "docker-compose.yml"]);
        assert_eq!(run.code, 2, "{}", run.err);
        let note = format!("{from}: not all that it names was read");
        assert!(run.err.contains(&note), "{}", run.err);
        assert!(run.out.contains("auth-basic"), "{}", run.out);
    }
}

/// Each Kustomization of Flux looks for what it names among all files, and each release for names of
/// its Terraform file.
#[test]
fn looking_up_what_is_filled_in_has_a_bound() {
    let named: Vec<String> =
        (0..50).map(|at| format!("{{kind: ConfigMap, name: c{at}}}")).collect();
    let flux = |at: usize| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: k{at}}}\nspec:\n  \
             path: ./apps\n  postBuild:\n    substituteFrom: [{}]\n",
            named.join(", ")
        )
    };
    let flux: Vec<String> = (0..300).map(flux).collect();
    let map = |at: usize| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{A: x}}\n")
    };
    let maps: Vec<String> = (0..2_000).map(map).collect();
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: om}\nspec:\n  \
                   chart: {spec: {chart: openmetadata}}\n  values:\n    openmetadata: {config: {authentication: {clientId: '${A}'}}}\n";
    let terraform = "resource \"helm_release\" \"openmetadata\" {\n  chart = \"openmetadata\"\n  values = local.a\n}\n"
        .repeat(300)
        + &"locals {\n  b = [1]\n}\n".repeat(20_000);
    let place = support::folder(&[
        ("apps/om.yaml", release),
        ("flux.yaml", &flux.join("---\n")),
        ("maps.yaml", &maps.join("---\n")),
        ("main.tf", &terraform),
    ]);
    let start = std::time::Instant::now();
    let run = support::omlint(place.path(), &["check", ".", "--format", "concise"]);
    assert!(run.code < 3, "{}", run.err);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
