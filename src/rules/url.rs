//! URLs as they stand in configuration: perhaps without a scheme, perhaps with unknown parts.

use std::net::IpAddr;

use crate::deployment::value::GAP;

/// The parts of a URL, as slices of its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// Lower or upper case as written; none where there is no `://`.
    pub scheme: Option<&'a str>,
    /// Without user-info and port.
    pub host: &'a str,
    /// Digits after the host.
    pub port: Option<&'a str>,
    /// From the first `/` on, without query and fragment.
    pub path: &'a str,
}

impl<'a> Url<'a> {
    /// Takes a text apart. Total: every text has a host, if only an empty one.
    pub fn parse(text: &'a str) -> Url<'a> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => (Some(scheme), rest),
            _ => (None, text),
        };
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(authority_end);
        let path = &tail[..tail.find(['?', '#']).unwrap_or(tail.len())];
        let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match host_port.rsplit_once(':') {
            Some((host, port))
                if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit() || c == GAP) =>
            {
                (host, Some(port))
            }
            _ => (host_port, None),
        };
        Url { scheme, host, port, path }
    }

    /// Whether part of the host is unknown.
    pub fn host_has_gap(&self) -> bool {
        self.host.contains(GAP) || (self.host.is_empty() && self.scheme.is_none())
    }

    /// Whether the host is an address of a private network: RFC 1918, RFC 4193, link-local,
    /// or a carrier's.
    pub fn is_private_address(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                let [a, b, ..] = address.octets();
                address.is_private() || address.is_link_local() || (a == 100 && b & 0xc0 == 64)
            }
            Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
            Err(_) => false,
        }
    }

    /// Host and path for comparison: scheme, case of the host and trailing slashes aside.
    pub fn place(&self) -> (String, &'a str) {
        (self.host.to_ascii_lowercase(), self.path.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let url = Url::parse("https://user:pw@Tenant.eu.auth0.com:443/a/b?c=d");
        assert_eq!(url.scheme, Some("https"));
        assert_eq!(url.host, "Tenant.eu.auth0.com");
        assert_eq!(url.port, Some("443"));
        assert_eq!(url.path, "/a/b");
        assert_eq!(Url::parse("tenant.auth0.com").host, "tenant.auth0.com");
        assert_eq!(Url::parse("").host, "");
    }
}
