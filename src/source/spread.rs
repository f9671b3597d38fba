//! Work over many files and deployments, spread over the processors. A single piece of work is
//! done at once: starting threads takes longer than most of them.
//! Knows nothing of the work.

use std::cell::Cell;
use std::sync::OnceLock;

use rayon::prelude::*;

/// About so many parts are made of a list.
const MOST_PARTS: usize = 64;

thread_local! {
    static LEADS: Cell<bool> = const { Cell::new(false) };
}

/// Says that the program runs in this thread to its end. It then does a part of the work itself,
/// and a thread less is started.
pub fn lead() {
    LEADS.set(true);
}

/// What `work` makes of each item, in their order.
pub fn map<T: Sync, R: Send + Sync>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    match items {
        [] => Vec::new(),
        [one] => vec![work(one)],
        _ => {
            let made: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
            each(items.len(), &|at| drop(made[at].set(work(&items[at]))));
            made.into_iter().filter_map(OnceLock::into_inner).collect()
        }
    }
}

/// Stands in the program once, and not once for each kind of work.
fn each(number: usize, work: &(dyn Fn(usize) + Sync)) {
    if LEADS.take() {
        // Otherwise the work is left to threads of their own.
        let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    }
    // In many small parts, so that no thread is left with the last large one.
    let part = (number / MOST_PARTS).max(1);
    (0..number).into_par_iter().with_max_len(part).for_each(work);
}

/// Everything that `work` makes of the items, in their order.
pub fn flat_map<T: Sync, R: Send + Sync>(
    items: &[T],
    work: impl Fn(&T) -> Vec<R> + Send + Sync,
) -> Vec<R> {
    let lists = map(items, work);
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    lists.into_iter().for_each(|list| all.extend(list));
    all
}
