//! What stands at the end of a path of keys, written as a list that the program's code includes.
//! Knows nothing of who asks.

use std::collections::BTreeMap;

use crate::deployment::catalogue::Catalogue;

/// A Rust expression: sorted paths of keys joined by dots, in openmetadata.yaml or in the chart's
/// values, each with whether a setting stands there that may be printed, and one that may not.
pub fn list(catalogue: &Catalogue) -> String {
    let mut endings: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for (_, setting) in catalogue.iter() {
        let mut add = |path: String| {
            let ending = endings.entry(path).or_default();
            ending.0 |= !setting.secret;
            ending.1 |= setting.secret;
        };
        add(setting.path.clone());
        for name in setting.helm.iter().chain(&setting.global) {
            add(format!("config.{}", name.name));
            add(format!("global.{}", name.name));
            // Where the chart ignores it, the reader must still see what it is.
            if name.name.contains('.') {
                add(name.name.clone());
            }
        }
    }
    let endings: Vec<(&String, bool, bool)> =
        endings.iter().map(|(path, &(public, secret))| (path, public, secret)).collect();
    format!("&{endings:?}")
}
