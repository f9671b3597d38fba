//! Reads a file whose lines begin with tabs, which YAML forbids, as an editor shows it.
//! Knows nothing of what else may be wrong with a file.

use super::build::build;
use super::{Kind, Place, Style, Tree};

/// How wide editors show a tab, the most usual first; in the end as wide as the line above needs.
const WIDTHS: [Option<usize>; 4] = [Some(8), Some(4), Some(2), None];

/// The tree, if tabs in front of lines are all that is wrong.
pub(super) fn read(original: &str) -> Option<Tree> {
    if !original.lines().any(|line| lead(line).contains('\t')) {
        return None;
    }
    let mut trees = WIDTHS.into_iter().filter_map(|width| seen_with(original, width));
    let first = trees.next()?;
    // A key that stands twice tells that a line slipped in among others.
    let is_clean = |tree: &Tree| tree.duplicates().is_empty();
    if is_clean(&first) { Some(first) } else { trees.find(is_clean).or(Some(first)) }
}

fn seen_with(original: &str, width: Option<usize>) -> Option<Tree> {
    let (text, shifts) = widened(original, width);
    let (mut tree, error, _) = build(&text, &[]);
    if error.is_some() {
        return None;
    }
    for node in &mut tree.nodes {
        let range = node.place.range();
        let start = shifts.back(range.start);
        node.place = Place::from(start..shifts.back(range.end).max(start));
        // What stands in a block of text is not indentation alone.
        let block = matches!(node.kind, Kind::Scalar { style: Style::Literal | Style::Folded, .. });
        if block && original[node.place.range()].contains("\n\t") {
            return None;
        }
    }
    for comment in &mut tree.comments {
        *comment = shifts.back(comment.start)..shifts.back(comment.end);
    }
    Some(tree)
}

/// The blanks and tabs in front of a line.
fn lead(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Where leads end in the widened text, and by how much it is longer up to there.
struct Shifts(Vec<(usize, usize)>);

impl Shifts {
    /// The place in the original.
    fn back(&self, at: usize) -> usize {
        let next = self.0.partition_point(|&(end, _)| end <= at);
        let longer = next.checked_sub(1).map_or(0, |last| self.0[last].1);
        // Within a lead: no further than its end.
        let most = self.0.get(next).map_or(usize::MAX, |&(end, longer)| end - longer);
        (at - longer).min(most)
    }
}

fn widened(original: &str, width: Option<usize>) -> (String, Shifts) {
    let mut text = String::with_capacity(original.len() * 2);
    let mut shifts = Vec::new();
    let mut longer = 0;
    let mut above = 0;
    for line in original.split_inclusive('\n') {
        let lead = lead(line);
        if lead.contains('\t') {
            let mut column = 0;
            for c in lead.chars() {
                column += match width {
                    Some(width) if c == '\t' => width - column % width,
                    _ => 1,
                };
            }
            // A lead never gets shorter: places are mapped back by what it grows.
            if width.is_none() {
                column = column.max(above);
            }
            text.extend(std::iter::repeat_n(' ', column));
            longer += column - lead.len();
            shifts.push((text.len(), longer));
        } else {
            text.push_str(lead);
        }
        if !line.trim().is_empty() {
            above = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
        }
        text.push_str(&line[lead.len()..]);
    }
    (text, Shifts(shifts))
}
