//! The frameworks that rules map to: a rule names only controls that exist.

use omlint::rules::Knowledge;

#[test]
fn a_rule_cannot_name_a_framework_or_a_control_that_is_not_there() {
    let mut texts = Knowledge::built_in().sheet("jwt-default-key-pair").unwrap().texts.clone();
    assert!(Knowledge::frameworks().problems(&texts).is_empty());

    texts.mappings.insert("iso-27001".to_owned(), vec!["A.8.9".to_owned()]);
    texts.mappings.insert("owasp-asvs".to_owned(), vec!["13.2.33".to_owned()]);
    texts.cwe.push(320);
    let problems = Knowledge::frameworks().problems(&texts).join("\n");
    for part in ["`mappings: iso-27001` is no framework", "`13.2.33` is no control", "`CWE-320`"] {
        assert!(problems.contains(part), "{part} is missing in:\n{problems}");
    }
}

#[test]
fn controls_have_ids_of_their_own_and_titles() {
    for (name, framework) in Knowledge::frameworks().iter() {
        let mut ids: Vec<&str> = framework.controls.iter().map(|c| c.id.as_str()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id of {name} stands twice");
        assert!(framework.controls.iter().all(|control| !control.title.trim().is_empty()));
    }
}

#[test]
fn every_rule_about_security_names_a_weakness_and_a_control() {
    let knowledge = Knowledge::built_in();
    for rule in &knowledge.rules {
        let sheet = knowledge.sheet(&rule.id).unwrap();
        // Rules about inputs and about waivers say nothing of a deployment.
        if matches!(sheet.topic.as_str(), "files" | "waivers") {
            continue;
        }
        assert!(!sheet.texts.cwe.is_empty(), "{} names no weakness", rule.id);
        assert!(!sheet.texts.mappings.is_empty(), "{} names no control", rule.id);
    }
}

#[test]
fn the_weaknesses_that_rules_name_stand_in_the_list_of_all() {
    let list = Knowledge::frameworks().get("cwe").unwrap();
    for control in &list.controls {
        let number = control.id.trim_start_matches("CWE-").parse().unwrap();
        assert!(list.may_have(number), "{}", control.id);
    }
    let (categories, mistyped) = ([16, 255, 310, 320], [0, 12_345]);
    assert!(!categories.into_iter().chain(mistyped).any(|number| list.may_have(number)));
    assert!(list.may_have(1_430), "it may have come after this edition");
}
