//! `--stats`: how much was looked at, and how long each stage took. Only on standard error:
//! reports are the same for the same files.

use std::time::Duration;

use crate::Scan;
use crate::report::count;

use super::complain;

/// Says it, once the run is over.
pub(super) fn tell(scan: &Scan) {
    let bytes: usize = scan.sources.iter().map(|(_, source)| source.text.len()).sum();
    complain(&format!(
        "{} met, {} read with {:.1} MB, {}; {}, {}",
        count(scan.files_seen, "file"),
        scan.sources.len(),
        bytes as f64 / 1e6,
        count(scan.notes.len(), "note"),
        count(scan.deployments.len(), "deployment"),
        count(scan.findings.len(), "finding"),
    ));
    let stages = scan.stages.list();
    let total: Duration = stages.iter().map(|(_, took)| *took).sum();
    let all = stages.iter().copied().chain([("in all", total)]);
    let words = all.map(|(name, took)| format!("{name} {:.1} ms", took.as_secs_f64() * 1e3));
    complain(&words.collect::<Vec<_>>().join(", "));
}
