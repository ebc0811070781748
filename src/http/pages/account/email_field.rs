//! The part of the profile form about a change of the e-mail address.

use crate::{
    accounts::{
        email_change::{self, MailedAt},
        notice_email,
    },
    error::Result,
    factors::RevocationChoice,
    http::{
        auth::BrowserUser, pages::security::revocation_choices::OTHER_SESSIONS,
        response::relative_time::RelativeTime,
    },
    mail::links::Purpose,
    types::{email::Email, fields::Fields},
};

/// The contents of the form.
pub(super) struct EmailField {
    /// Whether mail is on. Otherwise an address changes at once, and there is no second one.
    pub(super) has_mail: bool,
    /// The address that waits for its confirmation.
    pub(super) pending: Option<PendingField>,
    /// The ticked choices.
    pub(super) revocation: RevocationChoice,
    /// The second address. It is empty if there is none.
    pub(super) notice_email: String,
    /// Whether the second address waits for its verification.
    pub(super) notice_email_pending: bool,
    /// The time at which the mail to the second address is sent, if it waits.
    pub(super) notice_email_mailed: Option<RelativeTime>,
}

/// The address that waits for its confirmation.
pub(super) struct PendingField {
    pub(super) address: String,
    /// The time at which the mail is sent, if it waits.
    pub(super) mailed: Option<RelativeTime>,
}

impl EmailField {
    /// Returns the field of a form that has no errors yet.
    pub(super) async fn of(user: &BrowserUser) -> Result<Self> {
        let (state, account) = (&user.state, user.principal.user().id);
        if !state.settings().mail.is_on() {
            return Ok(Self {
                has_mail: false,
                pending: None,
                revocation: OTHER_SESSIONS,
                notice_email: String::new(),
                notice_email_pending: false,
                notice_email_mailed: None,
            });
        }
        let later = |mailed: MailedAt| {
            let at = mailed.later()?;
            Some(RelativeTime::future(user.language(), state.now(), at))
        };
        let pending = async |purpose| email_change::pending(state, account, purpose).await;
        let second = notice_email::find(state, account).await?;
        let of_second = pending(Purpose::VerifyNoticeEmail).await?;
        Ok(Self {
            has_mail: true,
            pending: pending(Purpose::ConfirmEmail)
                .await?
                .map(|pending| PendingField {
                    mailed: later(pending.mailed),
                    address: pending.address,
                }),
            revocation: OTHER_SESSIONS,
            notice_email_pending: second.as_ref().is_some_and(|second| !second.is_verified),
            notice_email_mailed: of_second.and_then(|pending| later(pending.mailed)),
            notice_email: second.map_or_else(String::new, |second| second.address),
        })
    }
}

/// Reads the field `notice_email`. A form without it leaves the second address as it is, and an empty
/// field removes it. Returns the typed text as well.
pub(super) fn read_notice_email(fields: &mut Fields) -> (String, Option<Option<Email>>) {
    let typed = fields.many("notice_email").into_iter().next();
    let Some(typed) = typed else {
        return (String::new(), None);
    };
    if typed.trim().is_empty() {
        return (typed, Some(None));
    }
    let email = fields.errors().take("notice_email", Email::parse(&typed));
    (typed, email.map(Some))
}
