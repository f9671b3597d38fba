//! What Flux fills in once it has built a kustomization: `${NAME}`, from its `postBuild` and from
//! the ConfigMaps and Secrets named there. Knows nothing of what the values mean.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::deployment::value::{Fragment, Piece, Unknown};
use crate::source::{SourceId, Sources, Text};
use crate::syntax::yaml::Node;

use super::compose::Context;
use super::manifests::{Entry, Identity, Part, STORES, Store, items, labels, text};
use super::{Role, opaque, scalar};

/// So many ConfigMaps and Secrets of one kustomization are looked for: nobody names more.
const MOST_STORES: usize = 50;
/// The label or annotation of an object in which nothing is filled in.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// The variables of one kustomization.
#[derive(Default)]
pub(super) struct Filling {
    words: BTreeMap<String, Entry>,
    /// Those that stand in a Secret, or are called like one: nothing of them is printed.
    secrets: BTreeSet<String>,
    /// What may say more of them is not among the files.
    is_open: bool,
}

/// What a text is made of.
enum Bit<'f> {
    Written(Range<usize>),
    Filled(&'f str, &'f Entry),
    /// Something that the files do not show, its name and its place.
    Hidden(&'f str, Range<usize>),
}

impl Filling {
    /// What the specification of a Kustomization says.
    pub fn of(context: &Context<'_>, spec: Node<'_>, home: SourceId) -> Option<Self> {
        let build = spec.get("postBuild")?.value;
        let mut filling = Filling::default();
        let plain = |text: &Fragment| match text.pieces() {
            // Flux takes the ends of lines out.
            [Piece::Known(known)] if known.expose().contains('\n') => {
                Fragment::known(Text::decoded(known.expose().replace('\n', ""), known.span()))
            }
            _ => text.clone(),
        };
        let secret = context.catalogue.secret_variables();
        for from in items(build, "substituteFrom").into_iter().take(MOST_STORES) {
            let is_secret = text(from, "kind") == Some("Secret");
            let name = text(from, "name").unwrap_or_default();
            let Some(store) = store(context, home, is_secret, name) else {
                filling.is_open = true;
                continue;
            };
            filling.is_open |= store.open;
            for (name, entry) in &store.entries {
                filling.learn(name, plain(&entry.text), is_secret || secret.contains(name));
            }
            for name in &store.opaque {
                let text = Fragment::unknown(format!("${{{name}}}"), store.place);
                filling.learn(name, text, is_secret);
            }
        }
        let raw = &context.sources.get(home).text;
        for entry in build.get("substitute").map(|it| it.value.entries()).unwrap_or_default() {
            let Some(name) = entry.key.text() else { continue };
            let text = plain(&scalar::fragment(home, raw, entry.value));
            filling.learn(name, text, secret.contains(name));
        }
        (filling.is_open || !filling.words.is_empty()).then_some(filling)
    }

    fn learn(&mut self, name: &str, text: Fragment, is_secret: bool) {
        let span = text.span();
        let entry = Entry { text, span, whole: span, encoded: false, block: None };
        self.words.insert(name.to_owned(), entry);
        match is_secret {
            true => drop(self.secrets.insert(name.to_owned())),
            false => drop(self.secrets.remove(name)),
        }
    }

    /// Whether an object is left as it is.
    pub fn passes_over(identity: &Identity<'_>, source: SourceId) -> bool {
        let Some(node) = identity.metadata else { return false };
        let metadata = Part { node, source };
        let is_off =
            |list| labels(metadata.get(list)).get(SWITCH).is_some_and(|it| it == "disabled");
        is_off("labels") || is_off("annotations")
    }

    /// Whether a text has a variable.
    #[inline(never)]
    pub fn opens(text: &str) -> bool {
        text.contains("${")
    }

    /// The same of a text of a manifest.
    pub fn may_fill(text: &Fragment) -> bool {
        text.pieces().iter().any(|piece| match piece {
            Piece::Known(text) => Self::opens(text.expose()),
            Piece::Unknown(unknown) => unknown.name == opaque::ASSIGNED,
        })
    }

    /// A text with what is known filled in, but for what is secret.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        for bit in self.bits(text) {
            match bit {
                Bit::Written(range) => filled.push_str(&text[range]),
                Bit::Filled(name, word) if word.text.is_known() && !self.secrets.contains(name) => {
                    filled.push_str(&word.text.as_outline());
                }
                Bit::Filled(name, _) | Bit::Hidden(name, _) => {
                    filled.push_str(&format!("${{{name}}}"));
                }
            }
        }
        filled
    }

    /// What a text stands for that is one variable and nothing else. What is secret only where
    /// that is asked for.
    pub fn whole<'f>(&'f self, text: &'f str, for_secret: bool) -> Option<&'f Text> {
        match self.bits(text.trim())[..] {
            [Bit::Filled(name, word)] if for_secret || !self.secrets.contains(name) => {
                match word.text.pieces() {
                    [Piece::Known(text)] => Some(text),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The same of a text that stands in a file, each part of it where it is written.
    pub fn fragment(&self, fragment: &Fragment, sources: &Sources) -> Fragment {
        let mut pieces = Vec::new();
        for piece in fragment.pieces() {
            let text = match piece {
                Piece::Known(text) => text.clone(),
                // Without Flux nobody knows what assigns a default.
                Piece::Unknown(it) if it.name == opaque::ASSIGNED => {
                    let raw = sources.get(it.span.source).text.get(it.span.range());
                    Text::exact(raw.unwrap_or_default(), it.span.source, it.span.range().start)
                }
                Piece::Unknown(_) => {
                    pieces.push(piece.clone());
                    continue;
                }
            };
            let bits = self.bits(text.expose()).into_iter();
            pieces.extend(bits.flat_map(|bit| match bit {
                Bit::Written(range) => vec![Piece::Known(text.part(range))],
                Bit::Filled(name, word) if self.secrets.contains(name) => {
                    word.text.pieces().iter().cloned().map(Piece::veiled).collect()
                }
                Bit::Filled(_, word) => word.text.pieces().to_vec(),
                Bit::Hidden(name, range) => {
                    let name = format!("${{{name}}}");
                    vec![Piece::Unknown(Unknown { name, span: text.locate(range) })]
                }
            }));
        }
        Fragment::new(pieces, fragment.outer())
    }

    /// The parts of a text, none of them empty. Whatever sign stands before a default, an empty
    /// variable is as good as none.
    fn bits<'f>(&'f self, text: &'f str) -> Vec<Bit<'f>> {
        let mut bits = Vec::new();
        let mut from = 0;
        let mut at = 0;
        let write = |bits: &mut Vec<Bit<'f>>, range: Range<usize>| {
            bits.extend((!range.is_empty()).then_some(Bit::Written(range)));
        };
        while let Some(start) = text[at..].find("${").map(|next| at + next) {
            let Some(end) = closing(text, start) else { break };
            if text[..start].ends_with('$') {
                write(&mut bits, from..start - 1);
                (from, at) = (start, end);
                continue;
            }
            write(&mut bits, from..start);
            let inside = &text[start + 2..end - 1];
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, rest) =
                inside.split_at(inside.find(|c| !is_name(c)).unwrap_or(inside.len()));
            let signs = [":=", ":-", "=", "-"].iter();
            let default =
                signs.filter(|sign| rest.starts_with(**sign)).map(|sign| sign.len()).next();
            let is_plain = (rest.is_empty() || default.is_some()) && !Self::opens(rest);
            match self.words.get(name) {
                _ if !is_plain => bits.push(Bit::Hidden(name, start..end)),
                Some(word) if !word.text.pieces().is_empty() && word.text.as_outline() != "" => {
                    bits.push(Bit::Filled(name, word));
                }
                None if self.is_open => bits.push(Bit::Hidden(name, start..end)),
                _ => {
                    let begin = default.map(|sign| end - 1 - rest.len() + sign);
                    begin.into_iter().for_each(|begin| write(&mut bits, begin..end - 1));
                }
            }
            (from, at) = (end, end);
        }
        write(&mut bits, from..text.len());
        bits
    }
}

/// Where the `${` at a place ends.
fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    let bytes = text.as_bytes();
    for at in start..bytes.len() {
        match bytes[at] {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The ConfigMap or Secret of a name: the nearest, if one is nearer than all others.
fn store<'a>(
    context: &Context<'a>,
    home: SourceId,
    is_secret: bool,
    name: &str,
) -> Option<Store<'a>> {
    let sources = context.sources;
    let mut best: Option<(usize, Vec<Part<'a>>)> = None;
    let folder = sources.get(home).folder();
    for input in context.inputs.iter().filter(|input| input.role == Role::Manifests) {
        let Some(tree) = input.tree() else { continue };
        if !context.room.allows(1 + tree.documents().count() / 8, home) {
            return None;
        }
        for node in tree.documents() {
            let kind = text(node, "kind").unwrap_or_default();
            let called = node.get("metadata").and_then(|it| text(it.value, "name"));
            let is_one = STORES.contains(&kind) && (kind != "ConfigMap") == is_secret;
            // What becomes a Secret may be called otherwise than it.
            if !is_one || called != Some(name) && matches!(kind, "ConfigMap" | "Secret") {
                continue;
            }
            let part = Part { node, source: input.source };
            if !Store::of(part, sources).identity.is_named(name) {
                continue;
            }
            let other = sources.get(input.source).folder().split('/');
            let shared = folder.split('/').zip(other).take_while(|(one, other)| one == other);
            let near = shared.count();
            match &mut best {
                Some((known, parts)) if *known == near => parts.push(part),
                Some((known, _)) if *known > near => {}
                _ => best = Some((near, vec![part])),
            }
        }
    }
    match best?.1[..] {
        [part] => Some(Store::of(part, sources)),
        _ => None,
    }
}
