//! Texts that stand for a value which some other program will fetch: template expressions,
//! secret managers' references, encrypted values.

use std::ops::Range;

/// What is said of an expression.
const EXPRESSION: &str = "a template expression";

/// The expressions within a text that is more than one of them, if each stands for a part of a
/// value. Byte ranges, in order.
pub(super) fn expressions(text: &str) -> Vec<Range<usize>> {
    /// What begins an expression that does more than stand for something.
    const STEPS: [&str; 10] =
        ["if", "else", "end", "range", "with", "define", "block", "include", "template", "toYaml"];
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut rest = String::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|next| at + next) {
        let Some(length) = text[start..].find("}}") else { return Vec::new() };
        let end = start + length + 2;
        let inner = text[start + 2..end - 2].trim_matches(|c: char| c == '-' || c.is_whitespace());
        let word = inner.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_step =
            STEPS.contains(&word) || inner.is_empty() || inner.contains(['{', '}', '`', '"']);
        if is_step || text[end..].starts_with('}') {
            return Vec::new();
        }
        rest.push_str(&text[at..start]);
        found.push(start..end);
        at = end;
    }
    rest.push_str(&text[at..]);
    // Alone it is the whole value, and so it is within what some other program looks up.
    let is_more = rest.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if is_more && !rest.contains("{%") && reference(&rest).is_none() { found } else { Vec::new() }
}

/// What is said of a variable to which a default is assigned.
pub(super) const ASSIGNED: &str = "a variable of the deployment";

/// What the text refers to, in words for people; none if it is a value.
pub(super) fn reference(text: &str) -> Option<&'static str> {
    let text = text.trim();
    // Fleet puts in a label in the place of its path.
    if text.starts_with("global.fleet.clusterLabels.") {
        return Some("a label of the cluster");
    }
    // werf encrypts values in place: the length of what follows, then that, in hexadecimal.
    if text.len() >= 68
        && text.starts_with("1000")
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Some("an encrypted value");
    }
    // In each of these there is a sign that no word has.
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return None;
    }
    let starts = |prefix: &str| text.starts_with(prefix);
    if text.contains("{{") && text.contains("}}") {
        Some(EXPRESSION)
    } else if ["${ .", "${.", "${ get "].iter().any(|sign| text.contains(sign)) {
        Some("a label of the cluster")
    } else if text.split("${").skip(1).any(is_assignment) {
        Some(ASSIGNED)
    } else if ENCRYPTED.iter().any(|prefix| starts(prefix)) {
        Some("an encrypted value")
    } else if starts("<path:") || starts("<vault:") {
        Some("a vault reference")
    } else if starts("arn:aws:secretsmanager:") || starts("arn:aws:ssm:") {
        Some("a reference to AWS")
    } else if MANAGERS.iter().any(|prefix| starts(prefix))
        || starts("projects/") && text.contains("/secrets/")
        || text.ends_with("@azurekeyvault")
    {
        Some("a reference to a secret manager")
    } else if is_mark(text) {
        Some("a mark that a pipeline fills in")
    } else {
        None
    }
}

/// Whether `NAME:=…}` follows, which Flux fills in and the server does not know.
fn is_assignment(rest: &str) -> bool {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    end > 0 && (rest[end..].starts_with(":=") || rest[end..].starts_with('=')) && rest.contains('}')
}

/// How encrypted values begin: SOPS, Ansible, Jasypt, Spring.
const ENCRYPTED: [&str; 5] = ["ENC[", "!vault", "$ANSIBLE_VAULT", "ENC(", "{cipher}"];

/// How references to secret managers begin.
const MANAGERS: [&str; 14] = [
    "ref+",
    "op://",
    "vault:",
    ">>vault:",
    "secretref+",
    "secretref:",
    "sm://",
    "gcp:",
    "awssm://",
    "ssm:/",
    "azurekeyvault://",
    "keyvault://",
    "secret://",
    "@Microsoft.KeyVault(",
];

/// A whole text that is a name between marks: `((db-password))`, `@DB_PASSWORD@`,
/// `%DB_PASSWORD%`. Within a longer text these may be anything.
fn is_mark(text: &str) -> bool {
    let between = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    let lower = between("((", "))").is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c))
    });
    let upper = between("@", "@").or_else(|| between("%", "%")).is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.contains('_')
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    });
    lower || upper
}

/// Parts of a text that another program fills in before it is used: `$(NAME)`, `#{NAME}#`,
/// `@@NAME@@`, `__NAME__`. Byte ranges, in order.
pub(super) fn marks(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['$', '#', '@', '_']) {
        at += next;
        let rest = &text[at..];
        let name_end = |from: usize, end: &str| {
            let name = rest.get(from..)?;
            let close = name.find(end)?;
            let inner = &name[..close];
            let word = !inner.is_empty()
                && inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            word.then_some(from + close + end.len())
        };
        let end = if rest.starts_with("$(") {
            name_end(2, ")")
        } else if rest.starts_with("#{") {
            name_end(2, "}#").or_else(|| name_end(2, "}"))
        } else if rest.starts_with("@@") {
            name_end(2, "@@")
        } else if rest.starts_with("__") {
            name_end(2, "__").filter(|&end| {
                rest[2..end - 2]
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '0'..='9'))
            })
        } else {
            None
        };
        match end {
            Some(end) => {
                found.push(at..at + end);
                at += end;
            }
            None => at += 1,
        }
    }
    found
}
