//! An update of omlint breaks no build by itself: new rules are previews at first, and ids stay.
//! What a preview is, and that it fails nothing, is held beside the code: `rules::stability` and
//! `lint::gate`.

use omlint::rules::Knowledge;
use omlint::rules::stability::this_version;

#[test]
fn no_rule_comes_from_the_future() {
    let knowledge = Knowledge::built_in();
    for rule in &knowledge.rules {
        let since = knowledge.sheet(&rule.id).unwrap().since;
        assert!(since <= this_version(), "{} says since {since}", rule.id);
    }
}

#[test]
fn no_id_that_was_released_ever_disappears() {
    let listed = include_str!("../docs/rules/ids.txt");
    let knowledge = Knowledge::built_in();
    let gone: Vec<&str> = listed.lines().filter(|id| knowledge.rule(id).is_none()).collect();
    assert!(gone.is_empty(), "users wrote these ids down, and there is no rule for them: {gone:?}");
    // A rule that is not listed could disappear unseen. `omlint docs` adds it.
    let lacking: Vec<&str> = knowledge
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .filter(|id| listed.lines().all(|listed| listed != *id))
        .collect();
    assert!(lacking.is_empty(), "docs/rules/ids.txt lacks {lacking:?}: run `cargo run -q -- docs`");
}
