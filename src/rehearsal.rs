//! The examples that rules bring, run through the real check: what each must flag, and what it
//! must not. The files have been laid out by whoever asks.

use std::path::Path;

use crate::config::{self, Choice, Flags, Loaded};
use crate::crypto::stand_in;
use crate::rules::schema::{Example, Severity};
use crate::source::discover::Disk;
use crate::{Request, Scan, scan};

/// The day on which the examples of our own rules take place: 2026-11-23.
pub const DAY: i64 = 1_795_392_000;

/// What an example cannot hold, because it would be a secret: `@private-key:NAME@` and the like
/// stand for it.
const MARKS: [&str; 6] = [
    "private-key",
    "weak-private-key",
    "public-key",
    "token:",
    "published-token",
    "shipped-public-key",
];

/// An example's text with its marks filled in by `made`, which gets a mark's kind and what it says
/// after the colon; none if something is not at hand.
pub fn filled(text: &str, made: &dyn Fn(&str, &str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('@') {
        let after = &rest[start + 1..];
        let end = after.find('@').filter(|_| MARKS.iter().any(|mark| after.starts_with(mark)));
        let Some(end) = end else {
            out.push_str(&rest[..=start]);
            rest = after;
            continue;
        };
        out.push_str(&rest[..start]);
        let line = out.rfind('\n').map_or(0, |at| at + 1);
        let indent: String = out[line..].chars().take_while(|c| *c == ' ').collect();
        let (kind, name) = after[..end].split_once(':').unwrap_or((&after[..end], ""));
        // Within a block scalar every line begins with its indentation.
        out.push_str(&made(kind, name)?.trim_end().replace('\n', &format!("\n{indent}")));
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// An example's text for people: what it cannot hold is named.
pub fn legible(text: &str) -> String {
    let named = |kind: &str, name: &str| {
        Some(match kind {
            "private-key" => "<a private key>".to_owned(),
            "private-key-base64" => "<a private key, in base64>".to_owned(),
            "weak-private-key" => "<a private key of 1024 bits>".to_owned(),
            "public-key" => "<a public key>".to_owned(),
            "public-key-base64" => "<a public key, in base64>".to_owned(),
            "shipped-public-key" => "<the public key that OpenMetadata ships>".to_owned(),
            "shipped-public-key-base64" => {
                "<the public key that OpenMetadata ships, in base64>".to_owned()
            }
            "published-token" => "<the token that OpenMetadata publishes>".to_owned(),
            _ => {
                let subject = name.split(',').nth(1).unwrap_or_default();
                format!("<a token of {subject}>")
            }
        })
    };
    filled(text, &named).unwrap_or_default()
}

/// An example's text with things of the same look in place of what it cannot hold; none where only
/// the real thing would do.
pub fn with_stand_ins(text: &str) -> Option<String> {
    filled(text, &|kind, name| {
        Some(match kind {
            "private-key" => stand_in::pem("PRIVATE KEY", &stand_in::private_key(name)),
            "private-key-base64" => stand_in::base64(&stand_in::private_key(name)),
            "public-key" => stand_in::pem("PUBLIC KEY", &stand_in::public_key(name)),
            "public-key-base64" => stand_in::base64(&stand_in::public_key(name)),
            "token" => {
                let mut parts = name.split(',').skip(1);
                let (subject, ends) = (parts.next()?, parts.next()?);
                let quarter = 90 * 86_400;
                let ends = match ends {
                    "future" => Some(DAY + quarter),
                    "past" => Some(DAY - quarter),
                    _ => None,
                };
                stand_in::token(subject, ends)
            }
            _ => return None,
        })
    })
}

/// Scans an example's files in `folder`, with its own configuration if it has one. Relative
/// paths of `flags` start from the folder.
pub fn run(example: &Example, folder: &Path, flags: &Flags, now: i64) -> Scan {
    let config = if example.files.contains_key("omlint.toml") {
        let disk = Disk::new(folder.to_owned(), false);
        config::load(&disk, &Choice::Nearest, &[".".into()], flags)
    } else {
        Loaded::isolated(flags, folder)
    };
    scan(&Request {
        paths: vec![".".into()],
        stdin: None,
        base: folder.to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config,
        now,
        inline_waivers: true,
    })
}

/// What a rule did with an example other than what the example says, if anything.
pub fn wrong(scan: &Scan, rule: &str, example: &Example, bad: bool) -> Option<String> {
    let found: Vec<_> = scan.findings.iter().filter(|finding| finding.rule == rule).collect();
    let texts: Vec<&str> = found.iter().map(|f| scan.sources.slice(f.primary.span)).collect();
    let severities: Vec<Severity> = found.iter().map(|finding| finding.severity).collect();
    if !bad {
        return (!texts.is_empty()).then(|| format!("must be silent, but speaks about {texts:?}"));
    }
    if texts.is_empty() {
        return Some("must speak, but is silent".into());
    }
    if !example.flags.is_empty() && texts != example.flags {
        return Some(format!("points at {texts:?}, not at {:?}", example.flags));
    }
    let names = |list: &[Severity]| list.iter().map(|level| level.name()).collect::<Vec<_>>();
    (!example.severities.is_empty() && severities != example.severities)
        .then(|| format!("is {:?}, not {:?}", names(&severities), names(&example.severities)))
}
