//! `${VAR:-default}` as docker compose and as Dropwizard (commons-text) read it:
//! text to pieces with byte ranges. Knows no files and no values.

use std::ops::Range;

/// Templates nested deeper than this are left literal, so that recursion stays bounded.
const MAX_DEPTH: usize = 32;

/// References of one text; nobody writes as many.
const MOST_REFERENCES: usize = 50_000;

/// Whose rules a template follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// docker compose v2 and later (compose-go).
    Compose,
    /// Dropwizard's `EnvironmentVariableSubstitutor`: commons-text, not strict,
    /// without substitution inside variable names.
    Dropwizard,
}

/// Text cut into what is literal and what is looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template<'t> {
    /// In the order of the text; their ranges cover it without gaps. Empty text has no pieces.
    pub pieces: Vec<Piece<'t>>,
}

/// One part of a [`Template`]. Ranges are offsets into the text given to [`parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Literal text.
    Text {
        /// What the program sees.
        text: &'t str,
        /// Where it stands; differs in length from `text` only for an escape such as `$$`.
        range: Range<usize>,
    },
    /// A variable that the program looks up.
    Variable {
        /// The name that is looked up.
        name: &'t str,
        /// From `$` to after the name or the `}`.
        range: Range<usize>,
        /// What happens when it is set, empty or unset.
        op: Operator<'t>,
    },
}

/// What stands behind the name of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator<'t> {
    /// `${V}` or `$V`.
    Plain,
    /// `${V:-d}` (`when_empty`) or `${V-d}`. Dropwizard writes `:-` but keeps an empty
    /// variable empty: `when_empty` is false there.
    Default {
        /// Taken when the variable is unset.
        template: Template<'t>,
        /// Taken when it is empty, too.
        when_empty: bool,
    },
    /// `${V:?message}` (`when_empty`) or `${V?message}`.
    Required {
        /// An empty variable is refused, too.
        when_empty: bool,
    },
    /// `${V:+t}` (`when_empty`) or `${V+t}`.
    Alternate {
        /// Taken when the variable is set; otherwise nothing is.
        template: Template<'t>,
        /// An empty variable counts as unset.
        when_empty: bool,
    },
}

/// Cuts `text` into pieces. Total: what the program would refuse stays literal.
pub fn parse(text: &str, dialect: Dialect) -> Template<'_> {
    if is_endless(text) {
        let all = Piece::Variable { name: "", range: 0..text.len(), op: Operator::Plain };
        return Template { pieces: vec![all] };
    }
    match dialect {
        Dialect::Compose => compose(text, 0..text.len(), 0),
        Dialect::Dropwizard => dropwizard(text),
    }
}

/// Whether there are more references in the text than are followed: it is one that is looked up
/// as a whole.
pub fn is_endless(text: &str) -> bool {
    text.len() > MOST_REFERENCES
        && memchr::memchr_iter(b'$', text.as_bytes()).nth(MOST_REFERENCES).is_some()
}

impl Template<'_> {
    /// True when nothing is looked up.
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text { .. }))
    }
}

/// Collects pieces; literal text runs from `literal` until something else interrupts it.
struct Builder<'t> {
    text: &'t str,
    literal: usize,
    pieces: Vec<Piece<'t>>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        Builder { text, literal: start, pieces: Vec::new() }
    }

    fn flush(&mut self, end: usize) {
        if self.literal < end {
            let range = self.literal..end;
            self.pieces.push(Piece::Text { text: &self.text[range.clone()], range });
        }
        self.literal = end;
    }

    /// `$$` at `at`, which the program sees as `$`.
    fn escape(&mut self, at: usize) {
        self.flush(at);
        self.pieces.push(Piece::Text { text: "$", range: at..at + 2 });
        self.literal = at + 2;
    }

    fn variable(&mut self, name: &'t str, range: Range<usize>, op: Operator<'t>) {
        self.flush(range.start);
        self.literal = range.end;
        self.pieces.push(Piece::Variable { name, range, op });
    }

    fn finish(mut self, end: usize) -> Template<'t> {
        self.flush(end);
        Template { pieces: self.pieces }
    }
}

/// The end of `[A-Za-z_][A-Za-z0-9_]*` at `at`, or `at` when there is none.
fn name_end(bytes: &[u8], at: usize, end: usize) -> usize {
    let mut i = at;
    while i < end && (bytes[i] == b'_' || bytes[i].is_ascii_alphabetic())
        || (i > at && i < end && bytes[i].is_ascii_digit())
    {
        i += 1;
    }
    i
}

fn compose(text: &str, within: Range<usize>, depth: usize) -> Template<'_> {
    let bytes = text.as_bytes();
    let end = within.end;
    let mut out = Builder::new(text, within.start);
    let mut lines = LastBrace::default();
    let mut i = within.start;
    while let Some(found) = memchr::memchr(b'$', &bytes[i..end]) {
        i += found;
        match bytes[i + 1..end].first() {
            Some(b'$') => {
                out.escape(i);
                i += 2;
            }
            Some(b'{') => match braced(text, i, end, &mut lines, depth) {
                Some((name, close, op)) => {
                    out.variable(name, i..close + 1, op);
                    i = close + 1;
                }
                // compose refuses the whole text; we read on behind it
                None => i += 2,
            },
            _ => {
                let name = name_end(bytes, i + 1, end);
                if name > i + 1 {
                    out.variable(&text[i + 1..name], i..name, Operator::Plain);
                    i = name;
                } else {
                    i += 1;
                }
            }
        }
    }
    out.finish(end)
}

/// The last `}` of the line last asked about, so that a line is searched once.
#[derive(Default)]
struct LastBrace {
    line_end: usize,
    brace: Option<usize>,
}

impl LastBrace {
    fn of(&mut self, bytes: &[u8], at: usize, end: usize) -> Option<usize> {
        if at >= self.line_end {
            let rest = &bytes[at..end];
            let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            self.line_end = at + length;
            self.brace = rest[..length].iter().rposition(|&b| b == b'}').map(|p| at + p);
        }
        self.brace.filter(|&brace| brace >= at)
    }
}

/// `${…}` at `at`: the name, the position of its closing brace and the operator.
///
/// compose-go first matches a regular expression up to the line's last `}`, and then looks for
/// the brace that balances the first; when none does, the last one closes. Both are kept here.
fn braced<'t>(
    text: &'t str,
    at: usize,
    end: usize,
    lines: &mut LastBrace,
    depth: usize,
) -> Option<(&'t str, usize, Operator<'t>)> {
    let bytes = text.as_bytes();
    let name_start = at + 2;
    let mut i = name_end(bytes, name_start, end);
    let name = &text[name_start..i];
    if name.is_empty() || i >= end {
        return None;
    }
    if bytes[i] == b'}' {
        return Some((name, i, Operator::Plain));
    }
    let when_empty = bytes[i] == b':';
    if when_empty {
        i += 1;
    }
    let sign = *bytes[..end].get(i)?;
    if !matches!(sign, b'-' | b'+' | b'?') {
        return None;
    }
    let body = i + 1;
    let last = lines.of(bytes, body, end)?;
    let close = balanced(&bytes[..=last], at).unwrap_or(last);
    let nested = || {
        if depth < MAX_DEPTH {
            compose(text, body..close, depth + 1)
        } else {
            Builder::new(text, body).finish(close)
        }
    };
    let op = match sign {
        b'-' => Operator::Default { template: nested(), when_empty },
        b'+' => Operator::Alternate { template: nested(), when_empty },
        _ => Operator::Required { when_empty },
    };
    Some((name, close, op))
}

/// The `}` that balances the first `{` from `at` on, counted as compose-go counts: the character
/// behind a `{` is not looked at, which is why `${X:-{}}` ends at its last brace.
fn balanced(bytes: &[u8], at: usize) -> Option<usize> {
    let mut open = 0usize;
    let mut i = at;
    while i < bytes.len() {
        match bytes[i] {
            b'}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(i);
                }
            }
            b'{' => {
                open += 1;
                i += 1;
            }
            _ => {}
        }
        i += 1;
    }
    None
}

/// commons-text takes whatever stands before the next `}`; a name may be anything. What it does
/// with values is not known here: a default ending in `$` in front of another `${` escapes that.
fn dropwizard(text: &str) -> Template<'_> {
    let mut out = Builder::new(text, 0);
    // The next `}` is remembered: after an escape the same one is asked for again.
    let mut close = 0;
    let mut i = 0;
    while let Some(found) = text[i..].find("${") {
        let at = i + found;
        let body = at + 2;
        if close < body {
            match text[body..].find('}') {
                Some(length) => close = body + length,
                None => break,
            }
        }
        if at > 0 && text.as_bytes()[at - 1] == b'$' {
            out.escape(at - 1);
            i = body;
            continue;
        }
        let inside = &text[body..close];
        // A `${` in front of the `:-` ends the search for a default.
        let nested = inside.find("${").unwrap_or(inside.len());
        match inside.find(":-").filter(|&sign| sign < nested) {
            Some(sign) => {
                let template = Builder::new(text, body + sign + 2).finish(close);
                let op = Operator::Default { template, when_empty: false };
                out.variable(&inside[..sign], at..close + 1, op);
            }
            None if is_environment_name(inside) => {
                out.variable(inside, at..close + 1, Operator::Plain);
            }
            // looked up under this odd name, not found, and so left as it stands
            None => {}
        }
        i = close + 1;
    }
    out.finish(text.len())
}

/// Dots are rare, but a container may have such a variable. With any other name the text stays
/// as it is, since nothing can be found under it.
fn is_environment_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|b| !b.is_ascii_digit())
        && bytes.iter().all(|&b| b == b'_' || b == b'.' || b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program makes of `text` when `K` is `k`, `E` is empty and nothing else is set.
    fn result(text: &str, dialect: Dialect) -> String {
        fn write(template: &Template<'_>, source: &str, dialect: Dialect, out: &mut String) {
            for piece in &template.pieces {
                let (name, range, op) = match piece {
                    Piece::Text { text, .. } => {
                        out.push_str(text);
                        continue;
                    }
                    Piece::Variable { name, range, op } => (name, range, op),
                };
                let value = match *name {
                    "K" => Some("k"),
                    "E" => Some(""),
                    _ => None,
                };
                match (op, value) {
                    (Operator::Plain, None) if dialect == Dialect::Dropwizard => {
                        out.push_str(&source[range.clone()]);
                    }
                    (Operator::Plain, value) => out.push_str(value.unwrap_or_default()),
                    (Operator::Default { template, when_empty }, value) => {
                        match value.filter(|v| !(*when_empty && v.is_empty())) {
                            Some(value) => out.push_str(value),
                            None => write(template, source, dialect, out),
                        }
                    }
                    (Operator::Required { when_empty }, value) => {
                        match value.filter(|v| !(*when_empty && v.is_empty())) {
                            Some(value) => out.push_str(value),
                            None => out.push_str("<refused>"),
                        }
                    }
                    (Operator::Alternate { template, when_empty }, value) => {
                        if value.is_some_and(|v| !(*when_empty && v.is_empty())) {
                            write(template, source, dialect, out);
                        }
                    }
                }
            }
        }
        let mut out = String::new();
        write(&parse(text, dialect), text, dialect, &mut out);
        out
    }

    fn check(dialect: Dialect, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(&result(text, dialect), expected, "{text:?}");
        }
    }

    fn literal(text: &str, range: Range<usize>) -> Piece<'_> {
        Piece::Text { text, range }
    }

    fn range(piece: &Piece<'_>) -> Range<usize> {
        match piece {
            Piece::Text { range, .. } | Piece::Variable { range, .. } => range.clone(),
        }
    }

    #[test]
    fn compose_resolves_as_docker_compose_5_does() {
        check(
            Dialect::Compose,
            &[
                ("$K ${K} $$K $${K} $$$K", "k k $K ${K} $k"),
                ("$Kx|${K}x|$K-x|$_", "|kx|k-x|"),
                ("${E:-d}|${E-d}|${E:+a}|${E+a}|${A+a}", "d|||a|"),
                ("${A:?m}|${A?m}|${E?m}|${K:?m}", "<refused>|<refused>||k"),
                ("${A:-}|${A-}", "|"),
                ("${H:--Xmx1G}", "-Xmx1G"),
                (r#"${A:-"open-metadata.org"}"#, r#""open-metadata.org""#),
                ("${A:-a ${K} b ${B:-c} d} e ${K}", "a k b c d e k"),
                ("${A:-${B:-x}}", "x"),
                ("${A:-$${B}}", "${B}"),
                ("$1 $ $(x) 100%$", "$1 $ $(x) 100%$"),
            ],
        );
    }

    #[test]
    fn compose_finds_the_closing_brace_as_docker_compose_5_does() {
        check(
            Dialect::Compose,
            &[
                ("${X:-{}}", "{}"),
                ("${X:-{}} r", "{} r"),
                ("${A:-{}}}", "{}}"),
                ("${A:-{}", "{"),
                ("${A:-a{b}", "a{b"),
                ("${A:-b}}", "b}"),
                ("}${K:-x}", "}k"),
                (r#"${A:-{"a":"b"}}"#, r#"{"a":"b"}"#),
                (r#"${A:-{"a":{"b":1}}}"#, r#"{"a":{"b":1}}"#),
                ("${A:-[{}]}", "[{}]"),
                ("${A:-{ }} ${K}", "{ } k"),
                ("${A:-{}} and {x}", "{}} and {x"),
                ("${A:-{}}${B:-{}}", "{}}{"),
                ("${A:-${B:-{}}}", "{}"),
                ("${A:-b}\n${C:-{}}", "b\n{}"),
                ("${A:-é{é}é}", "é{é}é"),
            ],
        );
    }

    #[test]
    fn what_compose_refuses_stays_literal() {
        for text in [
            "${a b}",
            "${A",
            "${A:-b",
            "${}",
            "${:-x}",
            "${1A:-x}",
            "${A.B:-x}",
            "${A!x}",
            "${A:x}",
            "${A:}",
            "${A/x/y}",
            "${!A}",
            "${A:-b\nc}",
            "${",
            "$",
        ] {
            let template = parse(text, Dialect::Compose);
            assert_eq!(template.pieces, [literal(text, 0..text.len())]);
            assert!(template.is_literal());
        }
        assert_eq!(result("${a b} $K", Dialect::Compose), "${a b} k");
    }

    #[test]
    fn dropwizard_resolves_as_commons_text_does() {
        check(
            Dialect::Dropwizard,
            &[
                ("${A:-d}|${E:-d}|${K:-d}|${K}", "d||k|k"),
                ("${A:-}|${A}", "|${A}"),
                ("$${K}|$$${K}|$${A", "${K}|$${K}|$${A"),
                ("$${A:-${K}}", "${A:-k}"),
                ("${A:-${B:-c}}", "${B:-c}"),
                ("${K:-${B:-c}}", "k}"),
                ("${${K}:-x}", "${${K}:-x}"),
                ("${OIDC_CUSTOM_PARAMS:-{}}", "{}"),
                ("${H:--Xmx1G}", "-Xmx1G"),
                ("${K-d} ${K:?e} $K $$", "${K-d} ${K:?e} $K $$"),
                ("${X-d:-y}", "y"),
                ("${A:-b\nc}", "b\nc"),
                ("${K} ${A", "k ${A"),
            ],
        );
    }

    #[test]
    fn ranges_point_into_the_outermost_text() {
        let text = "é$$x ${A:-b${C-d}}!";
        let template = parse(text, Dialect::Compose);
        assert_eq!(template.pieces[0], literal("é", 0..2));
        assert_eq!(template.pieces[1], literal("$", 2..4));
        assert_eq!(template.pieces[2], literal("x ", 4..6));
        assert_eq!(template.pieces[4], literal("!", 19..20));
        let Piece::Variable { range, op: Operator::Default { template, when_empty: true }, .. } =
            &template.pieces[3]
        else {
            panic!("{template:?}");
        };
        assert_eq!(&text[range.clone()], "${A:-b${C-d}}");
        assert_eq!(template.pieces[0], literal("b", 11..12));
        assert_eq!(
            template.pieces[1],
            Piece::Variable {
                name: "C",
                range: 12..18,
                op: Operator::Default {
                    template: Template { pieces: vec![literal("d", 16..17)] },
                    when_empty: false,
                },
            }
        );
        assert!(!template.is_literal());
    }

    #[test]
    fn a_dropwizard_default_is_one_piece_of_text() {
        let template = parse("a: ${A:-{}}", Dialect::Dropwizard);
        assert_eq!(
            template.pieces,
            [
                literal("a: ", 0..3),
                Piece::Variable {
                    name: "A",
                    range: 3..10,
                    op: Operator::Default {
                        template: Template { pieces: vec![literal("{", 8..9)] },
                        when_empty: false,
                    },
                },
                literal("}", 10..11),
            ]
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |depth: usize| "${A:-".repeat(depth) + "x" + &"}".repeat(depth);
        assert_eq!(result(&nest(33), Dialect::Compose), "x");
        assert_eq!(result(&nest(34), Dialect::Compose), "${A:-x}");
        let _ = parse(&nest(100_000), Dialect::Compose);
    }

    #[test]
    fn long_hostile_text_takes_linear_time() {
        for part in ["${", "$${", "${A:-", "${A:-{}", "${A:-}", "}", "${A:?", "$", "${A", "${A:-\n"]
        {
            for tail in ["", "}"] {
                let text = part.repeat(50_000) + tail;
                for dialect in [Dialect::Compose, Dialect::Dropwizard] {
                    let _ = parse(&text, dialect);
                }
            }
        }
    }

    #[test]
    fn the_pieces_of_any_text_cover_it() {
        let parts = [
            "$", "${", "${A:-", "${K-", "${E:?", "${K:+", "}", "{", "\"", "é", "\n", "$$", ":-",
            "A",
        ];
        let mut seed = 1u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..10 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(parts[(seed >> 33) as usize % parts.len()]);
            }
            for dialect in [Dialect::Compose, Dialect::Dropwizard] {
                let mut at = 0;
                for piece in &parse(&text, dialect).pieces {
                    let range = range(piece);
                    assert_eq!(range.start, at, "{text:?}");
                    assert!(range.end > at && text.is_char_boundary(range.end));
                    at = range.end;
                }
                assert_eq!(at, text.len(), "{text:?}");
            }
        }
    }
}
