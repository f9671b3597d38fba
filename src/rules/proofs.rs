//! Which tokens the known keys have signed. A signature takes long to verify: each token is asked
//! about once in a run, however often it stands in its files and however many rules ask.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::crypto::known::KnownKeys;
use crate::crypto::tokens::{Signature, Token};
use crate::deployment::evidence::Loose;
use crate::source::{SourceId, spread};

/// Signatures that are verified in a run, in such of a key of 2048 bits.
const MOST_VERIFIED: usize = 15_000;
/// Bytes of such a key's modulus.
const USUAL: usize = 256;

/// Which known keys have signed which tokens.
#[derive(Default)]
pub struct Proofs<'l> {
    /// The keys by their number in the table.
    signed: HashMap<&'l Token, Vec<usize>>,
    unproven: BTreeSet<SourceId>,
}

impl<'l> Proofs<'l> {
    /// Verifies all tokens, if there is room for them.
    pub fn of(known: &KnownKeys, loose: &'l [(SourceId, Loose)]) -> Proofs<'l> {
        let keys: Vec<_> = known
            .keys
            .iter()
            .enumerate()
            .filter_map(|(at, key)| Some((at, key.public()?)))
            .collect();
        let effort: usize =
            keys.iter().map(|(_, key)| key.modulus().len().div_ceil(USUAL).pow(2)).sum();
        let most = MOST_VERIFIED / effort.max(1);
        let mut proofs = Proofs::default();
        let mut known = HashSet::new();
        let mut distinct: Vec<&Token> = Vec::new();
        for (source, loose) in loose {
            for place in &loose.tokens {
                if known.contains(&place.token) {
                    continue;
                }
                if distinct.len() >= most {
                    proofs.unproven.insert(*source);
                    break;
                }
                known.insert(&place.token);
                distinct.push(&place.token);
            }
        }
        let signers = spread::map(&distinct, |token| -> Vec<usize> {
            let signed = keys.iter().filter(|(_, key)| token.verify(key) == Signature::Good);
            signed.map(|(at, _)| *at).collect()
        });
        let signed = distinct.into_iter().zip(signers).filter(|(_, keys)| !keys.is_empty());
        proofs.signed.extend(signed);
        proofs
    }

    /// The numbers of the known keys that have signed a token.
    pub fn signers(&self, token: &Token) -> &[usize] {
        self.signed.get(token).map_or(&[], Vec::as_slice)
    }

    /// Files with tokens that were not verified: there are too many.
    pub fn unproven(&self) -> &BTreeSet<SourceId> {
        &self.unproven
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::evidence::TokenPlace;
    use crate::rules::Knowledge;
    use crate::source::Span;

    fn shown(source: u32, claims: &[String]) -> (SourceId, Loose) {
        let encoded = |text: &str| {
            use base64::Engine;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
        };
        let place = |claims: &String| TokenPlace {
            token: Token::read(&format!(
                "{}.{}.AAAA",
                encoded(r#"{"alg":"RS256"}"#),
                encoded(claims)
            ))
            .expect("a token"),
            span: Span::new(SourceId(source), 0..1),
            in_field: false,
        };
        let tokens = claims.iter().map(place).collect();
        (SourceId(source), Loose { tokens, ..Loose::default() })
    }

    #[test]
    fn equal_tokens_take_the_room_of_one_and_what_is_beyond_the_room_is_told() {
        let known = &Knowledge::built_in().known_keys;
        let numbered = |from: usize| -> Vec<String> {
            (from..from + 10_000).map(|n| format!("{{\"n\":{n}}}")).collect()
        };
        let same = vec!["{}".to_owned(); 20_000];
        let few = [shown(0, &same), shown(1, &same), shown(2, &numbered(0))];
        assert!(Proofs::of(known, &few).unproven().is_empty());
        let many =
            [shown(0, &same), shown(1, &numbered(0)), shown(2, &numbered(10_000)), shown(3, &same)];
        let proofs = Proofs::of(known, &many);
        assert_eq!(proofs.unproven(), &BTreeSet::from([SourceId(2)]));
    }
}
