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
    image: Image,
    clients: Clients,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Image {
    folder: String,
    conf: String,
    configuration: String,
    start_script: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Clients {
    marks: Vec<String>,
    provider_keys: Vec<String>,
    nobody: Vec<String>,
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
    pub fn lists(&self) -> [(&'static str, String); 14] {
        let ServerImages { ends, names } = &self.server_images;
        [
            ("file-marks.rs", format!("&{:?}", self.file_marks)),
            ("server-image-ends.rs", format!("&{ends:?}")),
            ("server-image-names.rs", format!("&{names:?}")),
            ("product-names.rs", format!("&{:?}", self.product_names)),
            ("server-chart.rs", format!("{:?}", self.charts.server)),
            ("dependencies-chart.rs", format!("{:?}", self.charts.dependencies)),
            ("operations.rs", format!("&{:?}", self.operations)),
            ("image-folder.rs", format!("{:?}", self.image.folder)),
            ("image-conf.rs", format!("{:?}", self.image.conf)),
            ("image-configuration.rs", format!("{:?}", self.image.configuration)),
            ("image-start-script.rs", format!("{:?}", self.image.start_script)),
            ("client-marks.rs", format!("&{:?}", self.clients.marks)),
            ("client-provider-keys.rs", format!("&{:?}", self.clients.provider_keys)),
            ("client-nobody.rs", format!("&{:?}", self.clients.nobody)),
        ]
    }
}
