//! A node as readers see it: its text, its items, its entries, its places. Aliases and merges are
//! followed here.
//! Knows nothing of the parser.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::{Data, FEW, INDEXED_FROM, Kind, NodeId, Style, Tree, hash, padded};

/// Mappings that are merged into each other, one within the other.
const MAX_MERGES: u32 = 64;

/// Whether the key says that its value's entries are to be filled in.
fn is_merge(key: Node<'_>) -> bool {
    key.text() == Some("<<") && key.style() == Some(Style::Plain)
}

/// Letters that stand in the file as in the text: offset in the text, offset in the file, length.
type Run = (usize, usize, usize);

/// A node, seen in its tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(super) tree: &'t Tree,
    pub(super) id: NodeId,
}

/// One entry of a mapping.
#[derive(Clone, Copy)]
pub struct Entry<'t> {
    /// The key.
    pub key: Node<'t>,
    /// The value, aliases followed.
    pub value: Node<'t>,
    /// The alias (`*name`) through which the entry or its value came, if any.
    pub via: Option<Node<'t>>,
}

/// Entries in their order, with the mapping that each comes from.
#[derive(Default)]
struct Entries<'t> {
    list: Vec<Entry<'t>>,
    levels: Vec<u32>,
    /// Where they stand by their names, once there are many.
    index: HashMap<&'t str, usize>,
}

impl<'t> Entries<'t> {
    fn find(&self, name: &str) -> Option<usize> {
        if self.index.is_empty() {
            return self.list.iter().position(|entry| entry.key.is_text(name));
        }
        self.index.get(name).copied()
    }

    fn push(&mut self, name: &'t str, entry: Entry<'t>, level: u32) {
        let at = self.list.len();
        self.list.push(entry);
        self.levels.push(level);
        if at > FEW {
            self.index.insert(name, at);
        } else if at == FEW {
            self.index.reserve(self.list.capacity());
            let names = self.list.iter().enumerate();
            self.index.extend(names.filter_map(|(at, entry)| Some((entry.key.text()?, at))));
        }
    }
}

impl<'t> Node<'t> {
    fn own_pairs(self) -> &'t [(NodeId, NodeId)] {
        match self.resolved().data().kind {
            Kind::Map { pairs, .. } => &self.tree.pairs[pairs.range()],
            _ => &[],
        }
    }

    pub(super) fn data(self) -> &'t Data {
        &self.tree.nodes[self.id.0 as usize]
    }

    /// The node's number in its tree.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The tree that the node belongs to.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The bytes of the node: with quotes, without anchor and tag.
    pub fn range(self) -> Range<usize> {
        self.data().place.range()
    }

    /// The bytes of the content: within the quotes, unless there is nothing in them.
    pub fn content_range(self) -> Range<usize> {
        let range = self.range();
        match self.style() {
            Some(Style::Single | Style::Double) if range.len() > 2 => {
                range.start + 1..range.end - 1
            }
            _ => range,
        }
    }

    /// The tag as written (`!reset`), if any.
    pub fn tag(self) -> Option<&'t str> {
        let tags = &self.tree.tags;
        let at = tags.binary_search_by_key(&self.id.0, |(node, _)| node.0).ok()?;
        Some(&tags[at].1)
    }

    /// Whether it is a collection in flow notation (`[…]`, `{…}`).
    pub fn is_flow(self) -> bool {
        matches!(self.data().kind, Kind::Map { flow: true, .. } | Kind::Seq { flow: true, .. })
    }

    /// The node itself, or what the alias stands for.
    pub fn resolved(self) -> Node<'t> {
        let mut node = self;
        // An alias never points to an alias, but a limit costs nothing.
        for _ in 0..8 {
            match node.data().kind {
                Kind::Alias(Some(id)) => node = Node { tree: node.tree, id },
                _ => break,
            }
        }
        node
    }

    /// Whether the node is an alias, resolved or not.
    pub fn is_alias(self) -> bool {
        matches!(self.data().kind, Kind::Alias(_))
    }

    /// The scalar's text. Empty for a key without value.
    pub fn text(self) -> Option<&'t str> {
        match self.resolved().data().kind {
            Kind::Scalar { text, .. } => Some(&self.tree.texts[text.range()]),
            _ => None,
        }
    }

    /// Whether it is a scalar of this text.
    pub(super) fn is_text(self, wanted: &str) -> bool {
        match self.data().kind {
            Kind::Scalar { text, .. } => {
                text.range().len() == wanted.len()
                    && self.tree.texts.as_bytes()[text.range()] == *wanted.as_bytes()
            }
            Kind::Alias(_) => self.text() == Some(wanted),
            _ => false,
        }
    }

    /// How the scalar is written.
    pub fn style(self) -> Option<Style> {
        match self.resolved().data().kind {
            Kind::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }

    /// Null in every YAML version: nothing, `~` or `null`, without quotes.
    pub fn is_null(self) -> bool {
        match self.resolved().data().kind {
            Kind::Scalar { text, style: Style::Plain } => {
                matches!(&self.tree.texts[text.range()], "" | "~" | "null" | "Null" | "NULL")
            }
            Kind::Alias(None) => true,
            _ => false,
        }
    }

    /// Whether the node is a mapping.
    pub fn is_map(self) -> bool {
        matches!(self.resolved().data().kind, Kind::Map { .. })
    }

    /// Whether the node is a sequence.
    pub fn is_seq(self) -> bool {
        matches!(self.resolved().data().kind, Kind::Seq { .. })
    }

    /// The items of a sequence, aliases not followed; nothing for other nodes.
    pub fn items(self) -> Vec<Node<'t>> {
        match self.resolved().data().kind {
            Kind::Seq { items, .. } => {
                let items = self.tree.items[items.range()].iter();
                items.map(|&id| Node { tree: self.tree, id }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The mapping's own pairs, in order, duplicates and `<<` included.
    pub fn pairs(self) -> Vec<(Node<'t>, Node<'t>)> {
        let node = |id| Node { tree: self.tree, id };
        self.own_pairs().iter().map(|&(key, value)| (node(key), node(value))).collect()
    }

    /// The mapping's entries as a consumer sees them: a duplicate's last one wins, `<<` merges
    /// fill in what is missing.
    pub fn entries(self) -> Vec<Entry<'t>> {
        let mut entries =
            Entries { list: Vec::with_capacity(self.own_pairs().len()), ..Entries::default() };
        self.collect(None, &mut entries, &mut HashSet::new(), 0);
        entries.list
    }

    fn collect(
        self,
        via: Option<Node<'t>>,
        entries: &mut Entries<'t>,
        merged: &mut HashSet<NodeId>,
        depth: u32,
    ) {
        let map = self.resolved();
        // A mapping that was merged once has nothing to add: an alias bomb costs nothing.
        if merged.contains(&map.id) || depth > MAX_MERGES {
            return;
        }
        let via = if self.is_alias() { via.or(Some(self)) } else { via };
        let mut merges = Vec::new();
        let level = map.id.0;
        let node = |id| Node { tree: self.tree, id };
        for &(key, value) in map.own_pairs() {
            let (key, value) = (node(key), node(value));
            let Some(name) = key.text() else { continue };
            if is_merge(key) {
                merges.push(value);
                continue;
            }
            let entry = Entry {
                key,
                value: value.resolved(),
                via: if value.is_alias() { Some(value) } else { via },
            };
            match entries.find(name) {
                // A duplicate within the same mapping: the last one wins.
                Some(at) if entries.levels[at] == level => entries.list[at] = entry,
                Some(_) => {}
                None => entries.push(name, entry, level),
            }
        }
        if depth > 0 || !merges.is_empty() {
            merged.insert(map.id);
        }
        for source in merges {
            if source.is_seq() {
                for item in source.items() {
                    item.collect(via, entries, merged, depth + 1);
                }
            } else {
                source.collect(via, entries, merged, depth + 1);
            }
        }
    }

    /// The mapping's own last pair with that key.
    fn own_pair(self, key: &str) -> Option<(Node<'t>, Node<'t>)> {
        let pairs = self.own_pairs();
        let node = |id| Node { tree: self.tree, id };
        let both = |&(key, value): &(NodeId, NodeId)| (node(key), node(value));
        let is_it = |pair: &&(NodeId, NodeId)| node(pair.0).is_text(key);
        if pairs.len() >= INDEXED_FROM {
            let at = *self.tree.index().get(&hash(self.id, key))?;
            // Anything else here only shares the hash.
            if let Some(pair) = pairs.get(at).filter(is_it) {
                return Some(both(pair));
            }
        }
        pairs.iter().rev().find(is_it).map(both)
    }

    /// The entry with that key, merges included.
    pub fn get(self, key: &str) -> Option<Entry<'t>> {
        let map = self.resolved();
        let own = map.own_pair(key).map(|(key, value)| Entry {
            key,
            value: value.resolved(),
            via: value.is_alias().then_some(value),
        });
        if own.is_some() || !self.tree.merges || map.own_pair("<<").is_none() {
            return own;
        }
        self.merged(key, None, &mut HashSet::new(), 0)
    }

    /// The entry with that key among those that `<<` fills in.
    fn merged(
        self,
        key: &str,
        via: Option<Node<'t>>,
        seen: &mut HashSet<NodeId>,
        depth: u32,
    ) -> Option<Entry<'t>> {
        let map = self.resolved();
        if !seen.insert(map.id) || depth > MAX_MERGES {
            return None;
        }
        let via = if self.is_alias() { via.or(Some(self)) } else { via };
        if depth > 0
            && let Some((key, value)) = map.own_pair(key)
        {
            let via = if value.is_alias() { Some(value) } else { via };
            return Some(Entry { key, value: value.resolved(), via });
        }
        let node = |id| Node { tree: self.tree, id };
        let mut merges = Vec::new();
        if map.own_pair("<<").is_some() {
            let all = map.own_pairs().iter().map(|&(key, value)| (node(key), node(value)));
            merges.extend(all.filter(|(key, _)| is_merge(*key)).map(|(_, value)| value));
        }
        merges.into_iter().find_map(|source| {
            if source.is_seq() {
                let mut items = source.items().into_iter();
                return items.find_map(|item| item.merged(key, via, seen, depth + 1));
            }
            source.merged(key, via, seen, depth + 1)
        })
    }

    /// The value under a key that has blanks around it, as only quotes or a mended file give it.
    pub fn get_padded(self, key: &str) -> Option<Entry<'t>> {
        let node = |id| Node { tree: self.tree, id };
        let is_padded = |&(name, _): &(NodeId, NodeId)| {
            node(name).text().is_some_and(|text| text.len() > key.len() && text.trim() == key)
        };
        let pairs = self.own_pairs();
        let (name, value) = if pairs.len() >= INDEXED_FROM {
            let at = *self.tree.index().get(&hash(self.resolved().id, &padded(key)))?;
            pairs.get(at).copied().filter(is_padded)?
        } else {
            pairs.iter().rev().copied().find(is_padded)?
        };
        let via = node(value).is_alias().then(|| node(value));
        Some(Entry { key: node(name), value: node(value).resolved(), via })
    }

    /// The value under a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Entry<'t>> {
        let (last, before) = path.split_last()?;
        let mut node = self;
        for key in before {
            node = node.get(key)?.value;
        }
        node.get(last)
    }

    /// Runs of the scalar's text that stand in the file letter for letter:
    /// (offset in text, offset in file, length).
    pub fn runs(self, source: &str) -> impl Iterator<Item = Run> + use<> {
        let node = self.resolved();
        let (mut whole, mut lines) = (None, Vec::new());
        if let (Some(text), Some(style)) = (node.text(), node.style()) {
            let content = node.content_range();
            if style == Style::Literal {
                lines = node.lines(text, source);
            } else if source.get(content.clone()) == Some(text) {
                whole = Some((0, content.start, text.len()));
            }
        }
        whole.into_iter().chain(lines)
    }

    fn lines(self, text: &str, source: &str) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = self.range().start;
        let mut offset = 0;
        for line in text.split('\n') {
            let end = memchr::memchr(b'\n', &source.as_bytes()[at.min(source.len())..])
                .map_or(source.len(), |n| at + n);
            let Some(raw) = source.get(at.min(end)..end) else { break };
            let raw = raw.strip_suffix('\r').unwrap_or(raw);
            if raw.ends_with(line) {
                runs.push((offset, at + raw.len() - line.len(), line.len()));
            }
            offset += line.len() + 1;
            at = end + 1;
            if at > source.len() {
                break;
            }
        }
        runs
    }
}
