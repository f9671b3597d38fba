//! Somebody who reads where a remedy goes, and puts it there.

use std::ops::Range;

/// The text with a remedy in it, as its place says. `service` is the name of the compose service.
pub fn put(text: &str, at: Range<usize>, remedy: &str, place: &str, service: &str) -> String {
    // `… once, for all findings that write it` is for who follows several at once.
    let place = place.trim().split(" (`").next().unwrap_or_default();
    let place = place.split(", and keep").next().unwrap_or_default();
    let line = text[..at.start].rfind('\n').map_or(0, |at| at + 1)
        ..text[at.end..].find('\n').map_or(text.len(), |end| at.end + end);
    let column = at.start - line.start;
    let replaced = |range: Range<usize>, new: &str| {
        format!("{}{new}{}", &text[..range.start], &text[range.end..])
    };
    if place == "in its place" {
        replaced(at, remedy)
    } else if place == "in place of this line" {
        let indent = text[line.clone()].len() - text[line.clone()].trim_start().len();
        replaced(line.start + indent..line.end, remedy)
    } else if let Some(whole) = place.strip_prefix("in place of the whole `") {
        let name = whole.split(['-', ':']).next().unwrap_or_default();
        let start = text[..at.start].rfind(name).expect("the variable before its default");
        replaced(start..closing(text, start), remedy)
    } else if let Some(word) = place.split("`, in place of `").nth(1) {
        let word = word.trim_end_matches('`');
        let start = at.end + text[at.end..].find(word).expect("the word for nothing");
        replaced(start..start + word.len(), &indented(remedy, column + 2))
    } else if place == "below this line" {
        replaced(line.end..line.end, &indented(remedy, 0))
    } else if place.starts_with("below `") {
        let depth = first_below(&text[line.end..], column).unwrap_or(column + 2);
        replaced(line.end..line.end, &indented(remedy, depth))
    } else if place.starts_with("between the braces of `") {
        let start = at.end + text[at.end..].find(['{', '[']).expect("a brace") + 1;
        let comma = if place.ends_with("behind a comma") { ", " } else { "" };
        replaced(start..start, &format!("{remedy}{comma}"))
    } else if place.starts_with("beside `") {
        let before = indented(remedy, column);
        let is_item = text[line.start..at.start].trim() == "-";
        if is_item {
            replaced(line.end..line.end, &before)
        } else {
            replaced(line.start..line.start, &format!("{}\n", before.trim_start_matches('\n')))
        }
    } else if matches!(place, "into this file" | "at the top level") {
        format!("{}\n{remedy}\n", text.trim_end_matches('\n'))
    } else if place == "into the service's `volumes`" {
        let from = text.find(&format!("  {service}:")).expect("the service");
        let image = ["image:", "build:", "environment:"];
        let image = image.iter().filter_map(|key| text[from..].find(key)).min().expect("a key");
        let depth = text[..from + image].len() - text[..from + image].rfind('\n').unwrap() - 1;
        let own = section(&text[from + image..], depth);
        let own = from + image..from + image + own;
        match text[own.clone()].find(&format!("\n{}volumes:\n", " ".repeat(depth))) {
            Some(volumes) => {
                let end = own.start + volumes + depth + "\nvolumes:".len();
                replaced(end..end, &indented(remedy, depth + 2))
            }
            None => {
                let lines =
                    format!("volumes:{}\n{}", indented(remedy, depth + 2), " ".repeat(depth));
                replaced(own.start..own.start, &lines)
            }
        }
    } else if place.starts_with("at the root of the chart's values") {
        // The key above `config` is the chart's own, whatever an umbrella has above it.
        let above = text.find("config:").map_or(text, |config| &text[..config]);
        let root = above.rfind("openmetadata:").or(text.find("global:"));
        let root = root.expect("the chart's values");
        let depth = text[..root].len() - text[..root].rfind('\n').map_or(0, |at| at + 1);
        let lines = indented(remedy, depth);
        replaced(root..root, &format!("{}\n{}", lines.trim_start(), " ".repeat(depth)))
    } else if let Some(key) = ["volumeMounts", "volumes"].iter().find(|key| place.contains(*key)) {
        let beside = if *key == "volumes" { "containers:" } else { "image: " };
        let Some(at) = text.find(beside) else { return text.to_owned() };
        let depth = text[..at].len() - text[..at].rfind('\n').map_or(0, |at| at + 1);
        let lines = format!("{key}:{}\n{}", indented(remedy, depth + 2), " ".repeat(depth));
        replaced(at..at, &lines)
    } else {
        panic!("nobody knows where `{place}` is")
    }
}

/// Each line on a line of its own, so far to the right.
fn indented(text: &str, depth: usize) -> String {
    text.lines().map(|line| format!("\n{}{line}", " ".repeat(depth))).collect()
}

/// How far to the right stands what is below a key.
fn first_below(rest: &str, column: usize) -> Option<usize> {
    let mut lines = rest.lines().filter(|line| !line.trim().is_empty());
    let line = lines.find(|line| !line.trim_start().starts_with('#'))?;
    let depth = line.len() - line.trim_start().len();
    let is_item = depth == column && line.trim_start().starts_with("- ");
    (depth > column || is_item).then_some(depth)
}

/// How long the text goes on at this depth or deeper.
fn section(rest: &str, depth: usize) -> usize {
    let mut end = 0;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start().len();
        if number > 0 && !line.trim().is_empty() && own < depth {
            break;
        }
        end += line.len();
    }
    end
}

/// Where the brace closes that is the first one from here.
fn closing(text: &str, from: usize) -> usize {
    let mut depth = 0;
    for (at, c) in text[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return from + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}
