//! Comments that speak to omlint, each with the bytes that it speaks about. What they say is
//! not looked at here.

use std::collections::HashMap;
use std::ops::Range;

use crate::source::{Directive, Source, SourceId, Span};
use crate::syntax::yaml::{self, Node, Style, Tree};

use super::{Form, Input};

/// How a comment speaks to omlint.
const WORD: &str = "omlint:";
/// So many of one file are read.
pub const MOST: usize = 2_000;
/// Texts within texts within texts.
const DEEPEST: usize = 3;

/// The directives of a source. None in keys, in JSON, and in prose.
pub(super) fn of(input: &Input, source: &Source) -> Vec<Directive> {
    let text = source.text.as_str();
    if memchr::memmem::find(text.as_bytes(), WORD.as_bytes()).is_none() {
        return Vec::new();
    }
    let mut found = Found { id: input.source, text, list: Vec::new() };
    match &input.form {
        Form::Yaml(_) if source.name().to_ascii_lowercase().ends_with(".json") => {}
        Form::Yaml(tree) => found.yaml(tree, 0),
        Form::Env(file) => {
            let statements: Vec<Range<usize>> = file
                .entries
                .iter()
                .map(|entry| {
                    let end = entry.value.as_ref().map_or(entry.key_range.end, |v| v.range.end);
                    entry.key_range.start..end
                })
                .collect();
            let below = |at: usize| {
                let line = found.line(at);
                let number = statements.partition_point(|other| other.start < line.start);
                statements.get(number).filter(|other| other.start < line.end).cloned()
            };
            let covers = found.cover(&file.comments, &statements, below);
            found.list.extend(covers);
        }
        Form::Docker(_) | Form::None | Form::Gone => found.lines(&signs(source.name())),
    }
    found.list
}

/// What begins a comment in a file of that name, where no parser tells.
fn signs(name: &str) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    let end = lower.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        "der" | "pem" | "key" | "pub" | "crt" | "json" | "md" | "rst" | "html" | "css" | "xml"
        | "csv" | "ipynb" | "lock" => Vec::new(),
        "java" | "js" | "ts" | "go" | "rs" => vec!["//"],
        "tf" | "hcl" | "tfvars" => vec!["#", "//"],
        "sql" => vec!["--"],
        _ => vec!["#"],
    }
}

struct Found<'t> {
    id: SourceId,
    text: &'t str,
    list: Vec<Directive>,
}

impl Found<'_> {
    fn line(&self, at: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |n| n + 1);
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
        start..end
    }

    fn speaks(&self, comment: &Range<usize>) -> bool {
        self.text[comment.clone()].contains(WORD)
    }

    /// Gives each directive among `comments` what it covers: behind other text, its line and
    /// what on that line goes over several (`whole`, sorted); on a line of its own, the next
    /// line that is no comment, and what `below` finds at the first character of that.
    fn cover(
        &self,
        comments: &[Range<usize>],
        whole: &[Range<usize>],
        below: impl Fn(usize) -> Option<Range<usize>>,
    ) -> Vec<Directive> {
        // By the beginning of a line that is only comment: the next line that is not.
        let mut next: HashMap<usize, Range<usize>> = HashMap::new();
        for comment in comments.iter().rev() {
            let line = self.line(comment.start);
            if self.text[line.start..comment.start].trim().is_empty() {
                let after = self.line((line.end + 1).min(self.text.len()));
                let target = next.get(&after.start).cloned().unwrap_or(after);
                next.insert(line.start, target);
            }
        }
        let mut directives = Vec::new();
        for comment in comments.iter().filter(|comment| self.speaks(comment)).take(MOST) {
            let line = self.line(comment.start);
            let mut covers = Vec::new();
            if let Some(target) = next.get(&line.start).cloned() {
                let content = &self.text[target.clone()];
                let first = target.start + content.len() - content.trim_start().len();
                if target.start > line.start && !content.trim().is_empty() {
                    let aligned = first - target.start == comment.start - line.start;
                    covers.extend(aligned.then(|| below(first)).flatten());
                    covers.push(target);
                }
            } else {
                let from = whole.partition_point(|other| other.end < line.start);
                let here = whole[from..].iter().take_while(|other| other.start <= line.end);
                covers.extend(here.cloned());
                covers.push(line);
            }
            directives.push(Directive {
                comment: Span::new(self.id, comment.clone()),
                covers: covers.into_iter().map(|range| Span::new(self.id, range)).collect(),
            });
        }
        directives
    }

    fn yaml(&mut self, tree: &Tree, depth: usize) {
        let mut places = Places::default();
        for root in tree.documents() {
            places.walk(root, self.text);
        }
        places.scalars.sort_by_key(|range| range.start);
        let below = |at: usize| places.below.get(&at).cloned();
        let directives = self.cover(&tree.comments, &places.scalars, below);
        self.list.extend(directives);
        if depth == DEEPEST {
            return;
        }
        for block in places.blocks {
            if self.list.len() < MOST && self.speaks(&block) {
                self.yaml(&yaml::parse_within(self.text, block), depth + 1);
            }
        }
    }

    /// Comments by their looks: `signs` at the beginning of a line, or after a blank.
    fn lines(&mut self, signs: &[&str]) {
        let mut comments = Vec::new();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let body = line.trim_end();
            let start = body.len() - body.trim_start().len();
            let sign = signs.iter().filter_map(|sign| {
                let here = body.match_indices(sign).map(|(n, _)| n);
                here.filter(|&n| n == start || body[..n].ends_with([' ', '\t']))
                    .find(|&n| n == start || body[n..].contains(WORD))
            });
            comments.extend(sign.min().map(|sign| at + sign..at + body.len()));
            at += line.len();
        }
        let continued = |at: usize| {
            let mut line = self.line(at);
            while self.text[line.clone()].trim_end().ends_with('\\') && line.end < self.text.len() {
                line = line.start..self.line(line.end + 1).end;
            }
            Some(line)
        };
        let directives = self.cover(&comments, &[], continued);
        self.list.extend(directives);
    }
}

/// Where things of a YAML file begin and end.
#[derive(Default)]
struct Places {
    /// A pair by where its key begins, an item by its `-`: with everything below it.
    below: HashMap<usize, Range<usize>>,
    /// Scalars over several lines.
    scalars: Vec<Range<usize>>,
    /// Those in which every line is its own.
    blocks: Vec<Range<usize>>,
}

impl Places {
    /// Aliases are not followed: what they stand for has its own place.
    fn walk(&mut self, node: Node<'_>, text: &str) {
        if node.is_alias() {
            return;
        }
        let range = node.range();
        if node.text().is_some() {
            match node.style() {
                Some(style @ (Style::Literal | Style::Folded)) => {
                    self.scalars.push(header(text, range.start)..range.end);
                    if style == Style::Literal {
                        self.blocks.push(range);
                    }
                }
                _ if text[range.clone()].contains('\n') => self.scalars.push(range),
                _ => {}
            }
            return;
        }
        for (key, value) in node.pairs() {
            let start = key.range().start;
            self.below.insert(start, start..value.range().end.max(key.range().end));
            self.walk(key, text);
            self.walk(value, text);
        }
        for item in node.items() {
            if !node.is_flow()
                && let Some(dash) = dash(text, item.range().start)
            {
                // Of `- - a` the outer one comes first.
                self.below.entry(dash).or_insert(dash..item.range().end);
            }
            self.walk(item, text);
        }
    }
}

/// The end of the line above a block, on which its `|` stands.
fn header(text: &str, block: usize) -> usize {
    let line = text[..block].trim_end_matches([' ', '\t', '\n', '\r']);
    line.len().saturating_sub(1)
}

/// The `-` of the item that begins at `at`; there may be an anchor and a tag in between.
fn dash(text: &str, at: usize) -> Option<usize> {
    let mut before = text[..at].trim_end();
    for _ in 0..2 {
        let word = before.rfind(char::is_whitespace).map_or(0, |n| n + 1);
        if !before[word..].starts_with(['&', '!']) {
            break;
        }
        before = before[..word].trim_end();
    }
    before.ends_with('-').then(|| before.len() - 1)
}
