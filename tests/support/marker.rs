//! A marker that is planted where a secret may stand, and everything in which it could be
//! recognised in a text: itself, base64, hexadecimal and percent encoding, eight characters of it.

/// No letter pair of it stands in any text of the program.
pub const MARKER: &str = "Zq7Xw9Kp2Vm4Jt8Bn6Hd3Fs5";
/// The same with characters that encodings change. For quoted places only.
pub const ODD: &str = "Zq7+Xw9/Kp2=Vm4&Jt8%Bn6é";

/// Everything in which the marker could be recognised.
fn traces(marker: &str) -> Vec<String> {
    let mut traces = Vec::new();
    let mut pieces = |text: &str, length: usize| {
        let chars: Vec<char> = text.chars().collect();
        traces.extend(chars.windows(length).map(|piece| piece.iter().collect::<String>()));
    };
    pieces(marker, 8);
    let hex: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
    pieces(&hex, 16);
    pieces(&hex.to_uppercase(), 16);
    let percent: String = marker
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
        })
        .collect();
    pieces(&percent, 12);
    for alignment in 0..3 {
        let mut bytes = vec![0; alignment];
        bytes.extend(marker.bytes());
        let encoded = base64(&bytes);
        // The first and last groups depend on the neighbours.
        pieces(&encoded[4..encoded.len() - 4], 11);
    }
    traces
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let number =
            group.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() { letter.into() } else { '=' });
        }
    }
    out
}

/// Looks for one marker.
pub struct Look {
    /// What is looked for.
    pub marker: &'static str,
    traces: aho_corasick::AhoCorasick,
}

impl Look {
    /// Looks for this one.
    pub fn new(marker: &'static str) -> Self {
        let traces = aho_corasick::AhoCorasick::new(traces(marker)).expect("short texts");
        Look { marker, traces }
    }

    /// Nothing may be in `text`, nor in what is left of it without escapes for colours.
    pub fn through(&self, text: &str, who: &str) {
        let bare = text.contains('\u{1b}').then(|| anstream::adapter::strip_str(text).to_string());
        for text in std::iter::once(text).chain(bare.as_deref()) {
            if let Some(found) = self.traces.find(text) {
                let line = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
                let end = text[found.end()..].find('\n').map_or(text.len(), |n| found.end() + n);
                panic!("{who}: {}", &text[line..end]);
            }
        }
    }
}
