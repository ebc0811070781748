//! The outbox: mails that wait to be sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    links::{self, NewLink},
    notices::Notice,
};
use crate::{
    app_state::Transaction,
    crypto::digest::Digest,
    error::{Error, Result},
    jobs::{self, JobKind, NewJob},
    types::ids::{LinkId, UserId},
    util::clock::Timestamp,
};

/// The time after which a mail is not sent any more. Its content is outdated then.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The content of a mail, as data. The names are stored, so a name never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "kebab-case")]
pub enum Mail {
    /// A link and a code that verify the address of a new account.
    VerifyEmail {
        /// The link.
        link: LinkId,
    },
    /// A client has asked for another link that verifies an address. It is no mail yet, as
    /// [`Mail::ResetRequested`].
    VerificationRequested,
    /// A registration with an address that has an account already.
    AccountExists,
    /// A client has asked for a link that sets a new password. It is no mail yet: whether the address
    /// has an account is found out when the job is due.
    ResetRequested,
    /// A link that sets a new password.
    ResetPassword {
        /// The link.
        link: LinkId,
    },
    /// A link that confirms the new address of an account. Whether the address has another account is
    /// found out when the mail is sent, so that the request reveals nothing.
    ConfirmEmail {
        /// The link.
        link: LinkId,
    },
    /// A link that verifies the second address of an account.
    VerifyNoticeEmail {
        /// The link.
        link: LinkId,
    },
    /// A link that creates an account.
    Invitation {
        /// The link.
        link: LinkId,
    },
    /// A user entered this address as the new one of an account, but it has another account. It takes
    /// the place of [`Mail::ConfirmEmail`] at sending time and is never stored.
    AddressTaken,
    /// An event of the account.
    Notice(Notice),
    /// A mail that an operator asked for, to see if mails arrive.
    Test,
}

impl Mail {
    /// Returns the stored name, for operators.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify-email",
            Self::VerificationRequested => "verification-requested",
            Self::AccountExists => "account-exists",
            Self::ResetRequested => "reset-requested",
            Self::ResetPassword { .. } => "reset-password",
            Self::ConfirmEmail { .. } => "confirm-email",
            Self::VerifyNoticeEmail { .. } => "verify-notice-email",
            Self::Invitation { .. } => "invitation",
            Self::AddressTaken => "address-taken",
            Self::Notice(notice) => notice.name(),
            Self::Test => "test",
        }
    }

    /// Returns the link of the mail.
    #[must_use]
    pub const fn link(&self) -> Option<LinkId> {
        match self {
            Self::VerifyEmail { link }
            | Self::ResetPassword { link }
            | Self::ConfirmEmail { link }
            | Self::VerifyNoticeEmail { link }
            | Self::Invitation { link } => Some(*link),
            Self::Notice(notice) => notice.undo,
            Self::VerificationRequested
            | Self::AccountExists
            | Self::ResetRequested
            | Self::AddressTaken
            | Self::Test => None,
        }
    }
}

/// A mail in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMail {
    /// The address of the recipient, as the user typed it.
    pub to: String,
    /// The content.
    #[serde(flatten)]
    pub mail: Mail,
}

/// Puts a mail into the outbox. It is sent after the commit. Without mail, nothing happens.
///
/// # Errors
/// Returns an error if the database fails.
#[expect(
    clippy::needless_pass_by_value,
    reason = "each caller has just made the mail and has no further use for it"
)]
pub fn queue(tx: &mut Transaction<'_>, user: Option<UserId>, mail: QueuedMail) -> Result<()> {
    let now = tx.now();
    queue_at(tx, user, &mail, None, now)
}

/// Does the same as [`queue`] for a mail that is sent at `due_at`. Until then, the mail of the same
/// group can be changed.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn queue_at(
    tx: &mut Transaction<'_>,
    user: Option<UserId>,
    mail: &QueuedMail,
    group: Option<Digest>,
    due_at: Timestamp,
) -> Result<()> {
    if !tx.state.settings().mail.is_on() {
        return Ok(());
    }
    let payload = serde_json::to_string(mail).map_err(Error::internal)?;
    let job = NewJob {
        kind: JobKind::Mail,
        payload,
        user,
        group,
        due_at,
        give_up_at: due_at.saturating_add(GIVE_UP_AFTER),
    };
    jobs::enqueue(tx, &job).map(drop)
}

/// Creates a link and puts the mail with it into the outbox.
///
/// # Errors
/// Returns an error if the database fails or the process has no signing key.
pub fn queue_link(
    tx: &mut Transaction<'_>,
    new: &NewLink<'_>,
    mail: fn(LinkId) -> Mail,
) -> Result<()> {
    let link = links::create(tx, new)?;
    let queued = QueuedMail {
        to: new.email.as_str().to_owned(),
        mail: mail(link),
    };
    queue(tx, new.user, queued)
}

/// Does the same as [`queue_link`] for a mail that is sent at `due_at`. It replaces the mail of an
/// earlier call for the same user and purpose whose time has not come.
///
/// # Errors
/// The errors of [`queue_link`].
pub fn queue_link_at(
    tx: &mut Transaction<'_>,
    new: &NewLink<'_>,
    user: UserId,
    mail: fn(LinkId) -> Mail,
    due_at: Timestamp,
) -> Result<()> {
    let group = Digest::of(format!("mail {} of {user}", new.purpose.as_str()).as_bytes());
    jobs::delete_waiting(tx, group)?;
    let link = links::create_for(tx, new, due_at)?;
    let queued = QueuedMail {
        to: new.email.as_str().to_owned(),
        mail: mail(link),
    };
    // A mail that is sent now is no part of the group, so that an operator sees its failure.
    let group = (tx.now() < due_at).then_some(group);
    queue_at(tx, Some(user), &queued, group, due_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_form_of_a_mail_stays_the_same() {
        let link = LinkId::nil();
        for (mail, stored) in [
            (
                Mail::VerifyEmail { link },
                r#"{"to":"a@example.com","mail":"verify-email","link":"00000000-0000-0000-0000-000000000000"}"#,
            ),
            (
                Mail::VerificationRequested,
                r#"{"to":"a@example.com","mail":"verification-requested"}"#,
            ),
            (
                Mail::AccountExists,
                r#"{"to":"a@example.com","mail":"account-exists"}"#,
            ),
            (
                Mail::ResetRequested,
                r#"{"to":"a@example.com","mail":"reset-requested"}"#,
            ),
            (
                Mail::ResetPassword { link },
                r#"{"to":"a@example.com","mail":"reset-password","link":"00000000-0000-0000-0000-000000000000"}"#,
            ),
            (
                Mail::ConfirmEmail { link },
                r#"{"to":"a@example.com","mail":"confirm-email","link":"00000000-0000-0000-0000-000000000000"}"#,
            ),
            (
                Mail::Invitation { link },
                r#"{"to":"a@example.com","mail":"invitation","link":"00000000-0000-0000-0000-000000000000"}"#,
            ),
            (Mail::Test, r#"{"to":"a@example.com","mail":"test"}"#),
        ] {
            let queued = QueuedMail {
                to: "a@example.com".to_owned(),
                mail,
            };
            assert_eq!(serde_json::to_string(&queued).unwrap(), stored);
            assert_eq!(serde_json::from_str::<QueuedMail>(stored).unwrap(), queued);
            assert!(stored.contains(&format!("\"{}\"", queued.mail.name())));
        }
    }
}
