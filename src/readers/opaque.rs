//! Texts that stand for a value which some other program will fetch: template expressions,
//! secret managers' references, encrypted values.

/// What the text refers to, in words for people; none if it is a value.
pub(super) fn reference(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let starts = |prefix: &str| text.starts_with(prefix);
    if text.contains("{{") && text.contains("}}") {
        Some("a template expression")
    } else if starts("ENC[") || starts("!vault") || starts("$ANSIBLE_VAULT") {
        Some("an encrypted value")
    } else if starts("<path:") || starts("<vault:") {
        Some("a vault reference")
    } else if starts("ref+") || starts("op://") || starts("vault:") || starts("secretref+") {
        Some("a reference to a secret manager")
    } else if starts("arn:aws:secretsmanager:") || starts("arn:aws:ssm:") {
        Some("a reference to AWS")
    } else if starts("sm://") || starts("gcp:") || starts("awssm://") || starts("azurekeyvault://")
    {
        Some("a reference to a secret manager")
    } else {
        None
    }
}

/// Parts of a text that another program fills in before it is used: `$(NAME)`, `%NAME%`,
/// `@NAME@`, `#{NAME}#`. Byte ranges, in order.
pub(super) fn marks(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
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
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}
