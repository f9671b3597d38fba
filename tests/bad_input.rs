//! Input that is broken, hostile or no text at all: a clear message or finding, everything
//! else still judged, no panic, bounded time and memory.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Run, UNSAFE, folder, omlint, omlint_with, workload, write};

/// A debug build on a busy machine is allowed much more than the program needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `check` in every format and sees to it that nothing breaks.
fn check(folder: &Path, paths: &[&str]) -> Run {
    let run = |format: &str| {
        let mut arguments = vec!["check", "--format", format, "--verbose"];
        arguments.extend(paths);
        let begun = Instant::now();
        let run = omlint(folder, &arguments);
        assert!(begun.elapsed() < PATIENCE, "{paths:?} took {:?}", begun.elapsed());
        assert!((0..=2).contains(&run.code), "{paths:?}: {} {}", run.code, run.err);
        assert!(!run.err.contains("internal error"), "{paths:?}: {}", run.err);
        run
    };
    let concise = run("concise");
    for format in ["pretty", "json"] {
        assert_eq!(run(format).code, concise.code, "{paths:?} in {format}");
    }
    concise
}

/// The file named `name` with these bytes, beside a good one that must be judged in any case.
fn beside_a_good_one(name: &str, bytes: &[u8]) -> Run {
    let folder = folder(&[("good/docker-compose.yml", UNSAFE)]);
    write(folder.path(), name, bytes);
    let run = check(folder.path(), &["."]);
    assert_eq!(run.code, 1, "{name}: {}", run.err);
    assert!(run.out.contains("good/docker-compose.yml:6:"), "{name}: {}", run.out);
    run
}

#[test]
fn a_missing_path_is_named() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let run = check(folder.path(), &["missing"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("omlint: missing: no such file or folder"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_a_note_when_met_and_a_failure_when_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("closed.yml", UNSAFE)]);
    let closed = folder.path().join("closed.yml");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("chmod");
    if std::fs::read(&closed).is_ok() {
        // Root reads everything; a file that cannot be read even so:
        assert_eq!(check(folder.path(), &["/proc/self/mem"]).code, 2);
        return;
    }
    let run = check(folder.path(), &["."]);
    assert_eq!(run.code, 1, "the rest is judged");
    assert!(run.err.contains("closed.yml: permission denied"), "{}", run.err);
    assert_eq!(check(folder.path(), &["closed.yml"]).code, 2);
}

#[test]
fn bytes_that_are_not_utf8_are_a_finding_at_the_byte() {
    let mut bytes = UNSAFE.replace("basic", "ba@sic").into_bytes();
    let at = bytes.iter().position(|&b| b == b'@').expect("planted");
    bytes[at] = 0xff;
    let run = beside_a_good_one("docker-compose.yml", &bytes);
    assert!(
        run.out.contains("\ndocker-compose.yml:5:34: high[input-not-parsed]")
            || run.out.starts_with("docker-compose.yml:5:34: high[input-not-parsed]"),
        "{}",
        run.out
    );
    assert!(run.out.contains("docker-compose.yml:6:19: "), "what follows is judged: {}", run.out);
}

#[test]
fn utf16_is_a_finding() {
    for big in [false, true] {
        let mut bytes: Vec<u8> = if big { vec![0xfe, 0xff] } else { vec![0xff, 0xfe] };
        for unit in UNSAFE.encode_utf16() {
            bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        bytes.push(0);
        let run = beside_a_good_one("docker-compose.yml", &bytes);
        assert!(run.out.contains("input-not-parsed"), "{}", run.out);
    }
}

#[test]
fn byte_order_marks_line_ends_and_tabs_change_nothing() {
    let plain = folder(&[("docker-compose.yml", UNSAFE)]);
    let expected = check(plain.path(), &["."]).out;
    for text in [
        format!("\u{feff}{UNSAFE}"),
        UNSAFE.replace('\n', "\r\n"),
        UNSAFE.replace("basic", "basic\t"),
        UNSAFE.trim_end().to_owned(),
        format!("{UNSAFE}...\n"),
        format!("---\n{UNSAFE}").replacen("---\n", "--- \t", 0),
    ] {
        let text = text.strip_prefix("---\n").map(str::to_owned).unwrap_or(text);
        let folder = folder(&[("docker-compose.yml", &text)]);
        assert_eq!(check(folder.path(), &["."]).out, expected, "{text:?}");
    }
    let folder = folder(&[("docker-compose.yml", &UNSAFE.replace("      AUTH", "\tAUTH"))]);
    let run = check(folder.path(), &["."]);
    assert!(run.out.contains("5:2: high[input-not-parsed]"), "{}", run.out);
    assert!(run.out.contains("6:19: "), "{}", run.out);
}

#[test]
fn a_line_indented_by_a_tab_is_read_where_its_author_sees_it() {
    let values = "openmetadata:\n  config:\n    authentication:\n\t  provider: basic\n    authorizer:\n      \
                  initialAdmins: [ops]\n";
    let folder = folder(&[("values.yaml", values)]);
    let run = check(folder.path(), &["."]);
    assert!(run.out.contains("values.yaml:4:4: high[input-not-parsed]"), "{}", run.out);
    assert!(run.out.contains("values.yaml:4:14: medium[auth-basic-enabled]"), "{}", run.out);
}

#[test]
fn keys_that_stand_twice_for_what_was_lost_between_them_are_not_twice() {
    let lost = "services:\n  db:\n    image: mysql:8\n    restart: always\n  om\n    image: \
                docker.getcollate.io/openmetadata/server:1.12.4\n    restart: no\n    environment:\n      \
                AUTHENTICATION_PROVIDER: basic\n";
    let folder = folder(&[("docker-compose.yml", lost)]);
    let all = ["check", ".", "--format", "concise", "--min-severity", "low", "--exit-zero"];
    let out = omlint(folder.path(), &all).out;
    assert!(out.contains("input-not-parsed"), "{out}");
    assert!(!out.contains("duplicate-key"), "{out}");
    // What stands twice before the break does.
    let twice = lost.replace("    restart: always\n", "    image: mysql:9\n");
    write(folder.path(), "docker-compose.yml", twice.as_bytes());
    let out = omlint(folder.path(), &all).out;
    assert!(out.contains("docker-compose.yml:4:5: low[duplicate-key]"), "{out}");
}

#[test]
fn a_broken_document_among_good_ones() {
    let text = format!("a: [\n---\n{UNSAFE}---\nb: \"\n");
    let folder = folder(&[("docker-compose.yml", &text)]);
    let run = check(folder.path(), &["."]);
    assert!(run.out.contains("input-not-parsed"), "{}", run.out);
    assert!(run.out.contains("docker-compose.yml:8:19: "), "{}", run.out);
}

/// What is not there may have stood in the part that nobody can read; a broken document beside
/// says nothing of this one.
#[test]
fn what_a_broken_file_lost_is_not_taken_for_unset() {
    let image = "image: openmetadata/server:1.12.0";
    let compose = format!(
        "services:\n  om:\n    {image}\n    environment:\n      AUTHENTICATION_PROVIDER: basic\n      DB_USER: \"om\n"
    );
    let manifest =
        workload("          env:\n            - {name: AUTHENTICATION_PROVIDER, value: basic}\n");
    let cut = format!("{manifest}            - name: DB_USER\n              value: \"om\n");
    let map = manifest.replace("env:", "envFrom: [{configMapRef: {name: om}}]\n          env:");
    let store = format!(
        "{map}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: om}}\ndata:\n  A: \"b\n"
    );
    for (name, text) in [("docker-compose.yml", &compose), ("om.yaml", &cut), ("om.yaml", &store)] {
        let folder = folder(&[(name, text)]);
        let out = check(folder.path(), &["."]).out;
        assert!(out.contains("high[input-not-parsed]"), "{out}");
        assert!(out.contains("[auth-basic-enabled]"), "{out}");
        assert!(!out.contains("[jwt-default-key-pair]"), "{out}");
        assert!(!out.contains("[db-default-password]"), "{out}");
    }
    let beside = folder(&[("om.yaml", &format!("{manifest}---\na: \"\n"))]);
    let out = check(beside.path(), &["."]).out;
    assert!(out.contains("[jwt-default-key-pair]"), "{out}");
}

#[test]
fn lost_indentation_is_told_though_yaml_takes_it() {
    let text = "services:\n search:\n image: opensearchproject/opensearch:2.13.0\n restart: always\n \
                server:\n image: docker.getcollate.io/openmetadata/server:1.9.4\n restart: always\n \
                environment:\n AUTHORIZER_ADMIN_PRINCIPALS: '[admin]'\n \
                JWT_KEY_ID: 6f2d7a0e-3c1b-4c59-9b1e-0f5a2d8c4e77\n";
    let found = beside_a_good_one("docker-compose.yml", text.as_bytes());
    let told = found.out.lines().find(|line| line.contains("input-not-parsed"));
    assert!(told.expect("it is told").contains("stands twice"), "{}", found.out);
}

#[test]
fn an_alias_bomb() {
    let mut text = String::from("x0: &x0 {a: b}\ny0: &y0 [a]\n");
    for n in 1..60 {
        let p = n - 1;
        text.push_str(&format!("x{n}: &x{n} {{<<: [*x{p}, *x{p}], a{n}: *x{p}, b{n}: *x{p}}}\n"));
        text.push_str(&format!("y{n}: &y{n} [*y{p}, *y{p}, *y{p}]\n"));
    }
    let compose =
        format!("{text}{UNSAFE}      <<: *x59\n      AUTHORIZER_ADMIN_PRINCIPALS: *y59\n");
    beside_a_good_one("docker-compose.yml", compose.as_bytes());
    let values = format!(
        "{text}openmetadata:\n  config:\n    authorizer: {{initialAdmins: *y59}}\n    own: *x59\n"
    );
    beside_a_good_one("values.yaml", values.as_bytes());
    let server = format!(
        "{text}authorizerConfiguration: {{adminPrincipals: *y59}}\nauthenticationConfiguration: *x59\n"
    );
    beside_a_good_one("openmetadata.yaml", server.as_bytes());
    // An alias within its own anchor.
    let circle =
        format!("{UNSAFE}      X: &x\n        y: *x\n  z: &z\n    <<: *z\n    environment: *z\n");
    beside_a_good_one("docker-compose.yml", circle.as_bytes());
}

#[test]
fn variables_that_double_themselves() {
    let mut lines =
        String::from("AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\nV0=x\n");
    for n in 1..60 {
        let p = n - 1;
        lines.push_str(&format!("V{n}=${{V{p}}}${{V{p}}}\n"));
    }
    lines.push_str("JWT_ISSUER=$V59\n");
    beside_a_good_one(".env", lines.as_bytes());
}

#[test]
fn nesting_a_hundred_thousand_deep() {
    let ours = "# openmetadata/server authorizerConfiguration initialAdmins\n";
    for (part, ends) in
        [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[{a: ", "}]"), ("!t ", "")]
    {
        for closed in [false, true] {
            let mut text = ours.to_owned() + &part.repeat(100_000);
            if closed {
                text.push_str(&ends.repeat(100_000));
            }
            beside_a_good_one("docker-compose.yml", text.as_bytes());
            beside_a_good_one("values.yaml", format!("openmetadata: {{config: {text}").as_bytes());
        }
    }
    let lines: String = (0..3000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    beside_a_good_one("docker-compose.yml", (ours.to_owned() + &lines).as_bytes());
}

#[cfg(unix)]
#[test]
fn circles_pipes_devices_and_links() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.yml", UNSAFE)]);
    let folder = folder(&[("docker-compose.yml", UNSAFE), ("a/b/c.txt", "")]);
    let at = |name: &str| folder.path().join(name);
    symlink(folder.path(), at("a/b/circle")).expect("a link");
    symlink("self", at("self")).expect("a link");
    symlink("/dev/zero", at("zero.yml")).expect("a link");
    symlink(outside.path().join("secret.yml"), at("outside.yml")).expect("a link");
    let made = Command::new("mkfifo").arg(at("pipe.yml")).status();
    let run = check(folder.path(), &["."]);
    assert_eq!(run.code, 1);
    assert!(!run.out.contains("outside.yml") && !run.out.contains("circle"), "{}", run.out);
    // Named outright they are failures, not hangs.
    assert_eq!(check(folder.path(), &["zero.yml"]).code, 2);
    assert_eq!(check(folder.path(), &["self"]).code, 2);
    assert_eq!(check(folder.path(), &["/dev/zero"]).code, 2);
    if made.is_ok_and(|status| status.success()) {
        let run = check(folder.path(), &["pipe.yml"]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains("neither a file nor a folder"), "{}", run.err);
    }
}

#[test]
fn large_files() {
    // Sparse: it has a size, and nothing in it.
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let sparse = std::fs::File::create(folder.path().join("sparse.yml")).expect("a file");
    sparse.set_len(1 << 30).expect("a size");
    let run = check(folder.path(), &["."]);
    assert_eq!(run.code, 1);
    assert!(!run.out.contains("sparse.yml"), "{}", run.out);
    check(folder.path(), &["sparse.yml"]);

    // OpenMetadata's by its first bytes, and over the limit: said, never passed in silence.
    let padding = "# padding padding padding padding padding padding padding padding\n";
    let large = format!("{UNSAFE}{}", padding.repeat((17 << 20) / padding.len()));
    write(folder.path(), "large.yml", large.as_bytes());
    for paths in [&["."][..], &["large.yml"]] {
        let run = check(folder.path(), paths);
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.out.contains("over 16 MiB"), "{}", run.out);
    }
}

#[test]
fn what_stands_behind_very_much_padding_does_not_pass_in_silence() {
    let padding = "# padding padding padding padding padding padding padding padding\n";
    let padding = padding.repeat((17 << 20) / padding.len());
    let folder = folder(&[]);
    write(folder.path(), "docker-compose.yml", format!("{padding}{UNSAFE}").as_bytes());
    write(folder.path(), "other.yml", padding.as_bytes());
    let run = check(folder.path(), &["."]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("docker-compose.yml: not read: it is over 16 MiB"), "{}", run.err);
    assert!(!run.err.contains("other.yml: not read"), "{}", run.err);
    // Who names a file wants to know that nobody looked at it.
    for name in ["docker-compose.yml", "other.yml"] {
        let run = check(folder.path(), &[name]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("not read: it is over 16 MiB"), "{}", run.err);
    }
    let run = omlint_with(folder.path(), &["check", "-"], padding.as_bytes());
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("standard input is over 16 MiB"), "{}", run.err);
}

#[test]
fn long_lines_and_many_documents() {
    let long = "x".repeat(3_000_000);
    let text = format!(
        "{UNSAFE}      LONG: {long}\n      AUTHENTICATION_AUTHORITY: \"{long}\"\n      # {long}\n"
    );
    let folder = folder(&[("docker-compose.yml", &text)]);
    let run =
        omlint(folder.path(), &["check", "--min-severity", "info", "--min-confidence", "low"]);
    assert_eq!(run.code, 1);
    assert!(run.out.len() < 200_000, "{} bytes are printed", run.out.len());
    assert!(run.out.lines().all(|line| line.chars().count() < 1000));

    let documents = "---\na: b\n".repeat(100_000);
    beside_a_good_one("docker-compose.yml", format!("{documents}---\n{UNSAFE}").as_bytes());
}

#[test]
fn many_of_everything() {
    let many = |line: &dyn Fn(usize) -> String| (0..20_000).map(line).collect::<String>();
    for more in [
        many(&|n| format!("      VARIABLE_{n}: value\n")),
        many(&|_| "      AUTHENTICATION_PROVIDER: auth0\n".into()),
        many(&|n| format!("      # comment {n}\n")),
        format!("      AUTHORIZER_ADMIN_PRINCIPALS: \"[{}]\"\n", many(&|n| format!("admin:{n},"))),
        format!("      AUTHORIZER_ADMIN_PRINCIPALS: [{}]\n", many(&|n| format!("admin{n},"))),
        format!("    env_file: [{}]\n", many(&|n| format!("{n}.env,"))),
        many(&|n| format!("      BROKEN_{n}: a: b\n")),
    ] {
        beside_a_good_one("docker-compose.yml", format!("{UNSAFE}{more}").as_bytes());
    }
    let head = "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n";
    for more in [
        many(&|n| format!("V{n}=x\n")),
        many(&|_| "V=x\n".into()),
        many(&|_| "V\n".into()),
        many(&|_| "not a variable\n".into()),
        many(&|_| "V=\"x\n".into()),
    ] {
        beside_a_good_one("server.env", format!("{head}{more}").as_bytes());
    }
}

#[cfg(unix)]
#[test]
fn names_and_texts_that_would_play_with_the_terminal() {
    let evil = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}31m\u{202e}txt\u{2066}\u{200b}\r\u{8}";
    let name = format!("new\nline {evil}.yml");
    let text = UNSAFE.replace("basic", &format!("\"basic{evil}\"")) + &format!("      AUTHENTICATION_AUTHORITY: 'https://{evil}/'\n      # {evil}\n    env_file: 'x{evil}'\n  {evil}:\n    image: x\n").replace('\r', "");
    let folder = folder(&[(&name, &text), ("broken.yml", &format!("{UNSAFE}  {evil}: [\"\n"))]);
    for arguments in [
        &["check", "--color", "never", "--verbose"][..],
        &["check", "--format", "concise", "--verbose"],
        &["check", "--format", "json"],
        &["show", "--verbose"],
        &["show", "--format", "json"],
        &["check", &format!("missing{evil}").replace('\0', "")],
    ] {
        let run = omlint(folder.path(), arguments);
        assert_ne!(run.code, 70, "{arguments:?} {}", run.err);
        for text in [&run.out, &run.err] {
            let odd = text.chars().find(|&c| {
                c.is_control() && c != '\n'
                    || ('\u{2028}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            });
            assert_eq!(odd, None, "{arguments:?}: {text:?}");
        }
    }
    let run = omlint(folder.path(), &["check", "--format", "concise"]);
    assert!(run.out.lines().all(|line| line.contains(".yml:")), "one line a finding: {}", run.out);
    let run = omlint(folder.path(), &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let exact = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .any(|finding| finding["primary"]["path"] == *name);
    assert!(exact, "programs get the path as it is");
}

#[test]
fn files_with_nothing_in_them() {
    for text in [
        "",
        "\n",
        "# only\n# comments\n",
        "---\n",
        "\u{feff}",
        "null\n",
        "\0",
        "{}",
        "[]",
        "services:\n",
    ] {
        let folder = folder(&[("docker-compose.yml", text)]);
        for paths in [".", "docker-compose.yml"] {
            let run = check(folder.path(), &[paths]);
            assert_eq!(run.code, 0, "{text:?}: {}", run.out);
        }
        let run = omlint(folder.path(), &["check", "docker-compose.yml"]);
        assert_eq!(run.out, "no OpenMetadata configuration found in 1 file\n", "{text:?}");
    }
}

#[test]
fn standard_input() {
    let folder = folder(&[]);
    let run = omlint_with(folder.path(), &["check", "-", "--format", "concise"], UNSAFE.as_bytes());
    assert!(run.out.contains("<stdin>:6:19: "), "{}", run.out);
    let arguments =
        ["check", "-", "--format", "concise", "--stdin-filename", "deploy/docker-compose.yml"];
    let run = omlint_with(folder.path(), &arguments, UNSAFE.as_bytes());
    assert!(run.out.contains("deploy/docker-compose.yml:6:19: "), "{}", run.out);
    // Text from a pipe may not make anybody read files.
    let text = format!("{UNSAFE}    env_file: .env\n");
    write(folder.path(), "deploy/.env", b"FERNET_KEY=x\n");
    let run = omlint_with(folder.path(), &arguments, text.as_bytes());
    assert_eq!(run.err, "");
    for arguments in [&["check", "-"][..], &["show", "-"]] {
        let status = Command::new(env!("CARGO_BIN_EXE_omlint"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert_eq!(status.expect("it runs").code(), Some(0));
    }
}

#[test]
fn random_bytes_on_standard_input() {
    let folder = folder(&[]);
    let mut seed = 7u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..60 {
        let mut bytes: Vec<u8> = (0..400).map(|_| (next() >> 32) as u8).collect();
        if round % 2 == 0 {
            // Something that is read as ours up to there.
            bytes.splice(0..0, UNSAFE.bytes().take(next() as usize % UNSAFE.len()));
        }
        let run = omlint_with(folder.path(), &["check", "-", "--verbose"], &bytes);
        assert!((0..=1).contains(&run.code), "{bytes:?}: {}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn nobody_reads_to_the_end() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    for format in ["pretty", "concise", "json"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_omlint"))
            .args(["check", "--format", format])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn files_outside_the_repository_are_not_read() {
    use std::os::unix::fs::symlink;
    let around = folder(&[("secret.env", "JWT_KEY_ID=outside\nAUTHENTICATION_PROVIDER=auth0\n")]);
    let repository = around.path().join("repository");
    std::fs::create_dir_all(repository.join(".git")).expect("a folder");
    std::fs::create_dir_all(repository.join("deploy")).expect("a folder");
    symlink(around.path().join("secret.env"), repository.join("deploy/link.env")).expect("a link");
    let absolute = around.path().join("secret.env").display().to_string();
    for path in [
        "../../secret.env",
        "../../../../../../../../etc/passwd",
        "/etc/passwd",
        &absolute,
        "link.env",
        "x/../link.env",
    ] {
        let text =
            UNSAFE.replace("    environment:", &format!("    env_file: {path}\n    environment:"));
        write(&repository, "deploy/docker-compose.yml", text.as_bytes());
        let run = check(&repository, &["."]);
        assert_eq!(run.code, 1, "{path}");
        assert!(!run.out.contains("outside"), "{path}: {}", run.out);
        let show = omlint(&repository, &["show", "--format", "json", "--verbose"]);
        assert!(
            !show.out.contains("outside\"") && !show.out.contains("root:"),
            "{path}: {}",
            show.out
        );
        assert!(run.err.contains("outside") || path.starts_with('x'), "{path}: {}", run.err);
    }
    for other in [
        "extends: { file: ../../x.yml, service: y }",
        "volumes: ['../../secret.env:/opt/openmetadata/conf/openmetadata.yaml']",
    ] {
        let text = UNSAFE.replace("    environment:", &format!("    {other}\n    environment:"));
        write(&repository, "deploy/docker-compose.yml", text.as_bytes());
        write(around.path(), "x.yml", b"services: {y: {environment: {JWT_KEY_ID: outside}}}\n");
        check(&repository, &["."]);
    }
}

#[test]
fn few_bytes_do_not_ask_for_much_work() {
    let check = |name: &str, text: String| {
        let folder = folder(&[(name, &text)]);
        let run = omlint(folder.path(), &["check", name, "--format", "concise"]);
        assert_eq!(run.code, 1, "{}", run.err);
        run.out
    };
    let names = "a,".repeat(200_000);
    let out = check("compose.yml", format!("{UNSAFE}      # omlint: ignore[{names}]\n"));
    assert!(out.lines().count() < 200, "{} lines", out.lines().count());

    let head = "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n";
    let lines: String = (0..50_000).map(|n| format!("V{n}=x\n")).collect();
    let out = check("server.env", format!("{head}{lines}"));
    assert!(out.contains("server.env:50001:1: "), "{out}");

    let out = check("compose.yml", format!("{UNSAFE}{}", "---\n".repeat(200_000)));
    assert!(out.contains("compose.yml:6:"), "what stands before is judged: {out}");
    assert!(out.contains("more nodes than any configuration has"), "{out}");
}

#[test]
fn a_long_chain_of_services_that_extend_each_other() {
    let chain: String = (1..2_000).map(|n| format!("  s{n}: {{extends: s{}}}\n", n - 1)).collect();
    let text = UNSAFE.replace("openmetadata-server:", "s0:") + &chain;
    let begun = Instant::now();
    let folder = folder(&[("compose.yml", &text)]);
    assert_eq!(omlint(folder.path(), &["check", "--format", "concise"]).code, 1);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn a_huge_configuration_is_refused() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let names = "\"a\", ".repeat(60_000);
    write(folder.path(), "omlint.toml", format!("ignore = [{names}]\n").as_bytes());
    let run = omlint(folder.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected at most 256 KiB, found 292 KiB"), "{}", run.err);
    // A smaller one is read, and of all that is wrong with it enough is told.
    let names = "\"a\", ".repeat(20_000);
    write(folder.path(), "omlint.toml", format!("ignore = [{names}]\n").as_bytes());
    let run = omlint(folder.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.err.matches("unknown rule or topic `a`").count(), 100);
}

#[test]
fn indexes_of_assignments_for_helm_are_bounded_together() {
    let lines: String =
        (0..400).map(|n| format!("      - {{name: 'a{n}[65000].b', value: x}}\n")).collect();
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    chart: openmetadata\n    helm:\n      parameters:\n{lines}"
    );
    beside_a_good_one("app.yaml", text.as_bytes());
}

#[cfg(unix)]
#[test]
fn hostile_rules_are_refused_or_harmless() {
    let rule = |check: &str| {
        format!(
            "id: acme-x\nsince: 1.0.0\nseverity: high\nchecks:\n  - flag:\n      authorizerConfiguration.principalDomain: {check}\ntexts:\n  summary: a\n  why: b\n  message: m\n  label: l\n  remedy: {{say: s}}\n  examples: {{bad: [], good: []}}\n"
        )
    };
    let mut bomb = String::from("y0: &y0 [empty]\n");
    for n in 1..40 {
        let p = n - 1;
        bomb.push_str(&format!("y{n}: &y{n} [{{any: *y{p}}}, {{any: *y{p}}}]\n"));
    }
    for text in [
        rule("{ matches: '((((a{1,100}){1,100}){1,100}){1,100})' }"),
        rule(&format!("{{ matches: '{}' }}", "(".repeat(5_000))),
        rule(&format!("{}empty{}", "{ not: ".repeat(3_000), " }".repeat(3_000))),
        bomb + &rule("{ any: *y39 }"),
        "\0".repeat(100_000),
        "id: acme-x\n".repeat(10_000),
    ] {
        let folder = folder(&[
            ("docker-compose.yml", UNSAFE),
            ("omlint.toml", "rule-dirs = [\"rules\"]\n"),
            ("rules/acme/acme-x.yaml", &text),
        ]);
        let run = check(folder.path(), &["."]);
        assert_eq!(run.code, 2, "{}", &text[..text.len().min(60)]);
        assert!(run.err.contains("acme-x.yaml"), "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn sockets_pipes_and_devices_that_files_refer_to_are_not_opened() {
    let refers = UNSAFE.replace(
        "    environment:",
        "    env_file: [.env, s.sock, /dev/zero, loop/loop/docker-compose.yml]\n    environment:",
    );
    let folder = folder(&[("docker-compose.yml", &refers)]);
    let _listening = std::os::unix::net::UnixListener::bind(folder.path().join("s.sock"));
    std::os::unix::fs::symlink(".", folder.path().join("loop")).expect("a link");
    if !Command::new("mkfifo").arg(folder.path().join(".env")).status().is_ok_and(|s| s.success()) {
        println!("skipped: there is no mkfifo");
        return;
    }
    assert_eq!(check(folder.path(), &["."]).code, 1);
    assert_eq!(check(folder.path(), &["docker-compose.yml"]).code, 1);
}

#[cfg(unix)]
#[test]
fn files_may_change_and_vanish_while_they_are_read() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = folder(&[("good/docker-compose.yml", UNSAFE)]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let path = folder.path().join("docker-compose.yml");
            let mut round = 0;
            while !stop.load(Ordering::Relaxed) {
                round += 1;
                let text = format!("{UNSAFE}{}", "#\n".repeat(round * 7919 % 100_000));
                let _ = std::fs::write(&path, text);
                let _ = if round % 3 == 0 { std::fs::remove_file(&path) } else { Ok(()) };
            }
        });
        for _ in 0..15 {
            let run = omlint(folder.path(), &["check", "--format", "concise"]);
            assert_eq!(run.code, 1, "{}", run.err);
            assert!(run.out.contains("good/docker-compose.yml:6:"), "{}", run.out);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_template_of_any_engine_is_a_note_and_no_finding() {
    let values = "image:\n  repository: docker.getcollate.io/openmetadata/server\nopenmetadata:\n  config:\n    authorizer:\n      initialAdmins: [admin]\n      containerRequestFilter: x\n";
    for sign in ["{{- if .x }}", "{% if x %}", "<% if x %>", "<#-- one -->", "<#if x>"] {
        let text = format!("{sign}\n{values}");
        let folder = support::folder(&[("values.yaml", &text)]);
        let run = support::omlint(folder.path(), &["check", ".", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        assert_eq!(report["findings"], serde_json::json!([]), "{sign}");
        assert_eq!(report["notes"][0]["kind"], "skipped", "{sign}");
    }
}
