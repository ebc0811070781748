//! Sends the mails of the outbox: writes them in the language of the user, with the addresses of
//! pages, and gives them to the operator's mail server.
//!
//! The sentences of a mail are in `src/i18n/locales/*/{mail,notices-mail}.ftl`. The layout is in
//! `templates/mail/`.

mod content;
mod mailer;
mod message;
mod notice;
mod thread;
mod transport;

#[cfg(any(feature = "cli", feature = "internals"))]
pub use self::transport::Transport;
#[cfg(feature = "internals")]
pub use self::{
    content::{Rendered, Secrets, render},
    message::build,
};
pub use self::{mailer::Mailer, thread::MailThread};
