//! The findings that a team began with: recorded once, silent from then on. A record says which
//! rule spoke about what in which file, and holds a tag of the value that tells a change and
//! nothing else. Reads and writes no files.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::rules::Knowledge;
use crate::source::ground::Ground;
use crate::source::{Sources, mask};

use super::finding::{Accepted, Finding, Waived, hex};
use super::waivers;

/// The version of the file's form.
const VERSION: u32 = 1;
/// Bytes of the key with which values are tagged.
pub const SALT: usize = 16;
/// Bytes of a tag: enough to see that a value changed, too few to confirm a guess of it. All
/// records of one value have the same tag, and the key never changes: else they would add up.
const TAG: usize = 2;

/// Recorded findings.
pub struct Baseline {
    salt: [u8; SALT],
    records: Vec<Record>,
}

/// A recorded finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The file, from the folder of the baseline.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// The setting, where it is about one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub setting: String,
    /// The names of the servers within their files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<String>,
    /// The tag of the value; empty where nothing is written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tag: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    salt: String,
    findings: Vec<Record>,
}

/// Where a baseline stands, and what the run that it is compared with looked at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The rules.
    pub knowledge: &'a Knowledge,
    /// The files.
    pub sources: &'a Sources,
    /// What the run looked at.
    pub ground: &'a Ground,
    /// The folder of the baseline.
    pub folder: &'a Path,
}

/// Which records belong to which findings.
pub struct Matched {
    /// By finding, the record.
    of: HashMap<usize, usize>,
    /// Records of which the run saw that their finding is gone.
    pub stale: Vec<Record>,
    /// Records of files that the run did not look at.
    unseen: Vec<Record>,
}

/// What an update changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// New records.
    pub added: usize,
    /// Records that went.
    pub removed: usize,
    /// Records that stay, though their path may be another.
    pub kept: usize,
}

impl Baseline {
    /// Nothing is recorded.
    pub fn new(salt: [u8; SALT]) -> Self {
        Baseline { salt, records: Vec::new() }
    }

    /// Reads a file. The error never repeats what is in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            format!(
                "expected what `omlint baseline create` writes, found something else at line {}, \
                 column {}",
                error.line(),
                error.column()
            )
        })?;
        if file.version != VERSION {
            return Err(format!(
                "expected version {VERSION} of the form, found another one: it was written by \
                 another version of omlint"
            ));
        }
        let salt = bytes(&file.salt).and_then(|bytes| bytes.try_into().ok());
        let salt = salt.ok_or_else(|| format!("expected a salt of {SALT} bytes in hexadecimal"))?;
        Ok(Baseline { salt, records: file.findings })
    }

    /// The file's text: sorted, a line for each finding, so that changes to it review well.
    pub fn text(&self) -> String {
        let mut records = self.records.clone();
        records.sort();
        let line = |record: &Record| {
            format!(
                "    {}",
                mask::visible_json(&serde_json::to_string(record).expect("plain data"))
            )
        };
        let lines: Vec<String> = records.iter().map(line).collect();
        let list =
            if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
        let salt = hex(&self.salt);
        format!(
            "{{\n  \"version\": {VERSION},\n  \"salt\": \"{salt}\",\n  \"findings\": [{list}]\n}}\n"
        )
    }

    /// How many findings are recorded.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Finds the record of each finding, each record used once: first those in the same file,
    /// then those in another one, since files are renamed.
    pub fn matched(&self, findings: &[Finding], context: Context<'_>) -> Matched {
        let wanted: Vec<(usize, Record)> = self.records_of(findings, context).collect();
        let mut free: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, record) in self.records.iter().enumerate() {
            free.entry(&record.rule).or_default().push(at);
        }
        let mut known: BTreeMap<&str, bool> = BTreeMap::new();
        for record in &self.records {
            known.entry(&record.path).or_insert_with(|| {
                context.ground.knows(&record.path, context.folder, context.sources)
            });
        }
        let mut of = HashMap::new();
        let passes: [fn(&Record, &Record) -> bool; 4] = [
            |old, new| old.path == new.path && old.servers == new.servers,
            |old, new| old.path == new.path && is_same_server(old, new),
            |old, new| old.servers == new.servers,
            is_same_server,
        ];
        for (pass, fits) in passes.into_iter().enumerate() {
            for (finding, new) in &wanted {
                if of.contains_key(finding) {
                    continue;
                }
                let Some(free) = free.get_mut(&*new.rule) else { continue };
                let found = free.iter().position(|&at| {
                    let old = &self.records[at];
                    // What became of a file that was not looked at cannot be told.
                    (pass < 2 || known[&*old.path])
                        && (&old.setting, &old.tag) == (&new.setting, &new.tag)
                        && fits(old, new)
                });
                if let Some(found) = found {
                    of.insert(*finding, free.remove(found));
                }
            }
        }
        let mut left: Vec<usize> = free.into_values().flatten().collect();
        left.sort_unstable();
        let left = left.into_iter().map(|at| self.records[at].clone());
        let (stale, unseen) = left.partition(|record| known[&*record.path]);
        Matched { of, stale, unseen }
    }

    /// Records the findings that nobody has accepted otherwise, in place of those that are gone.
    pub fn update(&mut self, findings: &[Finding], context: Context<'_>) -> Changes {
        let matched = self.matched(findings, context);
        let mut records = matched.unseen;
        let mut changes = Changes { added: 0, removed: matched.stale.len(), kept: records.len() };
        for (at, record) in self.records_of(findings, context) {
            let is_old = matched.of.contains_key(&at);
            // What is waived needs no record, but a gate may not listen to the waiver.
            if is_old || findings[at].waived.is_none() {
                records.push(record);
                *(if is_old { &mut changes.kept } else { &mut changes.added }) += 1;
            }
        }
        records.sort();
        self.records = records;
        changes
    }

    /// The findings that can be recorded. What is wrong with waivers cannot: it is mended with
    /// less ado.
    fn records_of<'f>(
        &'f self,
        findings: &'f [Finding],
        context: Context<'f>,
    ) -> impl Iterator<Item = (usize, Record)> + 'f {
        let recordable = move |finding: &Finding| {
            let rule = context.knowledge.rule(&finding.rule);
            !rule.is_some_and(waivers::is_about_waivers)
        };
        let all = findings.iter().enumerate().filter(move |(_, finding)| recordable(finding));
        all.map(move |(at, finding)| (at, self.record(finding, context)))
    }

    fn record(&self, finding: &Finding, context: Context<'_>) -> Record {
        let source = context.sources.get(finding.primary.span.source);
        let servers = finding.deployments.iter().filter_map(|id| id.rsplit_once('#'));
        let mut servers: Vec<String> = servers.map(|(_, server)| server.to_owned()).collect();
        servers.sort();
        servers.dedup();
        let tag = if finding.unset {
            String::new()
        } else {
            self.tag(context.sources.slice(finding.primary.span))
        };
        Record {
            path: context.ground.name(&source.path, context.folder),
            rule: finding.rule.clone(),
            setting: finding.setting.clone().unwrap_or_default(),
            servers,
            tag,
        }
    }

    /// The tag of a value, whatever quotes and indentation it is written with.
    fn tag(&self, value: &str) -> String {
        let lines: Vec<&str> = value.trim_matches(['"', '\'']).lines().map(str::trim).collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.salt).expect("any length is a key");
        mac.update(lines.join("\n").trim().as_bytes());
        hex(&mac.finalize().into_bytes()[..TAG])
    }
}

/// Whether two records may be about one server: it has the same name, or one of them names none.
fn is_same_server(old: &Record, new: &Record) -> bool {
    old.servers.is_empty()
        || new.servers.is_empty()
        || old.servers.iter().any(|server| new.servers.contains(server))
}

impl Matched {
    /// Accepts the findings that have a record; `path` is the baseline's.
    pub fn accept(&self, findings: &mut [Finding], path: &str) {
        for &at in self.of.keys() {
            findings[at].waived.get_or_insert_with(|| Waived {
                kind: Accepted::Baseline,
                reason: String::new(),
                path: Some(path.to_owned()),
                line: None,
            });
        }
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    Some(digits?.chunks(2).map(|pair| pair.iter().fold(0, |n, digit| n << 4 | digit)).collect())
}
