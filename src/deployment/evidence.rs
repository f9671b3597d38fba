//! What the files show of a deployment beside its settings: image, mounts, ports, files that
//! could not be read. Knows nothing of rules.

use std::sync::Arc;

use crate::crypto::keys::{Encoding, KeyMaterial, Kind};
use crate::crypto::tokens::Token;
use crate::source::{SourceId, Span};

use super::catalogue::Catalogue;
use super::reach::{Door, Reach, Tls};
use super::version::Version;

/// The server's image.
#[derive(Clone, Debug)]
pub struct Image {
    /// Registry and repository, without tag.
    pub repository: String,
    /// The tag, if the files show one.
    pub tag: Option<String>,
    /// What the name leaves open: the tag, if it and only it decides which image is taken;
    /// empty where none is written. `None` with a digest, or where the files do not tell.
    pub floating: Option<String>,
    /// OpenMetadata's own image, on whatever registry.
    pub official: bool,
    /// Where it is named.
    pub span: Span,
}

/// Major versions from here on are years: people's own images are numbered so.
const FIRST_YEAR: u32 = 1_000;

impl Image {
    /// The version of the server that the tag says, and its text.
    pub fn version(&self) -> Option<(Version, &str)> {
        let tag = self.tag.as_deref()?;
        let version = Version::parse(tag)?;
        (self.official || version.minor()[0] < FIRST_YEAR).then_some((version, tag))
    }
}

/// `rules/telltales.yaml`: how names of the server's images end, and the last parts of them.
const SERVER_ENDS: &[&str] = include!(concat!(env!("OUT_DIR"), "/server-image-ends.rs"));
const SERVER_NAMES: &[&str] = include!(concat!(env!("OUT_DIR"), "/server-image-names.rs"));

/// Whether a repository is OpenMetadata's server image, on any registry or mirror.
pub fn is_official_repository(repository: &str) -> bool {
    let path = repository.split('@').next().unwrap_or(repository).trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    SERVER_ENDS.iter().any(|end| path.ends_with(end)) || SERVER_NAMES.contains(&last)
}

/// Whether a container is OpenMetadata's server: its image says so, or its variables do. `named`
/// tells whether something beside them names the product.
pub fn is_server<'n>(
    catalogue: &Catalogue,
    image: Option<&Image>,
    variables: impl IntoIterator<Item = &'n str>,
    named: bool,
) -> bool {
    match image {
        Some(image) if image.official => true,
        Some(image) if catalogue.is_helper_repository(&image.repository) => false,
        _ => catalogue.telltales(variables).tell_of_server(named),
    }
}

/// Something laid over a path of the server's file system.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The path in the container.
    pub target: String,
    /// What covers it.
    pub from: MountSource,
    /// Where it is written.
    pub span: Span,
    /// The written mode of the files, and where it is written.
    pub mode: Option<(u32, Span)>,
}

/// What a mount brings.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// A file that is among the sources.
    File(SourceId),
    /// A file, folder, volume or Secret that the files do not show.
    Unseen(String),
}

impl MountSource {
    /// The path of what is mounted, where it is not among the files.
    pub fn name(&self) -> &str {
        match self {
            MountSource::File(_) => "",
            MountSource::Unseen(name) => name,
        }
    }
}

impl Mount {
    /// Whether the mount covers `path`, itself or with a folder above it.
    pub fn covers(&self, path: &str) -> bool {
        let target = self.target.trim_end_matches('/');
        path == target || path.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A way from other machines to ports of a service.
#[derive(Clone, Debug)]
pub struct Port {
    /// The service's names: compose's, the workload's, the Kubernetes Service's.
    pub names: Vec<String>,
    /// The repository of its image, where the files show it.
    pub image: Option<String>,
    /// The service is the server itself.
    pub own: bool,
    /// The first port in the container.
    pub first: u16,
    /// The last one.
    pub last: u16,
    /// What leads there.
    pub door: Door,
    /// From where.
    pub reach: Reach,
    /// Whether TLS ends at the door.
    pub tls: Tls,
    /// Where it is written.
    pub span: Span,
}

/// A service beside the server.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// The repository of its image, where the files show it.
    pub image: Option<String>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
}

/// What holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A file of its own.
    File,
    /// A Kubernetes Secret.
    Secret,
    /// A Kubernetes ConfigMap.
    ConfigMap,
    /// Some other text.
    Text,
}

/// Key material that the files show.
#[derive(Clone, Debug)]
pub struct KeyPlace {
    /// The key, without its private numbers.
    pub material: KeyMaterial,
    /// Where it stands.
    pub span: Span,
    /// What holds it.
    pub holder: Holder,
    /// The name of the file, or the key of the Secret.
    pub name: String,
    /// The path under which the server finds it.
    pub target: Option<String>,
}

impl KeyPlace {
    /// What both halves of a pair have in common. Of what is not RSA nothing shows.
    pub fn pair(&self) -> Option<&[u8]> {
        match &self.material.kind {
            Kind::Rsa(rsa) => Some(rsa.modulus()),
            Kind::Other(_) => Some(&[]),
            _ => None,
        }
    }

    /// What the key is, in words for people.
    pub fn describe(&self) -> String {
        let key = &self.material;
        let half = if key.private { "private key" } else { "public key" };
        let what = match &key.kind {
            Kind::Rsa(rsa) => format!("RSA {half}, {} bits", rsa.bits()),
            Kind::Encrypted => "encrypted private key".to_owned(),
            Kind::Other(name) => format!("{name} {half}"),
            Kind::Store => return key.form.name().to_owned(),
            Kind::CutOff => "the beginning of a key".to_owned(),
        };
        let written = match key.encoding {
            Encoding::Der => " in DER",
            Encoding::Pem => " in PEM",
            Encoding::Jwk | Encoding::Ssh | Encoding::Putty | Encoding::Spelled => "",
        };
        let layers = match key.layers {
            0 => String::new(),
            1 => ", in base64".to_owned(),
            more => format!(", in base64 {more} times"),
        };
        format!("{what}, {}{written}{layers}", key.form.name())
    }
}

/// A token that the files show.
#[derive(Clone, Debug)]
pub struct TokenPlace {
    /// What it says of itself.
    pub token: Token,
    /// Where it stands.
    pub span: Span,
    /// It stands where OpenMetadata takes its own tokens.
    pub in_field: bool,
}

/// Something wrong with a recognised file.
#[derive(Clone, Debug)]
pub enum Problem {
    /// The file could not be read as what it is.
    NotParsed {
        /// What the reader expected. Never holds text of the file.
        reason: String,
        /// Where it gave up.
        span: Span,
    },
    /// A key is written twice in one mapping; the last one counts.
    DuplicateKey {
        /// The key.
        key: String,
        /// The key that is overridden.
        first: Span,
        /// The key that counts.
        last: Span,
        /// It is a security setting and the values differ.
        conflicting: bool,
    },
}

/// A NetworkPolicy for the server's pods.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    /// Where it lets anybody through to the server; none if it does not.
    pub open: Option<Span>,
    /// OpenMetadata's own chart wrote it.
    pub of_chart: bool,
}

/// Everything that is not a setting.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The server's image.
    pub image: Option<Image>,
    /// What is mounted into the server.
    pub mounts: Vec<Mount>,
    /// Ways from other machines to the server and the services beside it.
    pub ports: Vec<Port>,
    /// The services beside the server.
    pub neighbours: Vec<Neighbour>,
    /// Names that only the deployment's own network knows.
    pub services: Arc<[String]>,
    /// What is wrong with its files.
    pub problems: Vec<Problem>,
    /// Keys that the server reads.
    pub keys: Vec<KeyPlace>,
    /// Policies about who may reach the server's pods.
    pub policies: Vec<NetworkPolicy>,
    /// Keys in the chart's values that say something about their place, by path.
    pub written_keys: Vec<(String, Span)>,
}

/// What a file shows by itself, whether a deployment comes of it or not.
#[derive(Clone, Debug, Default)]
pub struct Loose {
    /// What is wrong with it, where no deployment says so.
    pub problems: Vec<Problem>,
    /// Keys in it.
    pub keys: Vec<KeyPlace>,
    /// Tokens in it.
    pub tokens: Vec<TokenPlace>,
    /// Clients in it that are told not to sign in: the places of the provider's name.
    pub open_clients: Vec<Span>,
    /// There is more of them in it than anybody looks at.
    pub cut: bool,
}

impl Loose {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
            && self.keys.is_empty()
            && self.tokens.is_empty()
            && self.open_clients.is_empty()
            && !self.cut
    }
}
