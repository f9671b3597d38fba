//! `rules/telltales.yaml`, written as lists that the program's code includes: what is asked of each
//! file and image is not decoded at the start. Knows nothing of who asks.

use serde::Deserialize;

/// The whole table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Telltales {
    file_marks: Vec<String>,
    server_images: ServerImages,
    product_names: Vec<String>,
    charts: Charts,
    operations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Charts {
    server: String,
    dependencies: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerImages {
    ends: Vec<String>,
    names: Vec<String>,
}

impl Telltales {
    /// Files with Rust expressions.
    pub fn lists(&self) -> [(&'static str, String); 7] {
        let ServerImages { ends, names } = &self.server_images;
        [
            ("file-marks.rs", format!("&{:?}", self.file_marks)),
            ("server-image-ends.rs", format!("&{ends:?}")),
            ("server-image-names.rs", format!("&{names:?}")),
            ("product-names.rs", format!("&{:?}", self.product_names)),
            ("server-chart.rs", format!("{:?}", self.charts.server)),
            ("dependencies-chart.rs", format!("{:?}", self.charts.dependencies)),
            ("operations.rs", format!("&{:?}", self.operations)),
        ]
    }
}
