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
