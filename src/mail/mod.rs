//! Mails: the outbox, and links that work once.
//!
//! A mail is a job (`jobs`), which the transaction of the act inserts. It has the recipient and
//! data, but neither text nor secret. `mail_delivery` writes the text in the language of the user
//! and sends it.

pub mod links;
pub mod notices;
mod outbox;

pub use self::outbox::{Mail, QueuedMail, queue, queue_link, queue_link_at};
