//! The page for programs: everything that is on it.

use serde::Serialize;

use super::Page;
use crate::report::json::{Tool, written};

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    tool: Tool,
    #[serde(flatten)]
    page: &'a Page,
}

pub(super) fn render(page: &Page) -> String {
    written(&Report { schema_version: 1, tool: Tool::this(), page })
}
