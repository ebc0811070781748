//! The mails of a test.

use std::{fs, path::Path, thread};

use mail_parser::{Address, MessageParser};

use super::user::must;
use crate::{app_state::AppState, http::mail::Mailer};

/// A mail that Narthex sent in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestMail {
    /// The address of the recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl TestMail {
    /// Returns the first URL of the text that contains `part`, for example `/reset-password`. A
    /// request of a test can follow it.
    #[must_use]
    pub fn link(&self, part: &str) -> Option<&str> {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.starts_with("http") && word.contains(part))
    }

    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let mail = MessageParser::new().parse(bytes).ok_or("no headers")?;
        let to = mail.to().and_then(Address::first);
        let to = to.and_then(|to| to.address()).ok_or("no recipient")?;
        Ok(Self {
            to: to.to_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: mail.body_html(0).unwrap_or_default().into_owned(),
        })
    }
}

/// Sends all mails that are due, and returns all mails of the folder, the oldest first.
///
/// A thread of its own sends them, because a test calls this inside the runtime of the app.
pub(super) fn send_and_read(state: &AppState, folder: &Path) -> Vec<TestMail> {
    let sent = thread::scope(|scope| scope.spawn(|| send_due(state)).join());
    must(
        "send the mails",
        sent.unwrap_or(Err("the thread panicked".to_owned())),
    );
    let Ok(entries) = fs::read_dir(folder) else {
        // The first mail creates the folder.
        return Vec::new();
    };
    // The names are IDs, which are ordered by time.
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let read = files.iter().map(|file| {
        let bytes = must("read the mail", fs::read(file));
        must("parse the mail", TestMail::parse(&bytes))
    });
    read.collect()
}

fn send_due(state: &AppState) -> Result<(), String> {
    let mailer = Mailer::new(state.clone()).map_err(|error| error.to_string())?;
    let mailer = mailer.ok_or("mail is off")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let sent = runtime
        .map_err(|error| error.to_string())?
        .block_on(mailer.send_due(|| false));
    sent.map(drop).map_err(|error| error.to_string())
}
