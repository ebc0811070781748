//! Reads a file with the users and tokens of another system.
//!
//! The whole file is read before anything is written, because its last line proves that it is
//! complete, and because two users with one address may be far apart.

use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;

use super::{
    lines::{End, Header, TokenLine, TotpMember, UserLine},
    reason::Reason,
    report::Reject,
    source::{SourceName, System},
};

/// The longest line. A user or a token needs less than a tenth of it.
const MAX_LINE: u64 = 64 << 10;
/// The version of the format.
const VERSION: u32 = 1;

/// The reason why nothing of a file is read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// This line is too long.
    #[error("line {0} is longer than 64 KiB: export the file again")]
    LineTooLong(u64),
    /// The first line is no header.
    #[error("the first line is not that of an export of version 1: {0}")]
    Header(String),
    /// The file is of another system.
    #[error("the file is an export of {0}: name that system in the command")]
    OtherSystem(String),
    /// There is no last line with the counts.
    #[error("the file has no last line with its counts, so a part is missing: export it again")]
    Cut,
    /// The counts of the last line are not those of the file.
    #[error(
        "the file has {found} users and tokens, but its last line says {expected}: export it again"
    )]
    OtherCounts {
        /// The number of lines.
        found: u64,
        /// The number that the last line says.
        expected: u64,
    },
}

/// A line with its number, which counts from 1.
pub(super) struct Numbered<T> {
    pub(super) line: u64,
    pub(super) content: T,
}

/// The content of a file.
pub struct ForeignFile {
    /// The system and the app.
    pub(super) source: SourceName,
    pub(super) system: System,
    /// The life of every token, in minutes.
    pub(super) expiration: Option<u64>,
    pub(super) users: Vec<Numbered<UserLine>>,
    pub(super) tokens: Vec<Numbered<TokenLine>>,
    /// The lines that could not be read.
    pub(super) broken: Vec<Reject>,
}

impl ForeignFile {
    /// Reads a file of `system`.
    ///
    /// # Errors
    /// Returns the reason why nothing of the file can be used. A single broken line is no reason.
    pub fn read(input: impl BufRead, system: System) -> Result<Self, FileError> {
        let mut lines = Lines { input, number: 0 };
        let header = lines.next_line()?.ok_or(FileError::Cut)?;
        let mut file = Self::begin(&header.content, system)?;
        while let Some(line) = lines.next_line()? {
            if let Ok(end) = serde_json::from_slice::<End>(&line.content) {
                return match lines.next_line()? {
                    None => file.ensure_complete(&end),
                    Some(_) => Err(FileError::Cut),
                };
            }
            file.add(line);
        }
        Err(FileError::Cut)
    }

    /// Returns whether the file has a secret of an authenticator app.
    #[must_use]
    pub fn has_second_factors(&self) -> bool {
        let mut users = self.users.iter();
        users.any(|user| matches!(user.content.totp, TotpMember::Secret(_)))
    }

    fn begin(line: &[u8], system: System) -> Result<Self, FileError> {
        let header: Header = parse(line).map_err(FileError::Header)?;
        if header.narthex != "export" || header.version != VERSION {
            return Err(FileError::Header("it has another version".to_owned()));
        }
        if header.source != system.as_str() {
            return Err(FileError::OtherSystem(header.source));
        }
        let source = SourceName::of(system, header.app.as_deref()).ok_or_else(|| {
            FileError::Header("app is not 1 to 64 letters, digits, dots and dashes".to_owned())
        })?;
        Ok(Self {
            source,
            system,
            expiration: header.expiration,
            users: Vec::new(),
            tokens: Vec::new(),
            broken: Vec::new(),
        })
    }

    fn add(&mut self, Numbered { line, content }: Numbered<Vec<u8>>) {
        // A token also has the key `user`.
        let kind = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&content)
            .map(|object| object.contains_key("token"));
        let added = match kind {
            Ok(true) => parse(&content).map(|content| self.tokens.push(Numbered { line, content })),
            Ok(false) => parse(&content).map(|content| self.users.push(Numbered { line, content })),
            Err(error) => Err(describe(&error)),
        };
        if let Err(reason) = added {
            self.broken
                .push(Reject::line(line, Reason::Malformed(reason)));
        }
    }

    fn ensure_complete(self, end: &End) -> Result<Self, FileError> {
        let found = self.users.len() + self.tokens.len() + self.broken.len();
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        let expected = end.end.users.saturating_add(end.end.tokens);
        if found == expected {
            Ok(self)
        } else {
            Err(FileError::OtherCounts { found, expected })
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| describe(&error))
}

/// Describes an error without the text of the line, which may contain a password hash.
fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            text.split(" at line ")
                .next()
                .unwrap_or_default()
                .to_owned()
        }
        _ => "it is not a JSON object".to_owned(),
    }
}

struct Lines<R> {
    input: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Returns the next line that is not blank.
    fn next_line(&mut self) -> Result<Option<Numbered<Vec<u8>>>, FileError> {
        loop {
            let mut content = Vec::new();
            let mut limited = self.input.by_ref().take(MAX_LINE + 1);
            if limited.read_until(b'\n', &mut content)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if u64::try_from(content.len()).is_ok_and(|length| length > MAX_LINE) {
                return Err(FileError::LineTooLong(self.number));
            }
            if !content.trim_ascii().is_empty() {
                return Ok(Some(Numbered {
                    line: self.number,
                    content,
                }));
            }
        }
    }
}
