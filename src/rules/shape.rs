//! What a variable's text is once the server has put it into its openmetadata.yaml: a text, a
//! list of texts, or something that its setting cannot take. Knows nothing of where it came from.

use crate::deployment::catalogue::{Setting, Type};
use crate::deployment::value::{GAP, Passage, State, Value};
use crate::syntax::yaml::{Node, parse};

use super::condition::Truth;

/// Whether the server cannot take the value in.
pub(super) fn is_misshapen(setting: &Setting, value: &Value) -> Truth {
    // The parts of the database's URL are put into the middle of a text.
    if value.state != State::Written || setting.path.starts_with("database.url.") {
        return Truth::False;
    }
    let text = value.text.as_outline();
    let is_list = setting.kind == Type::List;
    let is_map = setting.kind == Type::Map;
    match value.passage {
        // What stands in quotes is one text, whatever it looks like.
        Passage::Quoted => return (is_list && !text.contains(GAP)).into(),
        Passage::Kept => return Truth::False,
        Passage::Bare => {}
    }
    let has_gap = text.contains(GAP);
    if has_gap && !text.trim_start().starts_with(['[', '{']) {
        return Truth::Unknown;
    }
    if !is_list && is_plain(&text) {
        return Truth::False;
    }
    let line = format!("value: {}\n", text.replace(GAP, "x"));
    let tree = parse(&line);
    let node = tree.documents().next().and_then(|root| Some(root.get("value")?.value));
    let fits = tree.errors.is_empty() && node.is_some_and(|node| is_map || fits(node, is_list));
    match (fits, has_gap) {
        (false, _) => Truth::True,
        (true, false) => Truth::False,
        (true, true) => Truth::Unknown,
    }
}

/// Whether nothing in the text means anything to YAML, so that it need not be parsed.
fn is_plain(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-@".contains(&byte);
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(|first| first.is_ascii_alphanumeric() || *first == b'/');
    // A colon means something before a blank and at the end.
    let between = |at: usize| bytes[at] == b':' && bytes.get(at + 1).is_some_and(|b| inside(*b));
    first && (0..bytes.len()).all(|at| inside(bytes[at]) || between(at))
}

fn fits(node: Node<'_>, is_list: bool) -> bool {
    let is_text = |node: Node<'_>| !node.is_seq() && !node.is_map();
    if !is_list {
        return is_text(node);
    }
    node.is_null() || node.is_seq() && node.items().into_iter().all(is_text)
}
