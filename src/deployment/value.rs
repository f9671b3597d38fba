//! What a setting resolves to: text in pieces, of which some may be unknown, and where it
//! comes from. Knows nothing of rules.

use std::borrow::Cow;
use std::sync::Arc;

use crate::source::{Span, Text};

use super::catalogue::Type;
use super::version::Confidence;

/// Signs of a quoted text that each have a place of their own. In a text with more of them what
/// they stand for is said to be somewhere in it.
const MOST_SIGNS: usize = 10_000;

/// A part of a value that the files do not show.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// What it is called: `${NAME}`, `Secret oidc-secrets`.
    pub name: String,
    /// Where it is referred to.
    pub span: Span,
}

/// A part of a value.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text that the files show.
    Known(Text),
    /// Text that they do not show.
    Unknown(Unknown),
}

impl Piece {
    /// Bytes in an outline.
    fn length(&self) -> usize {
        match self {
            Piece::Known(text) => text.expose().len(),
            Piece::Unknown(_) => GAP.len_utf8(),
        }
    }

    /// The same; what is known of it is never printed.
    pub fn veiled(self) -> Piece {
        match self {
            Piece::Known(text) => Piece::Known(text.veiled()),
            unknown => unknown,
        }
    }
}

/// Stands for an unknown piece in [`Fragment::outline`].
pub const GAP: char = '\u{1}';

/// Text made of pieces.
#[derive(Clone, Debug)]
pub struct Fragment {
    pieces: Pieces,
    outer: Span,
}

/// Most texts are one piece, and there may be very many of them.
#[derive(Clone, Debug)]
enum Pieces {
    One(Piece),
    Several(Arc<[Piece]>),
}

impl From<Vec<Piece>> for Pieces {
    fn from(mut pieces: Vec<Piece>) -> Self {
        match pieces.len() {
            0 => Pieces::Several(Arc::default()),
            1 => Pieces::One(pieces.remove(0)),
            _ => Pieces::Several(pieces.into()),
        }
    }
}

impl Fragment {
    /// A fragment of these pieces that stands at `outer`.
    pub fn new(pieces: Vec<Piece>, outer: Span) -> Self {
        Fragment { pieces: pieces.into(), outer }
    }

    /// A fragment of known text.
    pub fn known(text: Text) -> Self {
        let outer = text.span();
        Fragment { pieces: Pieces::One(Piece::Known(text)), outer }
    }

    /// A fragment of one piece that stands at `outer`.
    pub fn of(piece: Piece, outer: Span) -> Self {
        Fragment { pieces: Pieces::One(piece), outer }
    }

    /// A fragment of which nothing is known.
    pub fn unknown(name: impl Into<String>, span: Span) -> Self {
        let unknown = Unknown { name: name.into(), span };
        Fragment { pieces: Pieces::One(Piece::Unknown(unknown)), outer: span }
    }

    /// The same, of which nothing is ever printed.
    pub fn veiled(self) -> Self {
        let pieces: Vec<Piece> = self.pieces().iter().cloned().map(Piece::veiled).collect();
        Fragment { pieces: pieces.into(), outer: self.outer }
    }

    /// The pieces.
    pub fn pieces(&self) -> &[Piece] {
        match &self.pieces {
            Pieces::One(piece) => std::slice::from_ref(piece),
            Pieces::Several(pieces) => pieces,
        }
    }

    /// The unknown pieces.
    pub fn unknowns(&self) -> impl Iterator<Item = &Unknown> {
        self.pieces().iter().filter_map(|piece| match piece {
            Piece::Unknown(unknown) => Some(unknown),
            Piece::Known(_) => None,
        })
    }

    /// Whether a piece of it must not be printed.
    pub fn is_veiled(&self) -> bool {
        self.pieces().iter().any(|piece| matches!(piece, Piece::Known(text) if text.is_veiled()))
    }

    /// Whether the files show all of it.
    pub fn is_known(&self) -> bool {
        self.unknowns().next().is_none()
    }

    /// The known text with [`GAP`] in place of each unknown piece. Not to be printed unless
    /// the setting is public.
    pub fn outline(&self) -> String {
        self.as_outline().into_owned()
    }

    /// The same, without a copy of what is known as a whole.
    pub fn as_outline(&self) -> Cow<'_, str> {
        if let [Piece::Known(text)] = self.pieces() {
            return Cow::Borrowed(text.expose());
        }
        let mut out = String::new();
        for piece in self.pieces() {
            match piece {
                Piece::Known(text) => out.push_str(text.expose()),
                Piece::Unknown(_) => out.push(GAP),
            }
        }
        Cow::Owned(out)
    }

    /// Where to point: the known characters if they stand together, else the whole.
    pub fn span(&self) -> Span {
        match self.pieces() {
            [Piece::Known(text)] if !text.span().range().is_empty() => text.span(),
            [Piece::Unknown(unknown)] => unknown.span,
            _ => self.outer,
        }
    }

    /// The whole place, quotes and all.
    pub fn outer(&self) -> Span {
        self.outer
    }

    /// A part of the fragment, by byte offsets in its outline.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Fragment {
        self.slice_from(0, 0, range)
    }

    /// The same, where no piece before this one, which begins at `at`, is part of it.
    fn slice_from(&self, first: usize, mut at: usize, range: std::ops::Range<usize>) -> Fragment {
        let mut pieces = Vec::new();
        for piece in self.pieces().get(first..).unwrap_or_default() {
            if at >= range.end {
                break;
            }
            let len = piece.length();
            let from = range.start.max(at);
            let to = range.end.min(at + len);
            if from < to {
                pieces.push(match piece {
                    Piece::Known(text) => Piece::Known(text.part(from - at..to - at)),
                    Piece::Unknown(unknown) => Piece::Unknown(unknown.clone()),
                });
            }
            at += len;
        }
        Fragment { pieces: pieces.into(), outer: self.outer }
    }

    /// Where each piece ends in the outline.
    fn ends(&self) -> Vec<usize> {
        let ends = self.pieces().iter().scan(0, |at, piece| {
            *at += piece.length();
            Some(*at)
        });
        ends.collect()
    }

    /// What is left of it where it fills in a plain YAML scalar: a `#` after a blank begins a
    /// comment.
    pub fn before_comment(&self) -> Fragment {
        let outline = self.as_outline();
        let start = outline.len() - outline.trim_start().len();
        if outline[start..].starts_with(['"', '\'']) {
            return match after_quotes(&outline[start..]) {
                Some(end) => self.slice(0..start + end),
                None => self.clone(),
            };
        }
        let comment = if outline[start..].starts_with('#') {
            Some(start)
        } else {
            [" #", "\t#"].iter().filter_map(|sign| outline.find(sign)).min()
        };
        match comment {
            Some(at) => self.slice(0..at),
            None => self.clone(),
        }
    }

    /// The fragment without blanks around it.
    pub fn trimmed(&self) -> Fragment {
        let outline = self.as_outline();
        let inner = trimmed(&outline, 0..outline.len());
        if inner == (0..outline.len()) { self.clone() } else { self.slice(inner) }
    }

    /// The fragment without blanks around it and without one pair of quotes.
    pub fn unquoted(&self) -> Fragment {
        let outline = self.as_outline();
        let trimmed = trimmed(&outline, 0..outline.len());
        let inner = &outline[trimmed.clone()];
        for quote in ['"', '\''] {
            let enclosed = inner.len() >= 2 && inner.starts_with(quote) && inner.ends_with(quote);
            let within = trimmed.start + 1..trimmed.end.max(trimmed.start + 2) - 1;
            // `'a', 'b'` is two quoted items, not one quoted text.
            let nested = |text: &str| {
                let mut bare = text.to_owned();
                if quote == '"' {
                    bare = bare.replace("\\\\", "").replace("\\\"", "");
                } else {
                    bare = bare.replace("''", "");
                }
                !bare.contains(quote)
                    || text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote)
            };
            if enclosed && nested(&outline[within.clone()]) {
                return self.slice(trimmed_range(&outline, within)).unescaped(quote);
            }
        }
        if trimmed == (0..outline.len()) { self.clone() } else { self.slice(trimmed) }
    }

    /// What YAML makes of the text between quotes: in double ones of what follows a backslash,
    /// in single ones of two in a row.
    fn unescaped(self, quote: char) -> Fragment {
        let sign = if quote == '"' { '\\' } else { quote };
        if !self.as_outline().contains(sign) {
            return self;
        }
        let mut pieces = Vec::new();
        for piece in self.pieces() {
            let Piece::Known(text) = piece else {
                pieces.push(piece.clone());
                continue;
            };
            let written = text.expose();
            let is_exact = written.matches(sign).take(MOST_SIGNS + 1).count() <= MOST_SIGNS;
            let mut decoded = String::new();
            let mut from = 0;
            let mut at = 0;
            while let Some(found) = written[at..].find(sign) {
                let here = at + found;
                let Some(next) = written[here + 1..].chars().next() else { break };
                at = here + 1 + next.len_utf8();
                let meant = match next {
                    '"' | '\\' | '/' | '\'' if quote == '"' || next == quote => Some(next),
                    _ if quote != '"' => None,
                    'n' => Some('\n'),
                    't' => Some('\t'),
                    'r' => Some('\r'),
                    'x' | 'u' | 'U' => {
                        let digits = [('x', 2), ('u', 4), ('U', 8)];
                        let count =
                            digits.iter().find(|(letter, _)| *letter == next).map_or(0, |d| d.1);
                        let number = written.get(at..at + count);
                        number
                            .and_then(|n| u32::from_str_radix(n, 16).ok())
                            .and_then(char::from_u32)
                            .inspect(|_| at += count)
                    }
                    _ => None,
                };
                let Some(meant) = meant else { continue };
                if !is_exact {
                    decoded.push_str(&written[from..here]);
                    decoded.push(meant);
                    from = at;
                    continue;
                }
                if from < here {
                    pieces.push(Piece::Known(text.part(from..here)));
                }
                let meant = Text::decoded(meant.to_string(), text.locate(here..at));
                let meant = if text.is_veiled() { meant.veiled() } else { meant };
                pieces.push(Piece::Known(meant));
                from = at;
            }
            if !is_exact {
                decoded.push_str(&written[from..]);
                let whole = Text::decoded(decoded, text.span());
                pieces.push(Piece::Known(if text.is_veiled() { whole.veiled() } else { whole }));
            } else if from < written.len() {
                pieces.push(Piece::Known(text.part(from..written.len())));
            }
        }
        Fragment { pieces: pieces.into(), outer: self.outer }
    }

    /// The items of a list as the server or a careless author writes it: `[a, "b"]`, `a,b`.
    pub fn items(&self) -> Vec<Fragment> {
        let body = self.unquoted();
        let outline = body.as_outline();
        let range = trimmed(&outline, 0..outline.len());
        let inner = &outline[range.clone()];
        let list = if inner.starts_with('[') {
            let end =
                if inner.ends_with(']') && inner.len() > 1 { range.end - 1 } else { range.end };
            range.start + 1..end
        } else {
            range
        };
        // There may be as many pieces as items.
        let ends = body.ends();
        let part = |range: std::ops::Range<usize>| {
            let first = ends.partition_point(|end| *end <= range.start);
            body.slice_from(first, first.checked_sub(1).map_or(0, |last| ends[last]), range)
        };
        let mut items = Vec::new();
        let mut push = |from: usize, to: usize| {
            let range = trimmed(&outline, from..to);
            if range.is_empty() || items.len() > MOST_ITEMS {
                return;
            }
            if items.len() == MOST_ITEMS {
                let rest = format!("what follows the item number {MOST_ITEMS}");
                items.push(Fragment::unknown(rest, part(range).span()));
            } else {
                let mut item = part(range).unquoted();
                item.outer = item.span();
                items.push(item);
            }
        };
        let (mut start, mut depth, mut quote) = (list.start, 0usize, None);
        for (at, c) in outline[list.clone()].char_indices() {
            let at = list.start + at;
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if outline[start..at].trim().is_empty() => quote = Some(c),
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => depth = depth.saturating_sub(1),
                (None, ',') if depth == 0 => {
                    push(start, at);
                    start = at + 1;
                }
                _ => {}
            }
        }
        push(start, list.end);
        items
    }
}

/// Where a text in quotes ends, if a comment follows it and nothing else.
fn after_quotes(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' && quote == '"' {
            signs.next();
        } else if sign == quote
            && signs.next_if(|(_, next)| quote == '\'' && *next == quote).is_none()
        {
            let end = at + quote.len_utf8();
            let rest = &text[end..];
            return (rest.trim_start().starts_with('#') && rest.starts_with([' ', '\t']))
                .then_some(end);
        }
    }
    None
}

fn trimmed(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    let end = range.end - (inner.len() - inner.trim_end().len());
    start..end.max(start)
}

fn trimmed_range(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    trimmed(text, range)
}

/// How a value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A file sets it.
    Written,
    /// A file sets it to nothing.
    Empty,
    /// Nothing sets it: this is what OpenMetadata falls back to.
    Default,
    /// It comes from somewhere that the files do not show.
    Reference,
    /// A source that is named but not shown may set it.
    Unseen,
    /// This deployment has no such setting.
    Absent,
}

/// A step on the way of a value to the server.
#[derive(Clone, Debug)]
pub struct Step {
    /// What happened there. Never holds the value.
    pub what: String,
    /// Where.
    pub span: Option<Span>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The characters to change; for a default, the place where one would set it.
    pub span: Option<Span>,
    /// The steps, the one nearest the server first.
    pub steps: Vec<Step>,
    /// For a default: how many keys on the way to the setting stand at the place already.
    pub present_keys: usize,
}

/// Items of one list; what is behind them stays unknown.
const MOST_ITEMS: usize = 2_000;

/// How a value gets into the server's openmetadata.yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// As it stands: what it is shows when the server reads it as YAML.
    Bare,
    /// In quotes of its own, so it is one text.
    Quoted,
    /// As what its author wrote, a text or a list of texts: whoever hands it on sees to that.
    Kept,
}

/// What a setting resolves to.
#[derive(Clone, Debug)]
pub struct Value {
    /// How it came about.
    pub state: State,
    /// Its text, one pair of quotes taken off.
    pub text: Fragment,
    /// Its items, where the setting is a list.
    pub items: Option<Vec<Fragment>>,
    /// Where it comes from.
    pub origin: Origin,
    /// How it gets into the server's openmetadata.yaml.
    pub passage: Passage,
    /// How sure we are.
    pub confidence: Confidence,
}

impl Value {
    /// Reads a written value as the server does: blanks and one pair of quotes go, a list is
    /// taken apart. `place` is where to point if there is nothing to point at.
    pub fn written(kind: Type, text: Fragment, items: Option<Vec<Fragment>>, place: Span) -> Value {
        let stripped = text.unquoted();
        let outline = stripped.as_outline();
        let whole = text.as_outline();
        let is_quoted = items.is_none()
            && whole.trim().starts_with(['"', '\''])
            && outline.len() < whole.trim().len();
        let null = items.is_none() && matches!(&*outline, "" | "~" | "null");
        let state = if items.is_none() && !text.is_known() && outline.chars().all(|c| c == GAP) {
            State::Reference
        } else if null {
            State::Empty
        } else {
            State::Written
        };
        let items = match (kind, items) {
            (Type::List, Some(items)) => Some(items),
            (Type::List, None) if state == State::Written => Some(stripped.items()),
            (Type::List, None) => Some(Vec::new()),
            _ => None,
        };
        let span = [stripped.span(), text.outer()]
            .into_iter()
            .find(|span| !span.range().is_empty())
            .unwrap_or(place);
        let span = if outline.is_empty() && text.outer().range().is_empty() { place } else { span };
        drop(outline);
        Value {
            state,
            text: stripped,
            items,
            origin: Origin { span: Some(span), ..Origin::default() },
            passage: if is_quoted { Passage::Quoted } else { Passage::Bare },
            confidence: Confidence::High,
        }
    }

    /// A value that nothing set. `shipped` is the default's text; `place` where one would set it.
    pub fn default(kind: Type, shipped: &str, place: Span) -> Value {
        let text = Fragment::known(Text::decoded(shipped, place));
        let items = (kind == Type::List).then(|| text.items());
        Value {
            state: State::Default,
            text,
            items,
            origin: Origin { span: Some(place), ..Origin::default() },
            passage: Passage::Bare,
            confidence: Confidence::High,
        }
    }

    /// A value that the files do not show.
    pub fn reference(name: impl Into<String>, span: Span) -> Value {
        Value {
            state: State::Reference,
            text: Fragment::unknown(name, span),
            items: None,
            origin: Origin { span: Some(span), ..Origin::default() },
            passage: Passage::Bare,
            confidence: Confidence::High,
        }
    }

    /// A value that a source may set which is named but not among the files.
    pub fn unseen(name: impl Into<String>, span: Span) -> Value {
        Value { state: State::Unseen, ..Value::reference(name, span) }
    }

    /// Whether the files show nothing of it.
    pub fn is_hidden(&self) -> bool {
        matches!(self.state, State::Reference | State::Unseen)
    }

    /// A setting that this deployment does not have.
    pub fn absent() -> Value {
        let nowhere = Span::new(crate::source::SourceId(0), 0..0);
        Value {
            state: State::Absent,
            text: Fragment::new(Vec::new(), nowhere),
            items: None,
            origin: Origin::default(),
            passage: Passage::Bare,
            confidence: Confidence::High,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn fragment(text: &str) -> Fragment {
        Fragment::known(Text::exact(text, SourceId(0), 100))
    }

    fn items(text: &str) -> Vec<(String, u32)> {
        fragment(text).items().iter().map(|i| (i.outline(), i.span().start)).collect()
    }

    #[test]
    fn one_pair_of_quotes_is_taken_off() {
        assert_eq!(fragment("\"basic\"").unquoted().outline(), "basic");
        assert_eq!(fragment(" \"elasticsearch\"").unquoted().outline(), "elasticsearch");
        assert_eq!(fragment("\"\"x\"\"").unquoted().outline(), "\"x\"");
        assert_eq!(fragment("\"basic\"").unquoted().span().start, 101);
        let doubled = format!("'a{}b'", "''".repeat(MOST_SIGNS + 1));
        let one = fragment(&doubled).unquoted();
        assert_eq!(one.outline(), format!("a{}b", "'".repeat(MOST_SIGNS + 1)));
        assert_eq!(one.pieces().len(), 1, "it takes no room for each sign");
        assert_eq!(
            fragment(r#""a \"b\" \\c\u0041\x42\t\q""#).unquoted().outline(),
            "a \"b\" \\cAB\t\\q"
        );
        for (written, left) in [
            ("\"a\" # b", "\"a\""),
            ("'a''b' #", "'a''b'"),
            ("\"a\\\" #\"", "\"a\\\" #\""),
            ("'a'#", "'a'#"),
            ("'a' b # c", "'a' b # c"),
        ] {
            assert_eq!(fragment(written).before_comment().outline(), left);
        }
        assert_eq!(fragment("'it''s'").unquoted().outline(), "it's");
        assert_eq!(fragment(r#""\"db\"""#).unquoted().outline(), "\"db\"");
        assert_eq!(fragment("'a', 'b'").unquoted().outline(), "'a', 'b'");
    }

    #[test]
    fn trap_12_lists_in_every_form() {
        for text in ["[admin]", "[\"admin\"]", "admin", "'admin'", "\"[admin]\"", "[ admin ]"] {
            let found = items(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].0, "admin", "{text}");
        }
        assert_eq!(items("'admin', 'bob'")[0].0, "admin");
        assert_eq!(items("'admin', 'bob'")[1].0, "bob");
        assert_eq!(items("[]").len(), 0);
        assert_eq!(items("[admin, \"bob\"]"), [("admin".into(), 101), ("bob".into(), 109)]);
    }

    #[test]
    fn what_is_behind_very_many_items_is_unknown() {
        let found = fragment(&"a,".repeat(MOST_ITEMS + 2)).items();
        assert_eq!(found.len(), MOST_ITEMS + 1);
        assert!(found[MOST_ITEMS - 1].is_known() && !found[MOST_ITEMS].is_known());
    }

    #[test]
    fn trap_11_placeholders_in_lists_are_items() {
        let found = items("[{Domain}/.well-known/jwks.json, https://{a,b}/x]");
        assert_eq!(found[0].0, "{Domain}/.well-known/jwks.json");
        assert_eq!(found[1].0, "https://{a,b}/x");
    }
}
