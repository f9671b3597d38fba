//! What a rule's `since` means for this version of the program: a rule that is new in a minor
//! version is a preview there, listed without failing a run, so that an update of omlint breaks
//! no build by itself.

use crate::deployment::version::Version;

/// The release line of the first release, which has no previews: nobody relied on anything
/// before it.
const FIRST: [u32; 2] = [0, 1];

/// Whether a rule that came with `since` is a preview in `current`.
pub fn is_preview(since: Version, current: Version) -> bool {
    since.minor() > FIRST && since.minor() >= current.minor()
}

/// The version of this program.
pub fn this_version() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo checks it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(since: &str, current: &str) -> bool {
        is_preview(Version::parse(since).unwrap(), Version::parse(current).unwrap())
    }

    #[test]
    fn a_rule_is_a_preview_in_the_minor_version_that_brought_it_and_no_longer() {
        assert!(preview("0.3.0", "0.3.0"));
        assert!(preview("0.3.0", "0.3.7"));
        assert!(!preview("0.3.0", "0.4.0"));
        assert!(!preview("0.3.0", "1.0.0"));
        assert!(preview("1.2.0", "1.2.0"));
    }

    #[test]
    fn the_first_release_has_no_previews() {
        assert!(!preview("0.1.0", "0.1.0"));
        assert!(!preview("0.1.0", "0.1.4"));
    }
}
