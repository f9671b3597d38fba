//! Values of a wrapper with its expressions filled in, as far as it says what they stand for.
//! Knows nothing of what the values mean.

use crate::syntax::yaml::{Node, NodeId, Sketch, Style, Tree};

use super::super::helm;
use super::environments::Environment;

/// What stands for values that aliases would multiply.
const UNSEEN: &str = "{{ … }}";
/// Nobody nests values deeper.
const MAX_DEPTH: usize = 100;

/// A node's values, at the same places, in an environment.
pub(super) fn filled(node: Node<'_>, raw: &str, environment: &Environment) -> Tree {
    let mut copy = Copy {
        sketch: Sketch::default(),
        environment,
        raw,
        // As many as could stand there without aliases, and some more.
        room: node.range().len() + 10_000,
    };
    let root = copy.node(node, 0);
    copy.sketch.finish(root)
}

struct Copy<'c> {
    sketch: Sketch,
    environment: &'c Environment,
    raw: &'c str,
    room: usize,
}

impl Copy<'_> {
    fn node(&mut self, node: Node<'_>, depth: usize) -> NodeId {
        let node = node.resolved();
        let range = node.range();
        if self.room == 0 || depth > MAX_DEPTH {
            return self.sketch.scalar(UNSEEN, Style::Given, range);
        }
        self.room -= 1;
        let written = self.raw.get(range.clone()).unwrap_or_default();
        if node.is_map() && helm::is_expression(node) && self.environment.opens(written) {
            return self.known(written, &self.environment.fill(written), range);
        }
        if node.is_map() {
            let entries = node.entries().into_iter();
            let pairs = entries
                .map(|entry| (self.node(entry.key, depth + 1), self.node(entry.value, depth + 1)));
            let pairs = pairs.collect();
            return self.sketch.map(pairs, range);
        }
        if node.is_seq() {
            let items = node.items().into_iter().map(|item| self.node(item, depth + 1)).collect();
            return self.sketch.seq(items, range);
        }
        let text = node.text().unwrap_or_default();
        let style = node.style().unwrap_or(Style::Plain);
        let known = self.environment.fill(text);
        match known == text {
            true => self.sketch.scalar(text, style, range),
            // Flux fills in before anybody knows what is a text.
            false if style == Style::Plain || self.environment.filling.is_some() => {
                self.known(text, &known, range)
            }
            false => match self.environment.place(text) {
                Some(place) => {
                    let there = self.sketch.scalar(&known, Style::Given, place);
                    self.sketch.alias(there, range)
                }
                None => self.sketch.scalar(&known, Style::Given, range),
            },
        }
    }

    /// What an expression without quotes stands for: it is to be changed where it is written.
    fn known(&mut self, written: &str, known: &str, range: std::ops::Range<usize>) -> NodeId {
        match self.environment.place(written) {
            Some(place) => {
                let there = self.text(known, place);
                self.sketch.alias(there, range)
            }
            None => self.text(known, range),
        }
    }

    /// A text that stands where none had quotes around it.
    fn text(&mut self, text: &str, range: std::ops::Range<usize>) -> NodeId {
        let style = match text {
            "true" | "false" | "null" | "0" => Style::Plain,
            _ => Style::Given,
        };
        self.sketch.scalar(text, style, range)
    }
}
