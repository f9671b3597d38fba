//! How large a node is once its aliases are followed: what stands once may be asked for by very
//! many, and by each of those again.
//! Knows nothing of what nodes mean.

use super::{Kind, Node, Tree};

/// What one alias is taken for at most: the sum of all of a file stays a number.
const MOST: u64 = 1 << 40;

/// An alias: where it stands, and what it and all aliases before it stand for.
#[derive(Debug)]
struct Mark {
    place: u32,
    until: u64,
}

/// All aliases of a tree, in order.
#[derive(Debug)]
pub(super) struct Marks(Vec<Mark>);

impl Tree {
    fn marks(&self) -> &[Mark] {
        let marks = self.marks.get_or_init(|| {
            let mut marks: Vec<Mark> = Vec::new();
            let mut until = 0u64;
            for data in &self.nodes {
                let Kind::Alias(Some(target)) = data.kind else { continue };
                let target = self.nodes[target.0 as usize].place;
                // An alias to what it stands in itself leads nowhere.
                if target.end <= data.place.start {
                    let inner = within(&marks, target.start, target.end);
                    until += (u64::from(target.end - target.start) + inner).min(MOST);
                }
                marks.push(Mark { place: data.place.start, until });
            }
            Box::new(Marks(marks))
        });
        &marks.0
    }
}

/// What the aliases between two places stand for.
fn within(marks: &[Mark], start: u32, end: u32) -> u64 {
    let before = |place: u32| {
        let at = marks.partition_point(|mark| mark.place < place);
        at.checked_sub(1).map_or(0, |last| marks[last].until)
    };
    before(end) - before(start)
}

impl Node<'_> {
    /// Bytes that the node's aliases bring in from elsewhere in the file.
    pub fn borrowed(self) -> usize {
        let place = self.resolved().data().place;
        within(self.tree.marks(), place.start, place.end).try_into().unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn aliases_count_as_what_they_stand_for() {
        let tree = parse("a: &a 'xxxxxxxx'\nb: &b [*a, *a]\nc: {d: *b, e: *b}\nf: 1\n");
        let root = tree.documents().next().unwrap();
        let borrowed = |key: &str| root.get(key).unwrap().value.borrowed();
        assert_eq!(borrowed("a"), 0);
        assert_eq!(borrowed("b"), 20);
        assert_eq!(borrowed("c"), 2 * ("[*a, *a]".len() + 20));
        assert_eq!(borrowed("f"), 0);
    }

    #[test]
    fn a_bomb_and_a_circle_have_a_size() {
        let mut source = String::from("a0: &a0 [x]\n");
        for n in 1..100 {
            let p = n - 1;
            source.push_str(&format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}]\n"));
        }
        source.push_str("z: &z [*z, *a99]\n");
        let tree = parse(&source);
        let last = tree.documents().next().unwrap().get("z").unwrap().value;
        assert_eq!(last.borrowed(), 1 << 40);
    }
}
