//! `omlint keygen`: makes a key pair, writes it where nobody else can read it, and prints where to
//! enter it. Nothing secret is printed.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::generate::{self, Pair};
use crate::rules::Knowledge;
use crate::source::{kept_out, mask};

use super::arguments::Keygen;
use super::whole::Whole;
use super::{Outcome, complain, print};

const PRIVATE: &str = "private_key.der";
const PUBLIC: &str = "public_key.der";
/// Keeps a folder of keys out of whatever repository it comes to lie in.
const IGNORED: (&str, &[u8]) = (".gitignore", b"*\n");

pub(super) fn run(arguments: &Keygen) -> Outcome {
    let text = match make(arguments) {
        Ok(text) => text,
        Err(error) => {
            complain(&error);
            return Outcome::Failed;
        }
    };
    warn(arguments);
    match print(&text) {
        Ok(()) => Outcome::Clean,
        Err(error) => {
            complain(&format!("the pair is written, but not where to enter it: {error}"));
            Outcome::Failed
        }
    }
}

/// Makes and writes the pair. Returns what to print.
fn make(arguments: &Keygen) -> Result<String, String> {
    let folder = &arguments.out;
    let secret_file = secret_file(arguments);
    let named = |name: &str| folder.join(name);
    for name in [PRIVATE, PUBLIC].into_iter().chain(secret_file.as_deref()) {
        if named(name).symlink_metadata().is_ok() {
            return Err(already_there(&named(name)));
        }
    }
    let pair = generate::generate(arguments.bits).map_err(|error| error.to_string())?;
    let key_id = generate::key_id().map_err(|error| error.to_string())?;
    let manifest = arguments.secret.as_deref().map(|name| manifest(name, &pair));
    let mut files = vec![(named(PRIVATE), pair.private_der()), (named(PUBLIC), pair.public_der())];
    if let (Some(name), Some(manifest)) = (&secret_file, &manifest) {
        files.push((named(name), manifest.as_bytes()));
    }

    let is_new = !folder.exists();
    if is_new {
        files.push((named(IGNORED.0), IGNORED.1));
    }
    make_folder(folder).map_err(|error| {
        format!("{} could not be made ({}); nothing was written", folder.display(), error.kind())
    })?;
    write_all(folder, &files).inspect_err(|_| {
        if is_new {
            // Succeeds only while it is empty.
            let _ = std::fs::remove_dir(folder);
        }
    })?;
    Ok(instructions(arguments, &pair, &key_id, is_new))
}

fn secret_file(arguments: &Keygen) -> Option<String> {
    arguments.secret.as_ref().map(|name| format!("{name}.secret.yaml"))
}

fn already_there(path: &Path) -> String {
    format!("{} exists already; nothing was written", path.display())
}

/// Makes a folder that only its owner can enter. One that is there stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes all files or none. Each is whole before it gets its name, and replaces nothing.
fn write_all(folder: &Path, files: &[(PathBuf, &[u8])]) -> Result<(), String> {
    let mut written = Vec::new();
    for (path, bytes) in files {
        // Readable by its owner alone from the beginning on.
        let file = Whole::new(folder, bytes, 0o600);
        written.push(file.map_err(|error| failed(path, &error))?);
    }
    for (at, (file, (path, _))) in written.into_iter().zip(files).enumerate() {
        if let Err(error) = file.create(path) {
            for (earlier, _) in &files[..at] {
                let _ = std::fs::remove_file(earlier);
            }
            return Err(failed(path, &error));
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AlreadyExists {
        already_there(path)
    } else {
        // The error names the temporary file, which is of no use to anyone.
        format!("{} could not be written ({}); nothing was written", path.display(), error.kind())
    }
}

/// The pair as a Kubernetes Secret.
fn manifest(name: &str, pair: &Pair) -> Zeroizing<String> {
    let private = Zeroizing::new(STANDARD.encode(pair.private_der()));
    let public = STANDARD.encode(pair.public_der());
    Zeroizing::new(format!(
        "apiVersion: v1\n\
         kind: Secret\n\
         metadata:\n\
         \x20 name: {name}\n\
         type: Opaque\n\
         data:\n\
         \x20 {PRIVATE}: {}\n\
         \x20 {PUBLIC}: {public}\n",
        *private
    ))
}

/// Says so if the next `git add` would take the private key along.
fn warn(arguments: &Keygen) {
    let secret_file = secret_file(arguments);
    for name in [Some(PRIVATE), secret_file.as_deref()].into_iter().flatten() {
        let file = arguments.out.join(name);
        if let Some(root) = kept_out::repository_open_to(&file) {
            complain(&format!(
                "warning: {} lies in the git repository {}, which does not ignore it",
                file.display(),
                root.display()
            ));
        }
    }
}

/// What was written, and the lines to enter in each kind of deployment.
fn instructions(arguments: &Keygen, pair: &Pair, key_id: &str, is_new: bool) -> String {
    let folder = mask::plain(&arguments.out.to_string_lossy());
    // As OpenMetadata's manual has it.
    let own = &Knowledge::built_in().catalogue.own_keys;
    let mounted = &own.folder;
    let secret = arguments.secret.as_deref().unwrap_or(&own.secret);
    let file = |name: &str| shell_word(&mask::plain(&arguments.out.join(name).to_string_lossy()));
    let (private, public) = (file(PRIVATE), file(PUBLIC));
    let mut text = format!(
        "Wrote {private} and {public}: RSA, {} bits.
SHA-256 of the public key: {}
Tokens of the old pair end with it: after the restart, issue the bots' tokens anew.
",
        pair.public().bits(),
        pair.public().spki_fingerprint(),
    );
    if is_new {
        text.push_str("The folder is new, and a .gitignore in it keeps all of it out of git.\n");
    }
    match secret_file(arguments) {
        Some(name) => {
            let manifest = file(&name);
            text.push_str(&format!(
                "
# Kubernetes: apply the Secret in the server's namespace
kubectl apply -f {manifest}
",
            ));
        }
        None => {
            let source = yaml_word(&format!("{}:{mounted}:ro", from_here(&folder)));
            text.push_str(&format!(
                "
# Docker Compose (the folder as seen from the compose file; the server's user must be able to
# read the files, which only you can now)
services:
  openmetadata-server:
    environment:
      RSA_PUBLIC_KEY_FILE_PATH: {mounted}/{PUBLIC}
      RSA_PRIVATE_KEY_FILE_PATH: {mounted}/{PRIVATE}
      JWT_KEY_ID: {key_id}
    volumes:
      - {source}

# Environment file, with the folder mounted at {mounted}
RSA_PUBLIC_KEY_FILE_PATH={mounted}/{PUBLIC}
RSA_PRIVATE_KEY_FILE_PATH={mounted}/{PRIVATE}
JWT_KEY_ID={key_id}

# openmetadata.yaml, with the folder at {mounted}
jwtTokenConfiguration:
  rsapublicKeyFilePath: {mounted}/{PUBLIC}
  rsaprivateKeyFilePath: {mounted}/{PRIVATE}
  keyId: {key_id}

# Kubernetes: make the Secret in the server's namespace (or `omlint keygen --secret NAME`)
kubectl create secret generic {secret} --from-file={private} --from-file={public}
",
            ));
        }
    }
    text.push_str(&format!(
        "
# Kubernetes manifests of your own (below the pod's `spec`)
containers:
  - name: openmetadata
    env:
      - name: RSA_PUBLIC_KEY_FILE_PATH
        value: {mounted}/{PUBLIC}
      - name: RSA_PRIVATE_KEY_FILE_PATH
        value: {mounted}/{PRIVATE}
      - name: JWT_KEY_ID
        value: {key_id}
    volumeMounts:
      - name: openmetadata-jwt-vol
        mountPath: {mounted}
        readOnly: true
volumes:
  - name: openmetadata-jwt-vol
    secret:
      secretName: {secret}
"
    ));
    text.push_str(&format!(
        "
# Helm values
openmetadata:
  config:
    jwtTokenConfiguration:
      enabled: true
      rsapublicKeyFilePath: {mounted}/{PUBLIC}
      rsaprivateKeyFilePath: {mounted}/{PRIVATE}
      keyId: {key_id}
extraVolumes:
  - name: openmetadata-jwt-vol
    secret:
      secretName: {secret}
extraVolumeMounts:
  - name: openmetadata-jwt-vol
    mountPath: {mounted}
    readOnly: true
",
    ));
    text
}

/// A path that compose takes for one, and not for a volume's name.
fn from_here(folder: &str) -> String {
    if folder.starts_with(['/', '.']) { folder.to_owned() } else { format!("./{folder}") }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-:+@%".contains(&byte))
}

fn shell_word(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn yaml_word(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
