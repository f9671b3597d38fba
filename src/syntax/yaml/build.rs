//! Builds the tree from the parser's events: the only file that names the parser crate.
//! Knows nothing of mending.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle};

use super::{Data, Kind, NodeId, Place, Style, SyntaxError, Tree};

/// Nodes of one file: a file of ten MiB that people write has half as many.
const MAX_NODES: usize = 1 << 20;
/// Documents of one file; each takes room in all that is made of it.
const MAX_DOCUMENTS: usize = 50_000;

/// One run of the parser: the tree so far, the error that ended it, and how far it got.
pub(super) fn build(text: &str, raw: &[Range<usize>]) -> (Tree, Option<SyntaxError>, usize) {
    let options = granit_parser::options! {
        emit_anchor_events: false,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
    };
    let mut builder =
        Builder { tree: Tree::default(), stack: Vec::new(), anchors: Vec::new(), raw };
    let mut progress = 0;
    let mut error = None;
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                if !matches!(event, Event::Comment(..)) {
                    progress = progress.max(range.end.min(text.len()));
                }
                let tree = &builder.tree;
                if tree.nodes.len() >= MAX_NODES || tree.roots.len() >= MAX_DOCUMENTS {
                    error.get_or_insert(SyntaxError {
                        offset: range.start.min(text.len()),
                        reason: "more nodes than any configuration has".into(),
                        too_deep: true,
                    });
                    break;
                }
                builder.event(event, range, text);
            }
            Err(problem) => {
                builder.close();
                if error.is_none() {
                    let kind = problem.kind();
                    let too_deep = matches!(kind, ErrorKind::RecursionLimitExceeded);
                    error = Some(SyntaxError {
                        offset: problem.marker().byte_offset().unwrap_or(0).min(text.len()),
                        reason: reason(&problem.info()),
                        too_deep,
                    });
                }
                // Later documents are read all the same; looking for one reads to the end.
                let at = error.as_ref().map_or(0, |first: &SyntaxError| first.offset);
                if memchr::memmem::find(&text.as_bytes()[at..], b"\n---").is_none() {
                    break;
                }
                match parser.proceed_next_document() {
                    Ok(true) => {}
                    _ => break,
                }
            }
        }
    }
    builder.close();
    builder.tree.nodes.shrink_to_fit();
    (builder.tree, error, progress)
}

/// The parser's message without anything that it quotes from the file.
fn reason(message: &str) -> String {
    let mut out = String::new();
    let mut quoted: Option<char> = None;
    for c in message.chars() {
        match quoted {
            Some(end) if c == end => {
                quoted = None;
                out.push('…');
                out.push(c);
            }
            Some(_) => {}
            None => {
                if matches!(c, '"' | '`') {
                    quoted = Some(c);
                }
                out.push(c);
            }
        }
    }
    out
}

struct Frame {
    node: NodeId,
    key: Option<NodeId>,
}

struct Builder<'a> {
    tree: Tree,
    stack: Vec<Frame>,
    /// Node of each anchor id.
    anchors: Vec<Option<NodeId>>,
    raw: &'a [Range<usize>],
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>, source: &str) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let style = match style {
                    _ if self.raw.contains(&range) => Style::Mended,
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let (text, range) = if style == Style::Plain && range.is_empty() {
                    ("".into(), range)
                } else if matches!(style, Style::Literal | Style::Folded) {
                    let end = range.start + source[range.clone()].trim_end().len();
                    (value.into(), range.start..end)
                } else {
                    (value.into(), range)
                };
                let kind = Kind::Scalar { text, style };
                let node = self.add(kind, range, tag.map(|t| t.original()), false);
                self.anchor(anchor, node);
                self.place(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Kind::Seq(Vec::new()), range, tag.map(|t| t.original()), style, anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(Kind::Map(Vec::new()), range, tag.map(|t| t.original()), style, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.shut(Some(range)),
            Event::Alias(id) => {
                let target = self.anchors.get(id).copied().flatten();
                let node = self.add(Kind::Alias(target), range, None, false);
                self.place(node);
            }
            Event::UnresolvedAlias(_) => {
                let node = self.add(Kind::Alias(None), range, None, false);
                self.place(node);
            }
            Event::Comment(..) => self.tree.comments.push(range),
            _ => {}
        }
    }

    fn add(&mut self, kind: Kind, range: Range<usize>, tag: Option<String>, flow: bool) -> NodeId {
        let node = NodeId(self.tree.nodes.len() as u32);
        self.tree.tags.extend(tag.map(|tag| (node, tag.into_boxed_str())));
        self.tree.nodes.push(Data { kind, place: range.into(), flow });
        node
    }

    fn open(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        tag: Option<String>,
        style: StructureStyle,
        anchor: usize,
    ) {
        let node = self.add(kind, range, tag, style == StructureStyle::Flow);
        self.anchor(anchor, node);
        self.place(node);
        self.stack.push(Frame { node, key: None });
    }

    fn anchor(&mut self, id: usize, node: NodeId) {
        if id > 0 {
            if self.anchors.len() <= id {
                self.anchors.resize(id + 1, None);
            }
            self.anchors[id] = Some(node);
        }
    }

    fn place(&mut self, node: NodeId) {
        let Some(frame) = self.stack.last_mut() else {
            self.tree.roots.push(node);
            return;
        };
        match &mut self.tree.nodes[frame.node.0 as usize].kind {
            Kind::Seq(items) => items.push(node),
            Kind::Map(pairs) => match frame.key.take() {
                None => frame.key = Some(node),
                Some(key) => pairs.push((key, node)),
            },
            _ => {}
        }
    }

    /// Ends a collection; a block collection ends with its last child, not at the next token.
    fn shut(&mut self, end: Option<Range<usize>>) {
        let Some(frame) = self.stack.pop() else { return };
        let last = match &self.tree.nodes[frame.node.0 as usize].kind {
            Kind::Seq(items) => items.last().copied(),
            Kind::Map(pairs) => pairs.last().map(|&(key, value)| {
                let (k, v) = (&self.tree.nodes[key.0 as usize], &self.tree.nodes[value.0 as usize]);
                if v.place.end >= k.place.end { value } else { key }
            }),
            _ => None,
        }
        .map(|id| self.tree.nodes[id.0 as usize].place.end);
        let data = &mut self.tree.nodes[frame.node.0 as usize];
        let until = match end {
            Some(range) if data.flow => Place::from(range).end,
            _ => last.unwrap_or(data.place.end),
        };
        data.place.end = until.max(data.place.end);
    }

    /// Ends what an error left open. A key without a value gets an empty one.
    fn close(&mut self) {
        while let Some(frame) = self.stack.last() {
            if let Some(key) = frame.key {
                let end = self.tree.nodes[key.0 as usize].place.end as usize;
                let empty = Kind::Scalar { text: "".into(), style: Style::Plain };
                let node = self.add(empty, end..end, None, false);
                self.place(node);
            }
            self.shut(None);
        }
        self.anchors.clear();
    }
}
