//! Which ways to ports, and which mounts, are those that a rule asks for. Three-valued, as
//! conditions are: an address or a door that the files do not show may be any.

use crate::deployment::evidence::{Mount, Port};
use crate::deployment::reach::{Door, Reach, Tls};
use crate::deployment::value::{GAP, State};

use super::condition::{Case, Truth};
use super::matchers::{MountMatch, Owner, PortMatch};

impl<'a> Case<'a> {
    /// Whether a way to a port is one that is asked for.
    pub fn is_port(&self, port: &Port, wanted: &PortMatch) -> Truth {
        let known = [
            wanted.through.is_empty() || wanted.through.contains(&port.door),
            wanted.named.is_empty() || is_named(&port.names, port.image.as_deref(), &wanted.named),
            wanted.number.is_empty()
                || wanted.number.iter().any(|number| (port.first..=port.last).contains(number)),
        ];
        if known.contains(&false) {
            return Truth::False;
        }
        Truth::all([
            match &wanted.of {
                Owner::Server => port.own.into(),
                Owner::Neighbours => (!port.own).into(),
                Owner::Host(path) => self.is_host(path, port),
            },
            match &wanted.setting {
                Some(path) => self.is_number(path, port),
                None => Truth::True,
            },
            match port.reach {
                _ if wanted.reach.is_empty() => Truth::True,
                Reach::Unknown => Truth::Unknown,
                reach => wanted.reach.contains(&reach).into(),
            },
            match (wanted.tls, port.tls) {
                (None, _) => Truth::True,
                (Some(_), Tls::Unknown) => Truth::Unknown,
                (Some(wanted), tls) => (wanted == (tls == Tls::On)).into(),
            },
        ])
    }

    /// The ways to ports that are certainly asked for.
    pub fn ports(&self, wanted: &PortMatch) -> Vec<&'a Port> {
        let ports = self.deployment.evidence.ports.iter();
        ports.filter(|port| self.is_port(port, wanted) == Truth::True).collect()
    }

    /// How compose would publish the same port for the host itself alone, where it is written as
    /// `[address:][published:]target`.
    pub fn on_loopback(&self, port: &Port) -> Option<String> {
        let source = self.sources.get(port.span.source);
        let range = port.span.range();
        let (before, text) = (source.text.get(..range.start)?, source.text.get(range)?);
        // In the long form there is a key before it.
        let before = before.trim_end_matches([' ', '"', '\'']);
        let is_short = port.door == Door::Published && before.ends_with(['-', '[', ',']);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_${}:-./".contains(c);
        if !is_short || !text.chars().all(is_plain) {
            return None;
        }
        // Colons within `${…}` divide nothing.
        let mut depth = 0;
        let mut colons = Vec::new();
        for (at, c) in text.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ':' if depth == 0 => colons.push(at),
                _ => {}
            }
        }
        match colons[..] {
            [] if !text.contains('/') => Some(format!("127.0.0.1:{text}:{text}")),
            [_] => Some(format!("127.0.0.1:{text}")),
            [address, _] => Some(format!("127.0.0.1{}", &text[address..])),
            _ => None,
        }
    }

    /// The mounts that are asked for, each with the name of its service.
    pub fn mounts(&self, wanted: &MountMatch) -> Vec<(&'a str, &'a Mount)> {
        let evidence = &self.deployment.evidence;
        let of = |name: &'a str, mounts: &'a [Mount]| {
            let from = mounts.iter().filter(|mount| wanted.from.is_match(mount.from.name()));
            from.map(move |mount| (name, mount))
        };
        match wanted.of {
            Owner::Server => of("the server", &evidence.mounts).collect(),
            _ => evidence
                .neighbours
                .iter()
                .filter(|other| {
                    let names = std::slice::from_ref(&other.name);
                    wanted.named.is_empty()
                        || is_named(names, other.image.as_deref(), &wanted.named)
                })
                .flat_map(|other| of(&other.name, &other.mounts))
                .collect(),
        }
    }

    /// Whether the port's service is the one that a setting's host names.
    fn is_host(&self, path: &str, port: &Port) -> Truth {
        let value = self.value(path);
        let outline = value.text.outline();
        let host = super::url::Url::parse(outline.trim()).host;
        if value.state == State::Absent || host.is_empty() && !outline.contains(GAP) {
            return Truth::False;
        }
        if outline.contains(GAP) {
            return Truth::Unknown;
        }
        // In a cluster the first label is the service, and the others say where it is.
        let first = host.split('.').next().unwrap_or(host);
        port.names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(first))
            .into()
    }

    /// Whether the port is the one that a setting holds.
    fn is_number(&self, path: &str, port: &Port) -> Truth {
        let value = self.value(path);
        if value.state == State::Absent {
            return Truth::False;
        }
        let outline = value.text.outline();
        match outline.trim().parse::<u16>() {
            Ok(number) => (port.first..=port.last).contains(&number).into(),
            Err(_) if outline.contains(GAP) => Truth::Unknown,
            Err(_) => Truth::False,
        }
    }
}

/// Whether a word stands in a name or in the image of a service.
fn is_named(names: &[String], image: Option<&str>, words: &[String]) -> bool {
    let of = |text: &str| {
        let text = text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word.as_str()))
    };
    names.iter().any(|name| of(name)) || image.is_some_and(of)
}
