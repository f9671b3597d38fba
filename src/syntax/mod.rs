//! Text to spanned trees: YAML, environment files and `${…}` substitution.
//! Knows nothing of OpenMetadata, files on disk or settings.

pub mod dockerfile;
pub mod dotenv;
pub mod hcl;
pub mod helm_set;
pub mod substitution;
pub mod typed;
pub mod yaml;
