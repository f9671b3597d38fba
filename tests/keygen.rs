//! `omlint keygen` makes pairs that openssl and the linter accept, replaces nothing, and prints
//! nothing that is secret.

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use omlint::crypto::keys::{Encoding, Form, Kind, read};

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn omlint(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_omlint"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn file(path: std::path::PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

/// No piece of the private key stands in the text: raw, in hexadecimal, or in base64, whichever
/// way the bytes are aligned.
fn assert_silent(text: &str, private: &[u8]) {
    let key = read(private).remove(0);
    let Kind::Rsa(public) = key.kind else { panic!("RSA") };
    let modulus = public.modulus();
    let at = private.windows(modulus.len()).position(|it| it == modulus).expect("its modulus");
    let secret = &private[at + modulus.len() + 5..];
    let lower = text.to_lowercase();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    for piece in hex.as_bytes().windows(10).step_by(2) {
        assert!(!lower.contains(std::str::from_utf8(piece).expect("ascii")), "hexadecimal");
    }
    for shift in 0..3 {
        for code in [STANDARD.encode(&secret[shift..]), URL_SAFE_NO_PAD.encode(&secret[shift..])] {
            for piece in code.trim_end_matches('=').as_bytes().windows(8) {
                assert!(!text.contains(std::str::from_utf8(piece).expect("ascii")), "base64");
            }
        }
    }
    for piece in secret.windows(6) {
        assert!(!text.as_bytes().windows(6).any(|it| it == piece), "raw");
    }
}

/// The lines below a heading, up to the next blank line.
fn block(text: &str, heading: &str) -> String {
    let from = text.find(&format!("# {heading}")).unwrap_or_else(|| panic!("no {heading}: {text}"));
    let lines = text[from..].lines().skip_while(|line| line.starts_with("# "));
    lines.take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_pair_is_as_openmetadata_wants_it() {
    let folder = folder();
    let run = omlint(folder.path(), &["keygen", "--out", "a/keys"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, "");
    let keys = folder.path().join("a/keys");
    assert_eq!(names(&keys), [".gitignore", "private_key.der", "public_key.der"]);
    assert_eq!(file(keys.join(".gitignore")), b"*\n");
    #[cfg(unix)]
    {
        assert_eq!(mode(&keys), 0o700);
        assert_eq!(mode(&keys.join("private_key.der")), 0o600);
        assert_eq!(mode(&keys.join("public_key.der")), 0o600);
    }
    let (private, public) = (file(keys.join("private_key.der")), file(keys.join("public_key.der")));
    let (read_private, read_public) = (read(&private), read(&public));
    assert_eq!(read_private.len(), 1);
    assert_eq!(
        (read_private[0].form, read_private[0].encoding),
        (Form::Pkcs8Private, Encoding::Der)
    );
    assert_eq!((read_public[0].form, read_public[0].encoding), (Form::Spki, Encoding::Der));
    assert_eq!(read_private[0].kind, read_public[0].kind);
    let Kind::Rsa(key) = &read_public[0].kind else { panic!("RSA") };
    assert_eq!((key.bits(), key.weaknesses()), (2048, vec![]));
    assert!(run.out.contains(&key.spki_fingerprint()));
    assert_silent(&run.out, &private);

    let openssl =
        |arguments: &[&str]| Command::new("openssl").args(arguments).current_dir(&keys).output();
    let Ok(output) = openssl(&["pkcs8", "-inform", "DER", "-nocrypt", "-in", "private_key.der"])
    else {
        eprintln!("skipped: openssl is not installed");
        return;
    };
    assert!(output.status.success(), "openssl pkcs8");
    let output = openssl(&["rsa", "-pubin", "-inform", "DER", "-in", "public_key.der", "-noout"]);
    assert!(output.expect("present").status.success(), "openssl rsa");
    let output = openssl(&["rsa", "-inform", "DER", "-in", "private_key.der", "-check", "-noout"]);
    assert!(output.expect("present").status.success(), "openssl rsa -check");
    let output = openssl(&[
        "pkey",
        "-inform",
        "DER",
        "-in",
        "private_key.der",
        "-pubout",
        "-outform",
        "DER",
    ]);
    assert!(output.expect("present").stdout == public, "the public half of the private key");
}

#[test]
fn sizes() {
    let folder = folder();
    let run = omlint(folder.path(), &["keygen", "--out", "k", "--bits", "3072"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let Kind::Rsa(key) = read(&file(folder.path().join("k/public_key.der"))).remove(0).kind else {
        panic!("RSA")
    };
    assert_eq!(key.bits(), 3072);
    for bits in ["1024", "2049", "8448", "many", "-1"] {
        let run = omlint(folder.path(), &["keygen", "--out", "l", "--bits", bits]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{bits}");
    }
    assert_eq!(names(folder.path()), ["k"]);
}

#[test]
fn nothing_is_ever_replaced() {
    for there in ["private_key.der", "public_key.der", "jwt.secret.yaml"] {
        let folder = folder();
        std::fs::write(folder.path().join(there), "mine").expect("written");
        let run = omlint(folder.path(), &["keygen", "--out", ".", "--secret", "jwt"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains(there) && run.err.contains("exists already"), "{}", run.err);
        assert_eq!(names(folder.path()), [there]);
        assert_eq!(file(folder.path().join(there)), b"mine");
    }
    let folder = folder();
    let first = omlint(folder.path(), &["keygen", "--out", "k"]);
    let private = file(folder.path().join("k/private_key.der"));
    let second = omlint(folder.path(), &["keygen", "--out", "k"]);
    assert_eq!((first.code, second.code), (0, 2));
    assert!(file(folder.path().join("k/private_key.der")) == private);
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_followed() {
    let folder = folder();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("private_key.der")).expect("a link");
    let run = omlint(folder.path(), &["keygen", "--out", "."]);
    assert_eq!(run.code, 2);
    assert_eq!(names(folder.path()), ["private_key.der"]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").expect("written");
    let run = omlint(folder.path(), &["keygen", "--out", "file"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(names(folder.path()), ["file"]);
    let run = omlint(folder.path(), &["keygen", "--out", "file/below"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("file/below could not be made (not a directory)"), "{}", run.err);

    use std::os::unix::fs::PermissionsExt as _;
    let shut = folder.path().join("shut");
    std::fs::create_dir(&shut).expect("made");
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o500)).expect("shut");
    if std::fs::write(shut.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write anywhere");
        return;
    }
    let run = omlint(folder.path(), &["keygen", "--out", "shut"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(names(&shut).is_empty());
}

#[test]
fn two_runs_share_nothing() {
    let folder = folder();
    let runs = ["a", "b"].map(|out| omlint(folder.path(), &["keygen", "--out", out]).out);
    let ids = runs.map(|out| {
        let at = out.find("JWT_KEY_ID=").expect("a key id") + "JWT_KEY_ID=".len();
        out[at..at + 36].to_owned()
    });
    assert!(ids[0] != ids[1]);
    assert_eq!(ids[0].as_bytes()[14], b'4');
    let key = |out: &str| file(folder.path().join(out).join("public_key.der"));
    assert!(key("a") != key("b"));
}

#[test]
fn a_secret_holds_the_pair_and_is_not_printed() {
    let folder = folder();
    let run = omlint(folder.path(), &["keygen", "--out", "k", "--secret", "om-jwt.v2"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let path = folder.path().join("k/om-jwt.v2.secret.yaml");
    #[cfg(unix)]
    assert_eq!(mode(&path), 0o600);
    let text = String::from_utf8(file(path)).expect("text");
    let secret: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
    assert_eq!(secret["apiVersion"], "v1");
    assert_eq!(secret["kind"], "Secret");
    assert_eq!(secret["type"], "Opaque");
    assert_eq!(secret["metadata"]["name"], "om-jwt.v2");
    for name in ["private_key.der", "public_key.der"] {
        let data = secret["data"][name].as_str().expect("data");
        let bytes = STANDARD.decode(data).expect("base64");
        assert!(bytes == file(folder.path().join("k").join(name)), "{name}");
    }
    assert_eq!(read(text.as_bytes()).len(), 2);
    let private = file(folder.path().join("k/private_key.der"));
    assert_silent(&run.out, &private);
    assert!(run.out.contains("kubectl apply -f k/om-jwt.v2.secret.yaml"), "{}", run.out);
    assert!(run.out.contains("secretName: om-jwt.v2"));
    assert!(!run.out.contains("kind: Secret") && !run.out.contains("Docker"));

    for name in ["", "../x", "a/b", "A", "-a", "a.", "a_b", &"a".repeat(250)] {
        let run = omlint(folder.path(), &["keygen", "--out", "m", &format!("--secret={name}")]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{name}");
    }
    assert_eq!(names(folder.path()), ["k"]);
}

/// What is printed is pasted into files, and the linter has nothing to say about keys any more.
#[test]
fn the_printed_lines_satisfy_the_linter() {
    let folder = folder();
    let out = omlint(folder.path(), &["keygen", "--out", "jwtkeys"]).out;
    let rules_about_keys = |name: &str, text: String| {
        let place = tempfile::tempdir().expect("a folder");
        std::fs::write(place.path().join(name), &text).expect("written");
        let run = omlint(place.path(), &["check", name, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        assert_eq!(report["deployments"].as_array().map(Vec::len), Some(1), "{name}:\n{text}");
        let rules: Vec<String> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter_map(|finding| finding["rule"].as_str())
            .filter(|rule| rule.starts_with("jwt-") && *rule != "jwt-default-issuer")
            .map(str::to_owned)
            .collect();
        assert!(rules.is_empty(), "{name}: {rules:?}\n{text}");
    };
    let compose = block(&out, "Docker Compose").replace(
        "    environment:\n",
        "    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      AUTHENTICATION_PROVIDER: auth0\n",
    );
    assert!(compose.contains("- ./jwtkeys:/etc/openmetadata/jwtkeys:ro"), "{compose}");
    rules_about_keys("docker-compose.yml", compose);
    rules_about_keys("values.yaml", block(&out, "Helm values"));
    rules_about_keys(
        "om.env",
        format!(
            "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[a.b]\n{}",
            block(&out, "Environment file")
        ),
    );
    rules_about_keys(
        "openmetadata.yaml",
        format!(
            "authenticationConfiguration:\n  provider: auth0\n{}",
            block(&out, "openmetadata.yaml")
        ),
    );
    assert!(out.contains("kubectl create secret generic openmetadata-jwt-keys --from-file=jwtkeys/private_key.der --from-file=jwtkeys/public_key.der\n"));
}

/// As a new user does it: the pair stays where it was made, beside what the lines were pasted into.
#[test]
fn the_pair_and_the_lines_together_satisfy_the_linter() {
    let image = "image: docker.getcollate.io/openmetadata/server:1.11.8\n";
    let workload = |text: String| {
        let pod: String = text.lines().map(|line| format!("      {line}\n")).collect();
        let named = "        - name: openmetadata\n";
        let pod = pod.replace(named, &format!("{named}          {image}"));
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: om}}\nspec:\n  template:\n    spec:\n{pod}"
        )
    };
    let server = |text: String| {
        text.replace("    environment:\n", &format!("    {image}    environment:\n"))
    };
    let alone = |text: String| text;
    type Paste<'a> = (&'a str, &'a str, &'a dyn Fn(String) -> String);
    let pastes: [Paste<'_>; 5] = [
        ("Docker Compose", "docker-compose.yml", &server),
        ("Environment file", "om.env", &|text| format!("AUTHENTICATION_PROVIDER=auth0\n{text}")),
        ("openmetadata.yaml", "openmetadata.yaml", &alone),
        ("Kubernetes manifests", "deployment.yaml", &workload),
        ("Helm values", "values.yaml", &alone),
    ];
    for in_git in [false, true] {
        for secret in [&[][..], &["--secret", "openmetadata-jwt-keys"]] {
            for (heading, name, paste) in &pastes {
                let folder = folder();
                if in_git {
                    std::fs::create_dir(folder.path().join(".git")).expect("a repository");
                }
                let run = omlint(folder.path(), &[&["keygen", "--out", "keys"], secret].concat());
                assert_eq!((run.code, run.err.as_str()), (0, ""));
                if !run.out.contains(&format!("# {heading}")) {
                    assert!(!secret.is_empty(), "{heading}");
                    continue;
                }
                std::fs::write(folder.path().join(name), paste(block(&run.out, heading)))
                    .expect("written");
                let run = omlint(folder.path(), &["check", ".", "--format", "json"]);
                let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
                assert_eq!(report["summary"]["deployments"], 1, "{heading}: {}", run.out);
                let findings = report["findings"].as_array().expect("a list");
                let rules = findings.iter().filter_map(|finding| finding["rule"].as_str());
                let about_keys: Vec<&str> = rules
                    .filter(|rule| rule.starts_with("jwt-") && *rule != "jwt-default-issuer")
                    .collect();
                assert_eq!(about_keys, [] as [&str; 0], "{heading}, in git: {in_git}");
            }
        }
    }
}

#[test]
fn odd_folder_names_are_quoted() {
    let folder = folder();
    let run = omlint(folder.path(), &["keygen", "--out", "my 'keys' \u{1b}[31m"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.out.contains('\u{1b}'));
    assert!(
        run.out.contains(r"--from-file='my '\''keys'\'' ?[31m/private_key.der'"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("- './my ''keys'' ?[31m:/etc/openmetadata/jwtkeys:ro'"),
        "{}",
        run.out
    );
}

#[test]
fn a_repository_that_would_take_the_key_is_warned_of() {
    let folder = folder();
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .is_ok_and(|it| it.status.success())
    };
    if !git(&["init", "-q"]) {
        eprintln!("skipped: git is not installed");
        return;
    }
    // A folder that is there stays as it is.
    for there in ["open", "half", "kept/deep"] {
        std::fs::create_dir_all(folder.path().join(there)).expect("made");
    }
    let open = omlint(folder.path(), &["keygen", "--out", "open", "--secret", "s"]);
    assert_eq!(open.code, 0);
    assert_eq!(open.err.lines().count(), 2, "{}", open.err);
    assert!(open.err.contains("open/private_key.der") && open.err.contains("does not ignore it"));
    assert_silent(&open.err, &file(folder.path().join("open/private_key.der")));

    std::fs::write(folder.path().join(".gitignore"), "/kept/\n*.der\n").expect("written");
    let half = omlint(folder.path(), &["keygen", "--out", "half", "--secret", "s"]);
    assert_eq!((half.code, half.err.lines().count()), (0, 1));
    assert!(half.err.contains("half/s.secret.yaml"), "{}", half.err);
    let kept = omlint(folder.path(), &["keygen", "--out", "kept/deep", "--secret", "s"]);
    assert_eq!((kept.code, kept.err.as_str()), (0, ""));
    let new = omlint(folder.path(), &["keygen", "--out", "new", "--secret", "s"]);
    assert_eq!((new.code, new.err.as_str()), (0, ""), "it keeps itself out");
}

#[test]
fn usage() {
    let folder = folder();
    let run = omlint(folder.path(), &["keygen"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("--out"));
    assert!(names(folder.path()).is_empty());
}
