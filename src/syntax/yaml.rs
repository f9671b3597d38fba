//! YAML (and JSON) as a tree in which every node carries its byte range.
//!
//! Scalars stay text: what they mean is up to the program that reads them. Aliases and `<<`
//! merges are looked up, never expanded.
//! Knows nothing of sources, settings or OpenMetadata.

mod assemble;
mod build;
mod lines;
mod mend;
mod node;
mod parts;
mod tabs;
mod weight;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::OnceLock;

use build::build;
use mend::{MAX_MENDED_BYTES, mend};
pub use node::{Entry, Node};
pub use parts::{parse_decoded, parse_scalar, parse_unfilled, parse_within};

/// The number of a node within its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; the only style that is ever typed.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// The raw characters of a value that the parser refused.
    Mended,
    /// A text that another notation gives: never typed.
    Given,
}

/// There are many nodes, so each is small: what it holds is a part of one of the tree's lists.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A part of the texts.
    Scalar { text: Place, style: Style },
    /// A part of the pairs.
    Map { pairs: Place, flow: bool },
    /// A part of the items.
    Seq { items: Place, flow: bool },
    /// `None`: an alias to an anchor that does not exist.
    Alias(Option<NodeId>),
}

#[derive(Clone, Copy, Debug)]
struct Data {
    kind: Kind,
    place: Place,
}

/// A range in half the room: no file is that large.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Place { start: clamp(range.start), end: clamp(range.end) }
    }
}

impl Place {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Where and why a document did not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset at which the parser gave up.
    pub offset: usize,
    /// What the parser expected. Never holds text of the file.
    pub reason: String,
    /// Deeper or larger than any configuration: not mended.
    pub too_deep: bool,
}

/// A parsed file: its documents, comments, and what was wrong.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Data>,
    texts: String,
    pairs: Vec<(NodeId, NodeId)>,
    items: Vec<NodeId>,
    roots: Vec<NodeId>,
    /// Tags of the few nodes that have one, in the order of the nodes.
    tags: Vec<(NodeId, Box<str>)>,
    /// Ranges of comments, from `#` to the end of the line.
    pub comments: Vec<Range<usize>>,
    /// The first error of each document that did not parse, in order.
    pub errors: Vec<SyntaxError>,
    /// It is YAML only because marks still to be filled in were taken for plain characters.
    pub is_unfilled: bool,
    /// Whether a `<<` stands anywhere, so that mappings may be merged.
    merges: bool,
    /// Where keys of large mappings stand, by a hash of mapping and key; made when asked for.
    index: OnceLock<HashMap<u64, usize>>,
    /// Its aliases in order; made when asked for.
    marks: OnceLock<Box<weight::Marks>>,
}

/// So few keys are compared with each other; of more a hash is kept.
const FEW: usize = 16;

/// Mappings with fewer pairs are searched pair by pair.
const INDEXED_FROM: usize = 64;

fn hash(map: NodeId, key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (map, key).hash(&mut hasher);
    hasher.finish()
}

/// Under what a key with blanks around it is known, beside what it is.
fn padded(trimmed: &str) -> String {
    format!("\0{trimmed}")
}

/// A key written twice in one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key's text.
    pub key: String,
    /// The node of the key that is overridden, and its value.
    pub first: (NodeId, NodeId),
    /// The node of the key that wins, and its value.
    pub last: (NodeId, NodeId),
}

/// Parses a file. Never fails: what did not parse is in [`Tree::errors`].
pub fn parse(text: &str) -> Tree {
    let (mut tree, error, _) = build(text, &[]);
    let Some(first) = error else { return tree };
    let mut errors = vec![first.clone()];
    if !first.too_deep && text.len() <= MAX_MENDED_BYTES {
        tree = tabs::read(text).unwrap_or_else(|| mend(text, &mut errors));
    }
    tree.errors = errors;
    tree
}

impl Tree {
    /// The root of each document, in order.
    pub fn documents(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|&id| self.node(id))
    }

    /// The aliases (`*name`) that stand for something.
    pub fn aliases(&self) -> impl Iterator<Item = Node<'_>> {
        let aliases = self.nodes.iter().enumerate();
        let aliases = aliases.filter(|(_, data)| matches!(data.kind, Kind::Alias(Some(_))));
        aliases.map(|(number, _)| self.node(NodeId(number as u32)))
    }

    /// From where the document at a place of the file begins to where the next one does.
    pub fn around(&self, place: usize) -> Range<usize> {
        if self.roots.len() < 2 {
            return 0..usize::MAX;
        }
        let start = |at: usize| self.roots.get(at).map(|&root| self.node(root).range().start);
        let next = self.roots.partition_point(|&root| self.node(root).range().start <= place);
        let from = next.checked_sub(1).and_then(start).unwrap_or(0);
        from..start(next).unwrap_or(usize::MAX)
    }

    fn index(&self) -> &HashMap<u64, usize> {
        self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for (number, data) in self.nodes.iter().enumerate() {
                let Kind::Map { pairs, .. } = data.kind else { continue };
                let pairs = &self.pairs[pairs.range()];
                if pairs.len() < INDEXED_FROM {
                    continue;
                }
                for (at, &(key, _)) in pairs.iter().enumerate() {
                    if let Some(text) = self.node(key).text() {
                        // A duplicate's last one wins.
                        let map = NodeId(number as u32);
                        index.insert(hash(map, text), at);
                        let trimmed = text.trim();
                        if trimmed.len() < text.len() {
                            index.insert(hash(map, &padded(trimmed)), at);
                        }
                    }
                }
            }
            index
        })
    }

    /// How many nodes it has.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The node with that number.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { tree: self, id }
    }

    /// All scalars.
    pub fn scalars(&self) -> impl Iterator<Item = Node<'_>> {
        let numbers = (0..self.nodes.len() as u32).map(NodeId);
        let is_scalar = |id: &NodeId| matches!(self.nodes[id.0 as usize].kind, Kind::Scalar { .. });
        numbers.filter(is_scalar).map(|id| self.node(id))
    }

    /// The texts of all scalars.
    pub fn scalar_texts(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter_map(|data| match data.kind {
            Kind::Scalar { text, .. } => Some(&self.texts[text.range()]),
            _ => None,
        })
    }

    /// Every key that is written twice in one mapping.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let mut found = Vec::new();
        for data in &self.nodes {
            let Kind::Map { pairs, .. } = data.kind else { continue };
            let pairs = &self.pairs[pairs.range()];
            if pairs.len() <= FEW && !self.repeats(pairs) {
                continue;
            }
            let mut seen: HashMap<&str, (NodeId, NodeId)> = HashMap::with_capacity(pairs.len());
            for &(key, value) in pairs {
                let Some(text) = self.node(key).text() else { continue };
                if text == "<<" {
                    continue;
                }
                if let Some(first) = seen.insert(text, (key, value)) {
                    found.push(Duplicate { key: text.to_owned(), first, last: (key, value) });
                }
            }
        }
        found
    }

    /// Whether a key stands twice among a few.
    fn repeats(&self, pairs: &[(NodeId, NodeId)]) -> bool {
        pairs.iter().enumerate().any(|(at, &(key, _))| {
            let text = self.node(key).text();
            text.is_some_and(|text| pairs[..at].iter().any(|pair| self.node(pair.0).is_text(text)))
        })
    }

    fn add_text(&mut self, text: &str) -> Place {
        self.merges |= text == "<<";
        let start = self.texts.len();
        self.texts.push_str(text);
        (start..self.texts.len()).into()
    }

    fn add_pairs(&mut self, pairs: impl IntoIterator<Item = (NodeId, NodeId)>) -> Place {
        let start = self.pairs.len();
        self.pairs.extend(pairs);
        (start..self.pairs.len()).into()
    }

    fn add_items(&mut self, items: impl IntoIterator<Item = NodeId>) -> Place {
        let start = self.items.len();
        self.items.extend(items);
        (start..self.items.len()).into()
    }

    fn add(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        self.nodes.push(Data { kind, place: range.into() });
        NodeId(self.nodes.len() as u32 - 1)
    }

    fn shrink_to_fit(&mut self) {
        self.nodes.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.pairs.shrink_to_fit();
        self.items.shrink_to_fit();
    }
}

/// A tree that is put together from other text than YAML.
#[derive(Default)]
pub struct Sketch {
    tree: Tree,
}

impl Sketch {
    /// A scalar.
    pub fn scalar(&mut self, text: &str, style: Style, range: Range<usize>) -> NodeId {
        let text = self.tree.add_text(text);
        self.tree.add(Kind::Scalar { text, style }, range)
    }

    /// Another node, as it stands at a place that only refers to it.
    pub fn alias(&mut self, node: NodeId, range: Range<usize>) -> NodeId {
        self.tree.add(Kind::Alias(Some(node)), range)
    }

    /// A sequence of nodes.
    pub fn seq(&mut self, items: Vec<NodeId>, range: Range<usize>) -> NodeId {
        let items = self.tree.add_items(items);
        self.tree.add(Kind::Seq { items, flow: false }, range)
    }

    /// A mapping.
    pub fn map(&mut self, pairs: Vec<(NodeId, NodeId)>, range: Range<usize>) -> NodeId {
        let pairs = self.tree.add_pairs(pairs);
        self.tree.add(Kind::Map { pairs, flow: false }, range)
    }

    /// The tree of one document.
    pub fn finish(mut self, root: NodeId) -> Tree {
        self.tree.roots.push(root);
        self.tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_at<'a>(source: &'a str, tree: &Tree, path: &[&str]) -> (String, &'a str) {
        let entry = tree.documents().next().unwrap().at(path).unwrap();
        (entry.value.text().unwrap_or("").to_owned(), &source[entry.value.content_range()])
    }

    #[test]
    fn spans_cover_the_content_of_every_style() {
        let source = "a: plain value # note\nb: 'single'\nc: \"double\"\nd: |\n  line one\n  line two\ne: []\n";
        let tree = parse(source);
        assert_eq!(text_at(source, &tree, &["a"]), ("plain value".into(), "plain value"));
        assert_eq!(text_at(source, &tree, &["b"]), ("single".into(), "single"));
        assert_eq!(text_at(source, &tree, &["c"]), ("double".into(), "double"));
        assert_eq!(
            text_at(source, &tree, &["d"]),
            ("line one\nline two\n".into(), "line one\n  line two")
        );
        assert_eq!(tree.comments.len(), 1);
        assert!(tree.errors.is_empty());
    }

    #[test]
    fn merges_fill_in_what_is_missing_and_keep_the_alias() {
        let source = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n";
        let tree = parse(source);
        let used = tree.documents().next().unwrap().get("use").unwrap().value;
        assert_eq!(used.get("y").unwrap().value.text(), Some("3"));
        let x = used.get("x").unwrap();
        assert_eq!(x.value.text(), Some("1"));
        assert_eq!(&source[x.via.unwrap().range()], "*b");
    }

    #[test]
    fn one_entry_is_what_it_is_among_all() {
        let source = "a: &a {k: a, l: a}\nb: &b {k: b, m: &n b, <<: *a}\nc: &c {'<<': *a, o: *n}\n\
                      use: {<<: [*b, *a], n: 1, <<: *c}\nround: &r {<<: *r, x: 1}\n";
        let tree = parse(source);
        let root = tree.documents().next().unwrap();
        for map in ["a", "b", "c", "use", "round"] {
            let map = root.get(map).unwrap().value;
            let entries = map.entries();
            for key in ["k", "l", "m", "n", "o", "x", "<<", "none"] {
                let listed = entries.iter().find(|entry| entry.key.text() == Some(key));
                let listed = listed.map(|e| (e.key.id(), e.value.id(), e.via.map(Node::id)));
                let one = map.get(key).map(|e| (e.key.id(), e.value.id(), e.via.map(Node::id)));
                if key != "<<" {
                    assert_eq!(one, listed, "{key}");
                }
            }
        }
    }

    #[test]
    fn an_alias_bomb_costs_nothing() {
        let mut source = String::from("a0: &a0 {k: v}\n");
        for n in 1..40 {
            let p = n - 1;
            source.push_str(&format!("a{n}: &a{n} {{<<: [*a{p}, *a{p}, *a{p}, *a{p}]}}\n"));
        }
        let tree = parse(&source);
        let last = tree.documents().next().unwrap().get("a39").unwrap().value;
        assert_eq!(last.get("k").unwrap().value.text(), Some("v"));
    }

    #[test]
    fn a_broken_value_keeps_its_raw_text_and_the_rest_is_read() {
        let source = "a: 1\nkeys: [https://{your domain}/x, b: {\nclient: {Client ID}\nz: last\n";
        let tree = parse(source);
        assert_eq!(tree.errors.len(), 1);
        assert_eq!(text_at(source, &tree, &["keys"]).0, "[https://{your domain}/x, b: {");
        assert_eq!(text_at(source, &tree, &["z"]).0, "last");
        let client = tree.documents().next().unwrap().get("client").unwrap().value;
        assert!(client.is_map());
        assert_eq!(&source[client.range()], "{Client ID}");
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_opens() {
        let source = "a:\n  keys: \"https://tenant/x\n  other: fine\nz: last\n";
        let tree = parse(source);
        assert_eq!(text_at(source, &tree, &["a", "keys"]).0, "\"https://tenant/x");
        assert_eq!(text_at(source, &tree, &["a", "other"]).0, "fine");
        assert_eq!(text_at(source, &tree, &["z"]).0, "last");
    }

    #[test]
    fn a_place_is_in_one_document() {
        let tree = parse("a: 1\n---\nb: 2\n---\nc: 3\n");
        let starts: Vec<usize> = tree.documents().map(|root| root.range().start).collect();
        assert_eq!(tree.around(0), starts[0]..starts[1]);
        assert_eq!(tree.around(starts[1] + 1), starts[1]..starts[2]);
        assert_eq!(tree.around(starts[2]), starts[2]..usize::MAX);
        assert_eq!(parse("a: 1\n").around(3), 0..usize::MAX);
    }

    #[test]
    fn a_broken_document_does_not_hide_the_next() {
        let source = "a: [\n---\nb: 2\n";
        let tree = parse(source);
        assert!(!tree.errors.is_empty());
        assert!(tree.documents().any(|d| d.get("b").is_some()));
    }

    #[test]
    fn tabs_are_as_wide_as_makes_sense() {
        for (source, path) in [
            ("a:\n    b:\n\t  c: d\n    e: f\n", ["a", "b", "c"]),
            ("a:\n\tb:\n\t\tc: d\n\te: f\n", ["a", "b", "c"]),
            ("a:\n  b:\n    x: y\n\tc: d\n  e: f\n", ["a", "b", "c"]),
            ("a:\n  b:\n    - x\n\t# tab\n  e: f\n", ["a", "e", ""]),
            ("a:\n  x:\n    c: 1\n\tb:\n    c: 2\n  e: f\n", ["a", "b", "c"]),
            ("a:\n  b:\n      x: y\n\tc: d\n      z: y\n  e: f\n", ["a", "b", "c"]),
        ] {
            let path: Vec<_> = path.into_iter().filter(|key| !key.is_empty()).collect();
            let tree = parse(source);
            assert!(!tree.errors.is_empty() || !source.contains("\tc"), "{source:?}");
            let (text, at) = text_at(source, &tree, &path);
            assert_eq!(text, at, "{source:?}");
            assert_eq!(text_at(source, &tree, &["a", "e"]).1, "f", "{source:?}");
        }
    }

    #[test]
    fn what_stands_over_a_line_that_is_given_up_is_not_empty() {
        let source = "a:\n  b:\n\n    # of b\n    ? ]\n  c: d\n  e:\n";
        for source in [source.to_owned(), source.replace('\n', "\r\n")] {
            let tree = parse(&source);
            let a = tree.documents().next().unwrap().get("a").unwrap().value;
            assert!(a.get("b").is_none(), "its value is there, but unread");
            assert!(a.get("e").unwrap().value.is_null());
        }
    }

    #[test]
    fn tabs_in_indentation_are_mended() {
        let source = "a:\n\tb: 1\nc: 2\n";
        let tree = parse(source);
        assert_eq!(text_at(source, &tree, &["c"]).0, "2");
    }

    #[test]
    fn deep_nesting_ends_at_once() {
        let source = "[".repeat(100_000);
        let tree = parse(&source);
        assert!(tree.errors[0].too_deep);
        let source = "- ".repeat(100_000);
        assert!(parse(&source).errors[0].too_deep);
    }

    #[test]
    fn large_mappings_answer_as_small_ones_do() {
        let mut source = String::from("base: &b {m: merged}\nbig:\n");
        for n in 0..500 {
            source.push_str(&format!("  k{n}: v{n}\n"));
        }
        source.push_str("  k7: last\n  <<: *b\n");
        let tree = parse(&source);
        let big = tree.documents().next().unwrap().get("big").unwrap().value;
        assert_eq!(big.get("k499").unwrap().value.text(), Some("v499"));
        assert_eq!(big.get("k7").unwrap().value.text(), Some("last"));
        assert_eq!(big.get("m").unwrap().value.text(), Some("merged"));
        assert!(big.get("k500").is_none());
    }

    #[test]
    fn duplicates_are_seen_and_the_last_wins() {
        let source = "a: 1\nb: 2\na: 3\n";
        let tree = parse(source);
        assert_eq!(tree.duplicates().len(), 1);
        assert_eq!(text_at(source, &tree, &["a"]).0, "3");
    }

    #[test]
    fn a_block_scalar_is_read_in_place() {
        let source = "kind: ConfigMap\ndata:\n  openmetadata.yaml: |\n    a:\n      b: ü\n      c: 2\n    d: 3\nlast: 1\n";
        let outer = parse(source);
        let node =
            outer.documents().next().unwrap().at(&["data", "openmetadata.yaml"]).unwrap().value;
        let inner = parse_within(source, node.range());
        assert!(inner.errors.is_empty());
        assert_eq!(text_at(source, &inner, &["a", "c"]), ("2".into(), "2"));
        assert_eq!(text_at(source, &inner, &["d"]), ("3".into(), "3"));
    }

    #[test]
    fn a_part_begins_where_it_begins_whatever_stands_before_it() {
        let source = "a:\n  \u{2028}  b: c\n";
        let part = source.find("b").unwrap()..source.len();
        let tree = parse_within(source, part.clone());
        for root in tree.documents() {
            assert!(root.range().start >= part.start, "{:?}", root.range());
        }
    }

    #[test]
    fn a_quote_that_swallows_lines_shows_what_was_written() {
        let source = "a:\n    keys: \"[x]:1\n  b:   c: \"d\"\n    e: \"f\"\n    g: secret\n    v:\n      - \"/h\n  i\"\n";
        let tree = parse(source);
        let text = text_at(source, &tree, &["a", "keys"]).0;
        assert!(text.starts_with("\"[x]:1\n"), "{text}");
        assert!(!text.contains("xx"), "filler of the mending: {text}");
    }

    #[test]
    fn literal_blocks_map_line_by_line() {
        let source = "v: |\n    one: 1\n    two: 2\n";
        let tree = parse(source);
        let node = tree.documents().next().unwrap().get("v").unwrap().value;
        let text = node.text().unwrap();
        for (offset, start, len) in node.runs(source) {
            assert_eq!(text[offset..offset + len], source[start..start + len]);
        }
        assert_eq!(node.runs(source).count(), 3);
    }

    #[test]
    fn marks_to_be_filled_in_are_plain_characters_in_flow_collections() {
        let source = "a: [${A}, \"b ${B} \\u0041\", http://${C:-x}/y]\nb: |\n  [${D}]\n\n  ${E}\nc: ${F:-[g]}\n";
        let tree = parse_unfilled(source);
        assert!(tree.errors.is_empty());
        let root = tree.documents().next().unwrap();
        let items: Vec<_> = root.get("a").unwrap().value.items();
        let texts: Vec<_> = items.iter().map(|item| item.text().unwrap()).collect();
        assert_eq!(texts, ["${A}", "b ${B} A", "http://${C:-x}/y"]);
        assert_eq!(&source[items[2].range()], "http://${C:-x}/y");
        assert_eq!(root.get("b").unwrap().value.text(), Some("[${D}]\n\n${E}\n"));
        assert_eq!(root.get("c").unwrap().value.text(), Some("${F:-[g]}"));
        // What is broken for another reason stays so.
        assert!(!parse_unfilled("a: [${A}\nb: ]x").errors.is_empty());
        assert!(!parse("a: [${A}]").errors.is_empty());
    }
}
