//! A source file, prepared for the rules.

use std::path::Path;

/// A file, with its path below the searched directory (`accounts/store.rs`).
pub struct Source {
    pub path: String,
    /// The unchanged text.
    pub text: String,
    /// The text with blanks in place of every comment and of the content of every string. The rest
    /// is code, at its original position.
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: strip_text(text),
        }
    }

    /// All files with one of these extensions, in order.
    pub fn all_below(directory: &Path, extensions: &[&str]) -> Vec<Self> {
        let mut found = Vec::new();
        let mut pending = vec![directory.to_owned()];
        while let Some(current) = pending.pop() {
            for entry in std::fs::read_dir(&current).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                let extension = path.extension().and_then(|extension| extension.to_str());
                if path.is_dir() {
                    pending.push(path);
                } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
                    let name = path.strip_prefix(directory).expect("a path below it");
                    let text = std::fs::read_to_string(&path).expect("readable text");
                    found.push(Self::new(name.to_str().expect("a readable name"), &text));
                }
            }
        }
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found
    }

    /// The number of the line that contains this offset of the text or the code.
    pub fn line_at(&self, offset: usize) -> usize {
        1 + self.text[..offset].matches('\n').count()
    }
}

fn strip_text(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest)
            .or_else(|| string(rest, &code))
            .or_else(|| character(rest));
        let Some(length) = skipped else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        // Byte for byte, so that offsets in the code are offsets in the text.
        code.extend(
            rest[..length]
                .bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
        );
        rest = &rest[length..];
    }
    code
}

/// The length of the comment that starts here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = usize::from(text.starts_with("/*"));
    let mut offset = 2;
    while depth > 0 {
        let next = &text[offset..];
        let (step, change) = match next.get(..2) {
            Some("/*") => (2, 1),
            Some("*/") => (2, -1),
            _ => (next.chars().next()?.len_utf8(), 0),
        };
        offset += step;
        depth = depth.checked_add_signed(change)?;
        if depth == 0 {
            return Some(offset);
        }
    }
    None
}

/// The length of the string that starts here, after that code.
fn string(text: &str, before: &str) -> Option<usize> {
    let in_a_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if let Some(raw) = text
        .strip_prefix('r')
        .filter(|_| !in_a_name || before.ends_with('b'))
    {
        let fences = raw.len() - raw.trim_start_matches('#').len();
        if let Some(content) = raw[fences..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(fences));
            let length = content.find(&end)? + end.len();
            return Some(text.len() - content.len() + length);
        }
    }
    let content = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = content.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some(end + 2)
}

/// The length of the character literal that starts here. A lifetime is not one.
fn character(text: &str) -> Option<usize> {
    let content = text.strip_prefix('\'')?;
    if let Some(escape) = content.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return Some(2 + first + escape[first..].find('\'')? + 1);
    }
    let first = content.chars().next()?.len_utf8();
    content[first..].starts_with('\'').then_some(first + 2)
}

#[test]
fn stripping_leaves_only_the_code() {
    let source = Source::new(
        "x.rs",
        "let a = \"crate::x \\\" y\"; // crate::x\n/* b /* c */ d */ let c = '\"'; // é\n\
         fn f<'a>(x: &'a str) { r#\"crate \"x\" \"#; br\"y\"; '\\''; \"é\" }",
    );
    let words: Vec<_> = source.code.split_whitespace().collect();
    assert_eq!(
        words.join(" "),
        "let a = ; let c = ; fn f<'a>(x: &'a str) { ; b ; ; }"
    );
    assert_eq!(source.code.len(), source.text.len());
    assert_eq!(source.line_at(source.code.find("fn").unwrap()), 3);
}
