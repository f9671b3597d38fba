//! What patches of kustomize do: lists merged by a key, and the operations of a JSON patch on a
//! list. What is refused is said. Knows nothing of what the lists hold.

use std::collections::HashMap;

use crate::source::Span;

use super::Part;

/// What a patch did not do, and why.
pub(in crate::readers) type Refusal = &'static str;

pub(super) const TOO_DEEP: Refusal = "it changes a part that omlint does not follow";

pub(super) const NO_SUCH: Refusal = "there is nothing at its path";

/// What an operation of a JSON patch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::readers) enum Verb {
    Add,
    Replace,
    Remove,
    /// `move`, `copy`.
    Other,
}

/// An operation of a JSON patch.
#[derive(Clone)]
pub(in crate::readers) struct Operation<'a> {
    pub verb: Verb,
    pub path: Vec<String>,
    pub value: Option<Part<'a>>,
    pub span: Span,
}

impl<'a> Operation<'a> {
    /// None for a `test`, which changes nothing.
    pub fn of(part: Part<'a>) -> Option<Self> {
        let verb = match part.text("op")? {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            "test" => return None,
            _ => Verb::Other,
        };
        let path = part.text("path")?;
        let path = path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
        let span = part.get("path").map_or_else(|| part.span(), Part::span);
        Some(Operation { verb, path: path.collect(), value: part.get("value"), span })
    }
}

/// An operation on a list or on one item of it.
pub(super) fn operate_list<'a, T>(
    list: &mut Vec<T>,
    path: &[&str],
    operation: &Operation<'a>,
    new: impl Fn(Part<'a>) -> T,
) -> Result<(), Refusal> {
    let value = || operation.value.ok_or(TOO_DEEP);
    match (path, operation.verb) {
        ([], Verb::Remove) => list.clear(),
        ([], Verb::Add | Verb::Replace) => {
            *list = value()?.list().into_iter().map(new).collect();
        }
        (["-"], Verb::Add) => list.push(new(value()?)),
        (&[index], verb @ (Verb::Add | Verb::Replace | Verb::Remove)) => {
            let index: usize = index.parse().map_err(|_| NO_SUCH)?;
            match verb {
                Verb::Add if index <= list.len() => list.insert(index, new(value()?)),
                Verb::Replace if index < list.len() => list[index] = new(value()?),
                Verb::Remove if index < list.len() => drop(list.remove(index)),
                _ => return Err(NO_SUCH),
            }
        }
        _ => return Err(TOO_DEEP),
    }
    Ok(())
}

/// A list merged by a key, as kustomize does it: what the patch names comes first.
pub(super) fn merged<'a, T>(
    base: Vec<T>,
    patches: Part<'a>,
    key: &str,
    name: impl Fn(&T) -> Option<String>,
    new: impl Fn(Part<'a>) -> T,
    merge: impl Fn(&mut T, Part<'a>),
) -> Vec<T> {
    if patches.node.is_null() {
        return Vec::new();
    }
    let patches = patches.list();
    let replaces =
        |part: &Part<'a>| part.text("$patch") == Some("replace") && part.get(key).is_none();
    let mut base: Vec<Option<T>> = if patches.iter().any(replaces) {
        Vec::new()
    } else {
        base.into_iter().map(Some).collect()
    };
    let mut index = HashMap::new();
    for (at, item) in base.iter().enumerate() {
        if let Some(name) = item.as_ref().and_then(&name) {
            index.insert(name, at);
        }
    }
    let mut out = Vec::new();
    for patch in patches.into_iter().filter(|part| !replaces(part)) {
        let present =
            patch.text(key).and_then(|name| index.get(name)).and_then(|&at| base[at].take());
        match (present, patch.text("$patch")) {
            (_, Some("delete")) => {}
            (Some(mut item), None) => {
                merge(&mut item, patch);
                out.push(item);
            }
            (_, _) => out.push(new(patch)),
        }
    }
    out.extend(base.into_iter().flatten());
    out
}

pub(super) fn merged_parts<'a>(base: Vec<Part<'a>>, patches: Part<'a>, key: &str) -> Vec<Part<'a>> {
    let name = |part: &Part<'a>| part.text(key).map(str::to_owned);
    merged(base, patches, key, name, |part| part, |part, patch| *part = patch)
}
