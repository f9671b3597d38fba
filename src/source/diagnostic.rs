//! Something wrong in what a user wrote for this program: its place and what to say about it.
//! Knows nothing of how it is printed.

use super::Span;

/// A mistake in a configuration or a rule file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The characters, unless the mistake stands on the command line.
    pub span: Option<Span>,
    /// What is wrong, in a sentence. It holds no text of a file that may be secret.
    pub message: String,
    /// What the label under the characters says.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// More places, and what they have to do with it.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Diagnostic {
            span: Some(span),
            message: message.into(),
            label: label.into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A mistake on the command line.
    pub fn nowhere(message: impl Into<String>) -> Self {
        Diagnostic {
            span: None,
            message: message.into(),
            label: String::new(),
            help: None,
            related: Vec::new(),
        }
    }

    /// With what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another place.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }
}

/// The most similar of some words, if one is similar enough to have been meant.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_ascii_lowercase();
    words
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&known.to_ascii_lowercase(), &word), known))
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .filter(|(likeness, _)| *likeness > 0.8)
        .map(|(_, known)| known)
}

/// `kind` and a word of a user's file, for messages: a piece of a secret may stand where a word
/// should, so that only what looks like one is printed.
pub fn named(kind: &str, word: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '*');
    let digits = word.chars().filter(char::is_ascii_digit).count();
    if !word.is_empty() && word.len() <= 48 && digits <= 4 && word.chars().all(letter) {
        format!("{kind} `{word}`")
    } else {
        kind.to_owned()
    }
}
