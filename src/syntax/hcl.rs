//! Charts that Terraform installs (`helm_release`), as a tree that says what YAML would say: what
//! is no text is an expression in it. Knows nothing of what the values mean.

use std::ops::Range;

use super::yaml::{NodeId, Sketch, Style, Tree};

/// Nobody nests brackets deeper.
const MAX_DEPTH: usize = 64;
/// Resources of one file, and what one of them says.
const MOST: usize = 1_000;

/// The releases of a file by the names of their resources; none if there is none.
pub fn releases(text: &str) -> Option<Tree> {
    let mut hcl = Hcl { text, sketch: Sketch::default(), locals: None };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(mark) = text[at..].find("\"helm_release\"").map(|next| at + next) {
        at = mark + 1;
        let before = text[..mark].rsplit('\n').next().unwrap_or_default().trim();
        let label = hcl.blank(mark + "\"helm_release\"".len());
        if before != "resource" || text.as_bytes().get(label) != Some(&b'"') {
            continue;
        }
        let end = hcl.unit(label, 0);
        let open = hcl.blank(end);
        if text.as_bytes().get(open) != Some(&b'{') || found.len() >= MOST {
            continue;
        }
        let close = hcl.unit(open, 0);
        let name = hcl.scalar(label..end);
        let body = hcl.release(open..close);
        found.push((name, body));
        at = close;
    }
    let root = (!found.is_empty()).then(|| hcl.sketch.map(found, 0..text.len()))?;
    Some(hcl.sketch.finish(root))
}

struct Hcl<'t> {
    text: &'t str,
    sketch: Sketch,
    /// Names of the file with their values, once somebody asks.
    locals: Option<Vec<(Range<usize>, Range<usize>)>>,
}

impl Hcl<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    /// The end of what begins here: a text, a comment, a pair of brackets, or one sign.
    #[inline(never)]
    fn unit(&self, at: usize, depth: usize) -> usize {
        let rest = &self.text[at..];
        let until = |sign: &str, more: usize| rest.find(sign).map_or(rest.len(), |it| it + more);
        let length = match rest.as_bytes() {
            [b'"', ..] => return self.quoted(at, depth),
            [b'#', ..] | [b'/', b'/', ..] => until("\n", 0),
            [b'/', b'*', ..] => until("*/", 2),
            [b'<', b'<', ..] => {
                let line = rest.lines().next().unwrap_or_default();
                let word = line[2..].trim_start_matches('-').trim();
                let mut end = line.len();
                for line in rest[end..].split_inclusive('\n').skip(1) {
                    end += line.len();
                    if line.trim() == word {
                        break;
                    }
                }
                (end + 1).min(rest.len())
            }
            [b'{' | b'[' | b'(', ..] if depth < MAX_DEPTH => {
                let mut at = at + 1;
                while at < self.text.len() {
                    if matches!(self.byte(at), b'}' | b']' | b')') {
                        return at + 1;
                    }
                    at = self.unit(at, depth + 1);
                }
                return at;
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at + length
    }

    #[inline(never)]
    fn quoted(&self, at: usize, depth: usize) -> usize {
        let mut at = at + 1;
        while at < self.text.len() {
            match (self.byte(at), self.byte(at + 1)) {
                (b'"', _) => return at + 1,
                (b'$' | b'%', b'{') => at = self.unit(at + 1, depth + 1),
                (b'\\', _) => at = self.text.ceil_char_boundary(at + 2),
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// Behind blanks and comments.
    #[inline(never)]
    fn blank(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            match &self.text.as_bytes()[at..] {
                [b'#', ..] | [b'/', b'/' | b'*', ..] => at = self.unit(at, 0),
                _ => return at,
            }
        }
    }

    /// What stands between brackets: names, and the places of their values or blocks.
    #[inline(never)]
    fn body(&self, range: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let mut found = Vec::new();
        let end = range.end.saturating_sub(1);
        let mut at = self.blank(range.start + 1);
        while at < end && found.len() < MOST {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let mut name = at..at;
            while is_name(self.byte(name.end)) {
                name.end += 1;
            }
            if name.is_empty() {
                at = self.blank(self.unit(at, 0));
                continue;
            }
            at = self.blank(name.end);
            // Labels of a block.
            while self.byte(at) == b'"' {
                at = self.blank(self.unit(at, 0));
            }
            match self.byte(at) {
                b'=' | b':' => {
                    let value = self.expression(self.blank(at + 1), end);
                    at = self.blank(value.end);
                    found.push((name, value));
                }
                b'{' => {
                    let close = self.unit(at, 0);
                    found.push((name, at..close));
                    at = self.blank(close);
                }
                _ => {}
            }
        }
        found
    }

    /// An expression, which ends with its line or before a comma.
    #[inline(never)]
    fn expression(&self, start: usize, most: usize) -> Range<usize> {
        let mut at = start;
        let ends = |at: usize| {
            matches!(self.byte(at), b'\n' | b',' | b'#') || self.text[at..].starts_with("//")
        };
        while at < most && !ends(at) {
            at = self.unit(at, 0);
        }
        start..start + self.text[start..at.max(start)].trim_end().len()
    }

    /// The items of a list.
    fn items(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let end = range.end.saturating_sub(1);
        let mut at = self.blank(range.start + 1);
        while at < end && found.len() < MOST {
            let mut to = at;
            while to < end && self.byte(to) != b',' {
                to = self.unit(to, 0);
            }
            found.push(at..at + self.text[at..to].trim_end().len());
            at = self.blank((to + 1).min(end));
        }
        found
    }

    /// A text, a number or a switch; else an expression.
    #[inline(never)]
    fn scalar(&mut self, range: Range<usize>) -> NodeId {
        let written = &self.text[range.clone()];
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        match inner {
            Some(inner) if self.quoted(range.start, 0) == range.end => {
                let place = range.start + 1..range.end - 1;
                let mut text = inner.to_owned();
                let mut changes = vec![
                    ("${path.module}/", ""),
                    ("${path.root}/", ""),
                    ("\\\\.", "\\."),
                    ("\\\"", "\""),
                ];
                if inner.contains("${") || inner.contains("%{") {
                    changes.extend([("${", "{{ "), ("%{", "{{ ")]);
                }
                for (from, to) in changes {
                    text = text.replace(from, to);
                }
                if text.contains("{{ ") {
                    text = text.replace('}', " }}");
                }
                self.sketch.scalar(&text, Style::Given, place)
            }
            None if is_plain(written)
                && !written.contains("var.")
                && !written.contains("local.") =>
            {
                self.sketch.scalar(written, Style::Plain, range)
            }
            _ => self.sketch.scalar("{{ … }}", Style::Given, range),
        }
    }

    fn release(&mut self, range: Range<usize>) -> NodeId {
        let mut pairs = Vec::new();
        let mut files = Vec::new();
        let mut set = Vec::new();
        let mut hidden = None;
        for (name, value) in self.body(range.clone()) {
            let is_list = self.byte(value.start) == b'[';
            match &self.text[name.clone()] {
                "name" | "chart" | "version" => {
                    let key = self.key(name);
                    pairs.push((key, self.scalar(value)));
                }
                "values" => {
                    let local = self.text[value.clone()].strip_prefix("local.");
                    let value = local.and_then(|name| self.local(name)).unwrap_or(value);
                    if self.byte(value.start) != b'[' {
                        hidden = Some(value);
                        continue;
                    }
                    for item in self.items(value) {
                        match self.file(item.clone()) {
                            Some(path) => files.push(self.scalar(path)),
                            None => hidden = Some(item),
                        }
                    }
                }
                "set" | "set_sensitive" | "set_list" | "set_wo" if is_list => {
                    for item in self.items(value) {
                        set.push(self.assignment(item));
                    }
                }
                "set" | "set_sensitive" | "set_list" if self.byte(value.start) == b'{' => {
                    set.push(self.assignment(value));
                }
                "set" | "set_sensitive" | "set_list" | "set_wo" | "dynamic" => hidden = Some(value),
                _ => {}
            }
        }
        let mut put = |sketch: &mut Sketch, name: &str, node| {
            pairs.push((sketch.scalar(name, Style::Given, range.start..range.start + 1), node));
        };
        let files = self.sketch.seq(files, range.clone());
        put(&mut self.sketch, "valuesFiles", files);
        if let Some(place) = hidden {
            let node = self.sketch.scalar("{{ … }}", Style::Given, place);
            put(&mut self.sketch, "values", node);
        }
        let set = self.sketch.seq(set, range.clone());
        put(&mut self.sketch, "set", set);
        self.sketch.map(pairs, range)
    }

    /// What a name of the same file stands for.
    fn local(&mut self, name: &str) -> Option<Range<usize>> {
        if self.locals.is_none() {
            let mut found = Vec::new();
            let mut at = 0;
            while let Some(mark) = self.text[at..].find("locals").map(|next| at + next) {
                at = mark + "locals".len();
                let open = self.blank(at);
                if self.byte(open) == b'{' && found.len() < MOST {
                    let close = self.unit(open, 0);
                    found.extend(self.body(open..close));
                    at = close;
                }
            }
            self.locals = Some(found);
        }
        let mut all = self.locals.iter().flatten();
        let found = all.find(|(key, _)| self.text[key.clone()] == *name);
        found.map(|(_, value)| value.clone())
    }

    fn key(&mut self, range: Range<usize>) -> NodeId {
        self.sketch.scalar(&self.text[range.clone()], Style::Given, range)
    }

    /// `name` and `value` of a value that is set.
    fn assignment(&mut self, range: Range<usize>) -> NodeId {
        let mut pairs = Vec::new();
        for (name, value) in self.body(range.clone()) {
            if matches!(&self.text[name.clone()], "name" | "value") {
                let key = self.key(name);
                pairs.push((key, self.scalar(value)));
            }
        }
        self.sketch.map(pairs, range)
    }

    /// The path in `file("…")` or `templatefile("…", …)`.
    fn file(&self, range: Range<usize>) -> Option<Range<usize>> {
        let written = &self.text[range.clone()];
        let open = written.find('(')?;
        if !matches!(written[..open].trim(), "file" | "templatefile") {
            return None;
        }
        let start = self.blank(range.start + open + 1);
        (self.byte(start) == b'"').then(|| start..self.quoted(start, 0))
    }
}
