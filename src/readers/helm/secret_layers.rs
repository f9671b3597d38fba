//! Values of secrets in a file of their own (`secrets.yaml`, or any that SOPS has encrypted):
//! helm-secrets decrypts it, and lays it over the plain values beside it. Knows nothing of what
//! the values mean.

use crate::source::Sources;

use super::super::Input;
use super::document;

/// Whether a file of this name may be one.
pub(in super::super) fn is_name(lower: &str) -> bool {
    let is_yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
    is_yaml && words(lower).iter().any(|word| matches!(word.as_str(), "secret" | "secrets"))
}

/// Whether it holds secrets for values beside it.
pub(in super::super) fn is_one(input: &Input, sources: &Sources) -> bool {
    let encrypted = || {
        let root = input.tree().and_then(document);
        root.and_then(|root| root.get("sops")).is_some_and(|entry| entry.value.is_map())
    };
    let name = sources.get(input.source).name().to_ascii_lowercase();
    !matches!(name.as_str(), "values.yaml" | "values.yml") && (is_name(&name) || encrypted())
}

/// Those of a release: from the folder of one of its files, and for no other environment.
pub(in super::super) fn of<'a>(
    release: &[&'a Input],
    secrets: &[&'a Input],
    sources: &Sources,
) -> Vec<&'a Input> {
    let own: Vec<String> = release.iter().flat_map(|input| environment(input, sources)).collect();
    let is_beside = |secret: &Input| {
        let folder = sources.get(secret.source).folder();
        release.iter().any(|input| sources.get(input.source).folder() == folder)
    };
    let fits = |secret: &Input| {
        let words = environment(secret, sources);
        own.is_empty() || words.is_empty() || words.iter().any(|word| own.contains(word))
    };
    secrets.iter().copied().filter(|secret| is_beside(secret) && fits(secret)).collect()
}

/// The words of a name that say for which environment it is.
fn environment(input: &Input, sources: &Sources) -> Vec<String> {
    const COMMON: [&str; 11] = [
        "values",
        "secrets",
        "secret",
        "sops",
        "enc",
        "encrypted",
        "dec",
        "yaml",
        "yml",
        "helm",
        "openmetadata",
    ];
    let mut words = words(&sources.get(input.source).name().to_ascii_lowercase());
    words.retain(|word| !COMMON.contains(&word.as_str()));
    words
}

fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
