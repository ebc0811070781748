//! Mails: the outbox, and links that work once.
//!
//! A mail is a job (`jobs`), which the transaction of the change inserts. It has the recipient and
//! data, but neither text nor secret. `http::mail` writes the text in the language of the user and
//! sends it. Its messages are in `src/i18n/locales/*/{mail,notices-mail}.ftl`, and its layout is in
//! `templates/mail/`.

pub mod links;
pub mod notices;
mod outbox;

pub use self::outbox::{Mail, QueuedMail, queue, queue_link, queue_link_at};
