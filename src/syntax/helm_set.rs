//! `path=value` as Helm reads it after `--set`, as a tree whose nodes stand where the text does.
//! Knows nothing of charts.

use crate::source::{SourceId, Span, Text};

use super::yaml::{Entry, Node, NodeId, Sketch, Style, Tree};

/// Higher indexes and deeper paths are refused, as Helm does.
const MAX_INDEX: usize = 65_536;
const MAX_DEPTH: usize = 30;
/// Empty items that high indexes may make in all: a few bytes ask for many.
const MAX_EMPTY: usize = 2 * MAX_INDEX;

/// Assignments, one over the other.
pub struct Assignments {
    /// Everything that is set.
    pub tree: Tree,
    /// Single items of lists that are set: what other files say of the rest stays.
    pub items: Vec<String>,
    /// What Helm would refuse, and why.
    pub problems: Vec<(Span, String)>,
}

/// A path with its value, as other programs write an assignment for Helm. All stand in one source.
pub struct Assignment {
    /// `a.b[0]`
    pub path: Text,
    /// What is assigned.
    pub value: Assigned,
}

/// What is assigned to a path.
pub enum Assigned {
    /// What Helm reads after `=`, but that a comma is part of it.
    Value(Text),
    /// A text, whatever it looks like.
    Text(Text),
    /// A list of values, and its place.
    List(Vec<Text>, Span),
    /// Something that the files do not show.
    Unseen(Span),
}

/// A list that is there already.
pub enum Below {
    /// So many items, which stand in other files.
    Others(usize),
    /// Items of the same file.
    Items(List),
}

/// Items of a list.
pub struct List(Vec<Item>);

impl List {
    /// The items of a node, where they are not too many to be taken over.
    pub fn of(source: SourceId, node: Node<'_>) -> Option<List> {
        let mut room = MAX_INDEX;
        let items = node.items().into_iter().map(|item| Item::of(source, item, &mut room, 0));
        Some(List(items.collect::<Option<Vec<Item>>>()?))
    }
}

/// What is put where a value is not shown: no reader takes it for one.
const UNSEEN: &str = "{{ … }}";

/// Makes assignments in order, the later over the earlier. A list that is there already keeps its
/// other items: `below` tells them, or how many there are, where they stand elsewhere. What is set
/// within an item of such a list is not followed.
pub fn assign(assignments: &[Assignment], below: &dyn Fn(&str) -> Below) -> Assignments {
    let mut root = Item { span: None, value: Value::Map(Vec::new()) };
    let mut problems = Vec::new();
    let mut items = Vec::new();
    let mut empty = MAX_EMPTY;
    for Assignment { path, value } in assignments {
        let (items, empty) = (&mut items, &mut empty);
        let mut reader = Reader { text: path, at: 0, items, empty, given: Some(value), below };
        if let Err((range, reason)) = reader.assignment(&mut root, String::new(), 0) {
            problems.push((path.locate(range), reason));
        }
    }
    finished(&root, items, problems)
}

fn finished(root: &Item, mut items: Vec<String>, problems: Vec<(Span, String)>) -> Assignments {
    let mut sketch = Sketch::default();
    let node = draw(&mut sketch, root);
    items.dedup();
    Assignments { tree: sketch.finish(node), items, problems }
}

/// Reads assignments in order, the later over the earlier. All stand in one source.
pub fn parse(texts: &[Text]) -> Assignments {
    let mut root = Item { span: None, value: Value::Map(Vec::new()) };
    let mut problems = Vec::new();
    let mut items = Vec::new();
    let mut empty = MAX_EMPTY;
    for text in texts {
        let (items, empty) = (&mut items, &mut empty);
        let mut reader =
            Reader { text, at: 0, items, empty, given: None, below: &|_| Below::Others(0) };
        while reader.at < text.expose().len() {
            let start = reader.at;
            if let Err(problem) = reader.assignment(&mut root, String::new(), 0) {
                let (range, reason) = problem;
                let range = if range.is_empty() { start..text.expose().len() } else { range };
                problems.push((text.locate(range), reason));
                break;
            }
        }
    }
    finished(&root, items, problems)
}

struct Item {
    span: Option<Span>,
    value: Value,
}

enum Value {
    Nothing,
    Scalar(String, Style),
    List(Vec<Item>),
    Map(Vec<(String, Span, Item)>),
}

type Problem = (std::ops::Range<usize>, String);

struct Reader<'t> {
    text: &'t Text,
    at: usize,
    items: &'t mut Vec<String>,
    /// How many more empty items may be made.
    empty: &'t mut usize,
    /// The value, where it does not stand behind the path.
    given: Option<&'t Assigned>,
    /// The list that stands below these assignments.
    below: &'t dyn Fn(&str) -> Below,
}

impl Reader<'_> {
    /// The characters up to one of `stops`, unescaped; their range; and the one that stopped.
    fn until(&mut self, stops: &[char]) -> (String, std::ops::Range<usize>, Option<char>) {
        let rest = &self.text.expose()[self.at..];
        let start = self.at;
        let mut out = String::new();
        let mut chars = rest.char_indices();
        while let Some((offset, c)) = chars.next() {
            if stops.contains(&c) {
                self.at = start + offset + c.len_utf8();
                return (out, start..start + offset, Some(c));
            }
            match c {
                '\\' => out.extend(chars.next().map(|(_, next)| next)),
                c => out.push(c),
            }
        }
        self.at = start + rest.len();
        (out, start..self.at, None)
    }

    fn assignment(&mut self, map: &mut Item, path: String, depth: usize) -> Result<(), Problem> {
        let (name, range, stop) = self.until(&['=', '[', ',', '.']);
        let stop = stop.or(self.given.map(|_| '='));
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let none = |why: &str| Err((range.clone(), format!("this key {why}")));
        let span = self.text.locate(range.clone());
        match stop {
            None | Some(',') => none("has no value: write `key=value`"),
            Some('.') if depth >= MAX_DEPTH => none("is deeper than Helm allows"),
            _ if name.is_empty() => none("has no name"),
            Some(stop) => {
                let Some(slot) = map.entry(&name, span) else {
                    return none("stands below something that is no mapping");
                };
                match stop {
                    '.' => {
                        if matches!(slot.value, Value::Nothing) {
                            slot.value = Value::Map(Vec::new());
                        }
                        if !matches!(slot.value, Value::Map(_)) {
                            return none("is set to a value, and to a mapping");
                        }
                        self.assignment(slot, path, depth + 1)
                    }
                    '[' => {
                        match (self.below)(&path) {
                            Below::Others(0) => self.items.push(path.clone()),
                            Below::Others(others) => {
                                if !self.take_in(slot, others, span) {
                                    return Ok(());
                                }
                            }
                            Below::Items(List(items)) => {
                                if matches!(slot.value, Value::Nothing) {
                                    slot.value = Value::List(items);
                                }
                            }
                        }
                        self.item(slot, path, depth)
                    }
                    _ => {
                        *slot = self.value()?;
                        Ok(())
                    }
                }
            }
        }
    }

    /// Puts what is not known of a list's items where one of them is to be set as a whole. Where a
    /// part of an item is set, nothing of the list is known.
    fn take_in(&mut self, slot: &mut Item, others: usize, span: Span) -> bool {
        let unseen = || Value::Scalar(UNSEEN.to_owned(), Style::Given);
        let rest = &self.text.expose()[self.at..];
        let is_whole = rest.split_once(']').is_some_and(|(_, rest)| rest.is_empty());
        let room = self.empty.checked_sub(others).filter(|_| is_whole);
        match (&slot.value, room) {
            (Value::Nothing, Some(room)) => {
                *self.empty = room;
                let item = || Item { span: Some(span), value: unseen() };
                slot.value = Value::List((0..others).map(|_| item()).collect());
                true
            }
            (Value::List(_), Some(_)) => true,
            _ => {
                slot.value = unseen();
                false
            }
        }
    }

    /// What follows `[`: an index, and what is set there.
    fn item(&mut self, slot: &mut Item, path: String, depth: usize) -> Result<(), Problem> {
        let (digits, range, stop) = self.until(&[']']);
        let index = digits.parse::<usize>().ok().filter(|n| *n <= MAX_INDEX && stop.is_some());
        let Some(index) = index else {
            return Err((range, "expected an index such as `[0]`".into()));
        };
        if matches!(slot.value, Value::Nothing) {
            slot.value = Value::List(Vec::new());
        }
        let Value::List(list) = &mut slot.value else {
            return Err((range, "this is set to a value, and to a list".into()));
        };
        let missing = (index + 1).saturating_sub(list.len() + 1);
        let Some(rest) = self.empty.checked_sub(missing) else {
            return Err((range, "this index leaves more items empty than omlint follows".into()));
        };
        *self.empty = rest;
        while list.len() <= index {
            list.push(Item { span: None, value: Value::Nothing });
        }
        let slot = &mut list[index];
        let (between, range, stop) = self.until(&['[', '.', '=']);
        let stop = stop.or(self.given.map(|_| '='));
        match stop {
            _ if !between.is_empty() => Err((range, "unexpected after an index".into())),
            Some('=') => {
                *slot = self.value()?;
                Ok(())
            }
            Some('[' | '.') if depth >= MAX_DEPTH => {
                Err((range, "this item is deeper than Helm allows".into()))
            }
            Some('[') => self.item(slot, path, depth + 1),
            Some('.') => {
                if !matches!(slot.value, Value::Map(_)) {
                    slot.value = Value::Map(Vec::new());
                }
                self.assignment(slot, path, depth + 1)
            }
            _ => Err((range, "this item has no value".into())),
        }
    }

    fn value(&mut self) -> Result<Item, Problem> {
        if let Some(given) = self.given {
            return Ok(given.item());
        }
        if !self.text.expose()[self.at..].starts_with('{') {
            let (text, range, _) = self.until(&[',']);
            return Ok(scalar(text, self.text.locate(range)));
        }
        let start = self.at;
        self.at += 1;
        let mut list = Vec::new();
        loop {
            let (text, range, stop) = self.until(&[',', '}']);
            if stop.is_none() {
                return Err((start..self.at, "this list does not end with `}`".into()));
            }
            list.push(scalar(text, self.text.locate(range)));
            if stop == Some('}') {
                break;
            }
        }
        let span = self.text.locate(start..self.at);
        if self.text.expose()[self.at..].starts_with(',') {
            self.at += 1;
        }
        Ok(Item { span: Some(span), value: Value::List(list) })
    }
}

/// Booleans, null and whole numbers are what they look like; all else is text.
fn scalar(text: String, span: Span) -> Item {
    let lower = text.to_ascii_lowercase();
    let (text, style) = match lower.as_str() {
        // Zero counts as false. A larger number prints as it is, unlike one in a file.
        "true" | "false" | "null" | "0" => (lower, Style::Plain),
        _ => (text, Style::Given),
    };
    Item { span: Some(span), value: Value::Scalar(text, style) }
}

impl Assigned {
    fn item(&self) -> Item {
        let given = |text: &str, span| Item {
            span: Some(span),
            value: Value::Scalar(text.to_owned(), Style::Given),
        };
        match self {
            Assigned::Unseen(span) => given(UNSEEN, *span),
            Assigned::Text(text) => given(text.expose(), text.span()),
            Assigned::List(items, span) => {
                let items = items.iter().map(|item| scalar(item.expose().to_owned(), item.span()));
                Item { span: Some(*span), value: Value::List(items.collect()) }
            }
            Assigned::Value(text) => {
                let whole = text.expose();
                // Two braces are an expression's.
                let list = whole.strip_prefix('{').filter(|rest| !rest.starts_with('{'));
                let Some(inner) = list.and_then(|t| t.strip_suffix('}')) else {
                    return scalar(whole.to_owned(), text.span());
                };
                let mut at = 1;
                let mut items = Vec::new();
                for item in inner.split(',') {
                    let start = at + item.len() - item.trim_start().len();
                    let trimmed = item.trim();
                    let span = text.locate(start..start + trimmed.len());
                    items.push(scalar(trimmed.to_owned(), span));
                    at += item.len() + 1;
                }
                Item { span: Some(text.span()), value: Value::List(items) }
            }
        }
    }
}

impl Item {
    fn of(source: SourceId, node: Node<'_>, room: &mut usize, depth: usize) -> Option<Item> {
        *room = room.checked_sub(1).filter(|_| depth < MAX_DEPTH)?;
        let node = node.resolved();
        let value = match (node.text(), node.style()) {
            (Some(text), Some(style)) => Value::Scalar(text.to_owned(), style),
            _ if node.is_seq() => {
                let items = node.items().into_iter();
                let items = items.map(|item| Item::of(source, item, room, depth + 1));
                Value::List(items.collect::<Option<Vec<Item>>>()?)
            }
            _ => {
                let pair = |entry: Entry<'_>| {
                    let span = Span::new(source, entry.key.range());
                    let name = entry.key.text()?.to_owned();
                    Some((name, span, Item::of(source, entry.value, room, depth + 1)?))
                };
                Value::Map(node.entries().into_iter().map(pair).collect::<Option<Vec<_>>>()?)
            }
        };
        Some(Item { span: Some(Span::new(source, node.range())), value })
    }

    /// The value of a key of this mapping, made if it is not there.
    fn entry(&mut self, name: &str, span: Span) -> Option<&mut Item> {
        let Value::Map(pairs) = &mut self.value else { return None };
        let at = match pairs.iter().position(|(known, ..)| known == name) {
            Some(at) => {
                pairs[at].1 = span;
                at
            }
            None => {
                let item = Item { span: Some(span), value: Value::Nothing };
                pairs.push((name.to_owned(), span, item));
                pairs.len() - 1
            }
        };
        Some(&mut pairs[at].2)
    }
}

fn draw(sketch: &mut Sketch, item: &Item) -> NodeId {
    let range = item.span.map_or(0..0, Span::range);
    match &item.value {
        Value::Nothing => sketch.scalar("null", Style::Plain, range),
        Value::Scalar(text, style) => sketch.scalar(text, *style, range),
        Value::List(list) => {
            let nodes = list.iter().map(|item| draw(sketch, item)).collect();
            sketch.seq(nodes, range)
        }
        Value::Map(pairs) => {
            let nodes = pairs
                .iter()
                .map(|(name, span, item)| {
                    let key = sketch.scalar(name, Style::Given, span.range());
                    (key, draw(sketch, item))
                })
                .collect();
            sketch.map(nodes, range)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn read(lines: &[&str]) -> Assignments {
        let mut at = 0;
        let texts: Vec<Text> = lines
            .iter()
            .map(|line| {
                at += 100;
                Text::exact(*line, SourceId(0), at)
            })
            .collect();
        parse(&texts)
    }

    fn shown(assignments: &Assignments) -> String {
        fn one(node: super::super::yaml::Node<'_>) -> String {
            if node.is_map() {
                let pairs = node.pairs();
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key.text().unwrap_or("?"), one(*value)));
                return format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
            }
            if node.is_seq() {
                let items: Vec<String> = node.items().into_iter().map(one).collect();
                return format!("[{}]", items.join(", "));
            }
            let text = node.text().unwrap_or("?");
            if node.style() == Some(Style::Plain) { text.into() } else { format!("{text:?}") }
        }
        assignments.tree.documents().map(one).collect()
    }

    #[test]
    fn assignments_are_read_as_helm_reads_them() {
        for (lines, tree) in [
            (&["a.b=c"][..], r#"{a: {b: "c"}}"#),
            (&["a=1,b=true,c=TRUE,d=null,e=0"], r#"{a: "1", b: true, c: true, d: null, e: 0}"#),
            (&["a.b=c", "a.d=e"], r#"{a: {b: "c", d: "e"}}"#),
            (&["a.b=c", "a.b=d"], r#"{a: {b: "d"}}"#),
            (&[r"a\.b=c\,d"], r#"{a.b: "c,d"}"#),
            (&["a={x,y},b=z"], r#"{a: ["x", "y"], b: "z"}"#),
            (&["a={}"], r#"{a: [""]}"#),
            (&["a[0]=x,a[2]=y"], r#"{a: ["x", null, "y"]}"#),
            (&["a[0].name=N,a[0].value=V"], r#"{a: [{name: "N", value: "V"}]}"#),
            (&["a="], r#"{a: ""}"#),
            (&["a=b=c"], r#"{a: "b=c"}"#),
            (&["a=x.y[0]"], r#"{a: "x.y[0]"}"#),
            (&["a=yes,b=1.5"], r#"{a: "yes", b: "1.5"}"#),
        ] {
            let read = read(lines);
            assert!(read.problems.is_empty(), "{lines:?}: {:?}", read.problems);
            assert_eq!(shown(&read), tree, "{lines:?}");
        }
    }

    #[test]
    fn what_helm_refuses_is_told_at_its_place() {
        for (line, range) in [
            ("a", 100..101),
            ("a,b=c", 100..101),
            ("a.b", 102..103),
            ("a=b,c", 104..105),
            ("a={x,y", 102..106),
            ("a[x]=y", 102..103),
            ("a[0]x=y", 104..105),
            ("=x", 100..102),
            ("a=1,a.b=2", 104..105),
        ] {
            let read = read(&[line]);
            assert_eq!(read.problems.len(), 1, "{line}");
            assert_eq!(read.problems[0].0.range(), range, "{line}: {}", read.problems[0].1);
        }
    }

    #[test]
    fn nodes_stand_where_the_text_does() {
        let read = read(&["a.b=c"]);
        let root = read.tree.documents().next().unwrap();
        let entry = root.at(&["a", "b"]).unwrap();
        assert_eq!(entry.key.content_range(), 102..103);
        assert_eq!(entry.value.content_range(), 104..105);
    }

    #[test]
    fn few_bytes_do_not_ask_for_much_memory() {
        let lines: Vec<String> = (0..300).map(|n| format!("a{n}[65535]=x")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let read = read(&lines);
        assert!(read.tree.scalar_texts().count() < 300_000);
        assert_eq!(read.problems.len(), 298);
        let reason = "this index leaves more items empty than omlint follows";
        assert!(read.problems.iter().all(|(_, found)| found == reason));
    }

    #[test]
    fn depth_ends_however_it_is_written() {
        for step in ["[0].b", ".b[0]", "[0]", ".b"] {
            let line = format!("a{}=x", step.repeat(5_000));
            assert_eq!(read(&[&line]).problems.len(), 1, "{step}");
        }
    }
}
