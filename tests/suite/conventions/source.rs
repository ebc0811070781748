//! A source file, prepared for the rules.

use std::path::Path;

/// A file, with its path below the searched directory (`accounts/store.rs`).
pub struct Source {
    pub path: String,
    /// The unchanged text.
    pub text: String,
    /// The text with blanks in place of every line that is a comment.
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: without_comments(text),
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

/// Replaces each line that is a comment by blanks, so that offsets in the code are offsets in the
/// text.
fn without_comments(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if line.trim_start().starts_with("//") {
            line.bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
                .collect()
        } else {
            line.to_owned()
        }
    });
    lines.collect()
}
