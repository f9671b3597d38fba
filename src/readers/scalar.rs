//! YAML nodes as text that remembers its place.

use crate::deployment::value::{Fragment, Piece, Unknown};
use crate::source::{SourceId, Span, Text};
use crate::syntax::yaml::{Node, Style};

use super::{opaque, timestamp};

/// The span of a node's content.
pub(super) fn span(source: SourceId, node: Node<'_>) -> Span {
    Span::new(source, node.content_range())
}

/// A scalar's text; for a collection (an unquoted `{Client ID}` is one) its raw characters.
pub(super) fn text(source: SourceId, raw: &str, node: Node<'_>) -> Text {
    let node = node.resolved();
    let whole = span(source, node);
    match node.text() {
        Some(_) if node.style() == Some(Style::Mended) => {
            let range = node.range();
            // A quote that was never closed is not part of the value.
            let written = &raw[range.clone()];
            let start = written.len() - written.trim_start_matches(['"', '\'']).len();
            let end =
                written.len() - (written.len() - written.trim_end_matches(['"', '\'', ',']).len());
            let (start, end) = if start < end { (start, end) } else { (0, written.len()) };
            Text::exact(&written[start..end], source, range.start + start)
        }
        Some(value) => {
            let outer =
                if whole.range().is_empty() { whole } else { Span::new(source, node.range()) };
            let mut runs = node.runs(raw).peekable();
            let place = if runs.peek().is_none() { outer } else { whole };
            Text::mapped(value, place, runs)
        }
        None => {
            let range = node.range();
            Text::exact(raw.get(range.clone()).unwrap_or(""), source, range.start)
        }
    }
}

/// A scalar in which nothing is substituted, references recognised.
pub(super) fn fragment(source: SourceId, raw: &str, node: Node<'_>) -> Fragment {
    let outer = Span::new(source, node.resolved().range());
    marked(text(source, raw, node), outer)
}

/// Text in which another program may fill in marks.
pub(super) fn marked(text: Text, outer: Span) -> Fragment {
    let expressions = opaque::expressions(text.expose());
    if let Some(what) = opaque::reference(text.expose()).filter(|_| expressions.is_empty()) {
        let unknown = Unknown { name: what.to_owned(), span: text.span() };
        return Fragment::of(Piece::Unknown(unknown), outer);
    }
    let is_open = !expressions.is_empty();
    let marks = if is_open { expressions } else { opaque::marks(text.expose()) };
    if marks.is_empty() {
        return Fragment::of(Piece::Known(text), outer);
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in marks {
        if at < mark.start {
            pieces.push(Piece::Known(text.part(at..mark.start)));
        }
        pieces.push(Piece::Unknown(Unknown {
            // An expression may hold anything.
            name: if is_open { "{{ … }}" } else { &text.expose()[mark.clone()] }.to_owned(),
            span: text.locate(mark.clone()),
        }));
        at = mark.end;
    }
    if at < text.expose().len() {
        pieces.push(Piece::Known(text.part(at..text.expose().len())));
    }
    Fragment::new(pieces, outer)
}

/// The text of a plain scalar, where a program may take it for something else.
fn plain(node: Node<'_>) -> Option<&str> {
    let node = node.resolved();
    (node.style() == Some(Style::Plain) && node.tag().is_none()).then(|| node.text()).flatten()
}

/// A plain boolean or number as Helm's YAML library types it (YAML 1.1, every number a float)
/// and a template prints it: `yes` is true, `12345678` is 1.2345678e+07. None if the text stays
/// as it is written.
pub(super) fn helm_text(node: Node<'_>) -> Option<String> {
    let written = plain(node)?;
    let text = match helm_bool(node) {
        Some(value) => value.to_string(),
        None => match go_number(written)? {
            Number::Int(number) => go_float(number as f64),
            Number::Float(number) => go_float(number),
        },
    };
    (text != written).then_some(text)
}

/// A boolean of YAML 1.1, as Helm's YAML library types a plain scalar.
pub(super) fn helm_bool(node: Node<'_>) -> Option<bool> {
    match plain(node)? {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Some(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Some(false)
        }
        _ => None,
    }
}

/// Whether a Helm template takes the scalar for false: `false`, zero, or an empty text.
pub(super) fn helm_falsy(node: Node<'_>) -> bool {
    node.text().is_some_and(str::is_empty)
        || helm_bool(node) == Some(false)
        || plain(node).and_then(go_number).is_some_and(|number| match number {
            Number::Int(number) => number == 0,
            Number::Float(number) => number == 0.0,
        })
}

/// A plain number or boolean as Compose's YAML library types it and Go prints it:
/// `012` is 10, `1_000` is 1000, `1.50` is 1.5. None if the text stays as it is written.
pub(super) fn go_text(node: Node<'_>) -> Option<String> {
    let written = plain(node)?;
    let text = match written {
        "True" | "TRUE" => "true".to_owned(),
        "False" | "FALSE" => "false".to_owned(),
        _ => match timestamp::go_text(written) {
            Some(date) => date,
            None => match go_number(written)? {
                Number::Int(number) => number.to_string(),
                Number::Float(number) => go_float(number),
            },
        },
    };
    (text != written).then_some(text)
}

/// A number as Go's YAML library reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

/// The number that a plain scalar is.
pub(super) fn go_number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let radix = |prefix: &str, radix| {
        let rest = digits.get(prefix.len()..)?;
        let fits = !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix));
        let prefixed = digits[..prefix.len()].eq_ignore_ascii_case(prefix);
        if prefixed && fits { i128::from_str_radix(rest, radix).ok() } else { None }
    };
    let int = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8), ("", 10)]
        .into_iter()
        .filter(|(prefix, _)| !prefix.is_empty() || !digits.starts_with('0') || digits == "0")
        .find_map(|(prefix, base)| radix(prefix, base))
        .map(|value| if negative { -value } else { value })
        .filter(|_| plain != "-0");
    // Larger ones become floats.
    if let Some(int) = int.filter(|int| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(int))
    {
        return Some(Number::Int(int));
    }
    let is_float = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    // What is too large for a float stays a text.
    let float = || plain.parse().ok().filter(|float: &f64| float.is_finite());
    if is_float { float().map(Number::Float) } else { None }
}

/// A float as Go's `%v` prints it: the fewest digits, an exponent from a million on.
pub(super) fn go_float(number: f64) -> String {
    let shortest = format!("{number:e}");
    let Some((digits, exponent)) = shortest.split_once('e') else { return shortest };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number}"),
    }
}
