//! The words of rule files are documented: a new one has its section before anyone uses it.

/// The words that error messages of the form list.
fn words() -> Vec<&'static str> {
    let form = include_str!("../src/rules/schema/decode.rs");
    let after = |mark: &str| &form[form.find(mark).expect(mark) + mark.len()..];
    let predicates = after("const WORDS: &str = \"");
    let conditions = after("a mapping of settings to predicates, or ");
    let listed = |text: &'static str| text[..text.find('"').unwrap()].split(", ");
    listed(predicates).chain(listed(conditions)).collect()
}

#[test]
fn every_word_of_a_condition_has_its_section() {
    let page = include_str!("../docs/conditions.md");
    let words = words();
    assert!(words.len() > 20, "{words:?}");
    for word in words {
        assert!(page.contains(&format!("### `{word}`\n")), "docs/conditions.md lacks `{word}`");
    }
}
