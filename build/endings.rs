//! What stands at the end of a path of keys, written as a text that the program's code includes: of
//! a list of texts the program would have to make out the places at every start.
//! Knows nothing of who asks.

use std::collections::BTreeMap;

use crate::deployment::catalogue::Catalogue;

/// Sorted paths of keys joined by dots, in openmetadata.yaml or in the chart's values, one a line,
/// each with a `+` where a setting stands there that may be printed, and a `-` where one that may
/// not. What stands below `config` stands below the `global` of old charts, too.
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
            // Where the chart ignores it, the reader must still see what it is.
            if name.name.contains('.') {
                add(name.name.clone());
            }
        }
    }
    let signs = |(public, secret)| match (public, secret) {
        (true, false) => "+",
        (false, true) => "-",
        _ => "+-",
    };
    endings.into_iter().map(|(path, ending)| format!("{path} {}\n", signs(ending))).collect()
}
