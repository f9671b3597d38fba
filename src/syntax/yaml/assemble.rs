//! Puts a tree together from what is met in a text, in its order.
//! Knows nothing of who meets it, nor of what is YAML.

use std::ops::Range;

use super::{Kind, NodeId, Place, Style, Tree};

/// Nodes of one file: a file of ten MiB that people write has half as many.
const MAX_NODES: usize = 1 << 20;
/// Documents of one file; each takes room in all that is made of it.
const MAX_DOCUMENTS: usize = 50_000;

struct Frame {
    node: NodeId,
    /// Where its children begin among all that are open.
    from: usize,
}

/// A tree that grows.
#[derive(Default)]
pub(super) struct Builder {
    tree: Tree,
    stack: Vec<Frame>,
    /// Children of all open collections. Those of a mapping are keys and values in turn.
    open: Vec<NodeId>,
}

impl Builder {
    /// Whether nothing more may be added.
    pub(super) fn is_full(&self) -> bool {
        self.tree.nodes.len() >= MAX_NODES || self.tree.roots.len() >= MAX_DOCUMENTS
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, range: Range<usize>) -> NodeId {
        let text = self.tree.add_text(text);
        self.add(Kind::Scalar { text, style }, range)
    }

    pub(super) fn open_map(&mut self, flow: bool, range: Range<usize>) -> NodeId {
        let pairs = Place::from(0..0);
        self.begin(Kind::Map { pairs, flow }, range)
    }

    pub(super) fn open_seq(&mut self, flow: bool, range: Range<usize>) -> NodeId {
        let items = Place::from(0..0);
        self.begin(Kind::Seq { items, flow }, range)
    }

    pub(super) fn alias(&mut self, target: Option<NodeId>, range: Range<usize>) {
        self.add(Kind::Alias(target), range);
    }

    pub(super) fn comment(&mut self, range: Range<usize>) {
        self.tree.comments.push(range);
    }

    pub(super) fn tag(&mut self, node: NodeId, tag: String) {
        self.tree.tags.push((node, tag.into_boxed_str()));
    }

    fn add(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        let node = self.tree.add(kind, range);
        match self.stack.last() {
            Some(_) => self.open.push(node),
            None => self.tree.roots.push(node),
        }
        node
    }

    fn begin(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        let node = self.add(kind, range);
        self.stack.push(Frame { node, from: self.open.len() });
        node
    }

    /// Ends a collection; a block collection ends with its last child, not at the next token.
    pub(super) fn shut(&mut self, end: Option<usize>) {
        let Some(Frame { node, from }) = self.stack.pop() else { return };
        let end_of = |id: NodeId| self.tree.nodes[id.0 as usize].place.end;
        let number = node.0 as usize;
        let (kind, last, is_flow) = match self.tree.nodes[number].kind {
            Kind::Map { flow, .. } => {
                let (pairs, _) = self.open[from..].as_chunks();
                let last = pairs.last().map(|&[key, value]| end_of(key).max(end_of(value)));
                let pairs = self.tree.add_pairs(pairs.iter().map(|&[key, value]| (key, value)));
                (Kind::Map { pairs, flow }, last, flow)
            }
            Kind::Seq { flow, .. } => {
                let last = self.open[from..].last().map(|&item| end_of(item));
                let items = self.tree.add_items(self.open[from..].iter().copied());
                (Kind::Seq { items, flow }, last, flow)
            }
            other => (other, None, false),
        };
        self.open.truncate(from);
        let data = &mut self.tree.nodes[number];
        data.kind = kind;
        let until = match end {
            Some(end) if is_flow => Place::from(end..end).end,
            _ => last.unwrap_or(data.place.end),
        };
        data.place.end = until.max(data.place.end);
    }

    /// Ends what an error left open. A key without a value gets an empty one.
    pub(super) fn close(&mut self) {
        while let Some(Frame { node, from }) = self.stack.last() {
            let is_map = matches!(self.tree.nodes[node.0 as usize].kind, Kind::Map { .. });
            if is_map
                && (self.open.len() - from) % 2 == 1
                && let Some(key) = self.open.last()
            {
                let end = self.tree.nodes[key.0 as usize].place.end as usize;
                self.scalar("", Style::Plain, end..end);
            }
            self.shut(None);
        }
    }

    /// The tree.
    pub(super) fn finish(mut self) -> Tree {
        self.close();
        self.tree.shrink_to_fit();
        self.tree
    }
}
