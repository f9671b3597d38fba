//! Tokens in files: whose key signed them, whether they are OpenMetadata's, when they end.

use crate::crypto::tokens::{Expiry, Token};
use crate::deployment::evidence::TokenPlace;
use crate::rules::schema::Severity;
use crate::rules::url::Url;
use crate::source::date::date;

use super::{Hit, LooseCase, Mark};

/// How a token is known to be signed by a key that everybody has.
fn proof(case: &LooseCase<'_>, token: &Token, retired: bool) -> Option<String> {
    let known = &case.knowledge.known_keys;
    let mut signers = case.proofs.signers(token).iter().map(|&at| &known.keys[at]);
    if let Some(key) = signers.find(|key| key.retired == retired) {
        return Some(format!("its signature verifies under {}", key.title));
    }
    let published = known.find_token(token).filter(|_| !retired);
    published.map(|_| "it is a token that OpenMetadata itself published".to_owned())
}

/// Tokens that a known key has signed, whatever their key id says.
pub(super) fn of_known_key(case: &LooseCase<'_>, retired: bool) -> Vec<Hit> {
    let tokens = case.loose.tokens.iter();
    tokens.filter_map(|place| Some(hit(place, proof(case, &place.token, retired)?, None))).collect()
}

/// Tokens of OpenMetadata's, by their place or by what they say.
pub(super) fn embedded(
    case: &LooseCase<'_>,
    issuers: &[String],
    key_ids: &[String],
    token_types: &[String],
) -> Vec<Hit> {
    if case.sources.get(case.source).kept_out {
        return Vec::new();
    }
    let holds = |list: &[String], claim: &Option<String>| {
        claim.as_ref().is_some_and(|claim| list.iter().any(|item| item.eq_ignore_ascii_case(claim)))
    };
    let patterns = &case.knowledge.patterns;
    let mut hits = Vec::new();
    for place in &case.loose.tokens {
        let token = &place.token;
        let says_so = holds(issuers, &token.iss)
            || holds(key_ids, &token.kid)
            || holds(token_types, &token.token_type)
            || token.is_bot.is_some();
        let proven = [false, true].into_iter().any(|retired| proof(case, token, retired).is_some());
        if !(place.in_field || says_so) || proven {
            continue;
        }
        let (severity, ends) = match token.exp {
            Expiry::Absent | Expiry::Null => (Severity::High, "it never expires".to_owned()),
            Expiry::Unreadable => (Severity::High, "its end cannot be read".to_owned()),
            Expiry::At(end) if end >= case.now => {
                (Severity::Medium, format!("it expires on {}", date(end)))
            }
            Expiry::At(end) => (Severity::Info, format!("it expired on {}", date(end))),
        };
        let why = if token.is_unsigned() {
            format!("it is not signed at all, so no server accepts it; {ends}")
        } else if token.is_truncated() {
            format!("it is cut off; {ends}")
        } else if holds(key_ids, &token.kid) {
            // Only these are made by a key of the published one's kind.
            let by_rsa = token.alg.starts_with("RS") || token.alg.starts_with("PS");
            let signed =
                if by_rsa { "another key has signed it" } else { "no RSA key has signed it" };
            format!("it names the published key id, but {signed}; {ends}")
        } else {
            ends
        };
        let issuer = token.iss.as_deref().map(|issuer| Url::parse(issuer).host);
        let provider = issuer.and_then(|host| patterns.identity_provider(host));
        let owner = match provider {
            _ if says_so => "a token of OpenMetadata".to_owned(),
            Some(provider) => {
                format!("a token that {provider} has issued, where the server's own are taken")
            }
            None => {
                "a token that names no issuer of OpenMetadata's, where the server's own are taken"
                    .to_owned()
            }
        };
        let mut hit = hit(place, why, Some(severity));
        hit.words.push(("owner", owner));
        hits.push(hit);
    }
    hits
}

fn hit(place: &TokenPlace, why: String, severity: Option<Severity>) -> Hit {
    let what = describe(&place.token);
    Hit {
        place: Some(Mark { span: place.span, text: what.clone() }),
        words: vec![("what", what), ("why", why)],
        severity,
        ..Hit::default()
    }
}

/// What the token is for. Only names that OpenMetadata itself gives are printed.
fn describe(token: &Token) -> String {
    match token.sub.as_deref() {
        Some("admin") => "a token for `admin`".to_owned(),
        Some(sub)
            if sub.ends_with("-bot")
                && sub.len() < 40
                && sub.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') =>
        {
            format!("a token for `{sub}`")
        }
        _ => "a token".to_owned(),
    }
}
