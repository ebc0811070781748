//! The part of the profile form about a change of the e-mail address.

use crate::{
    accounts::{email_change, notice_email},
    error::Result,
    factors::Ending,
    http::{auth::BrowserUser, pages::security::endings::OTHER_SESSIONS},
    types::{email::Email, fields::Fields},
};

/// The contents of the form.
pub(super) struct EmailField {
    /// Whether mail is on. Otherwise an address changes at once, and there is no second one.
    pub(super) has_mail: bool,
    /// The address that waits for its confirmation.
    pub(super) pending: Option<String>,
    /// The ticked choices.
    pub(super) ending: Ending,
    /// The second address. It is empty if there is none.
    pub(super) notice_email: String,
    /// Whether the second address waits for its verification.
    pub(super) notice_email_pending: bool,
}

impl EmailField {
    /// Returns the field of a form that has no errors yet.
    pub(super) async fn of(user: &BrowserUser) -> Result<Self> {
        let (context, account) = (&user.context, user.principal.user().id);
        if !context.settings().mail.is_on() {
            return Ok(Self {
                has_mail: false,
                pending: None,
                ending: OTHER_SESSIONS,
                notice_email: String::new(),
                notice_email_pending: false,
            });
        }
        let second = notice_email::find(context, account).await?;
        Ok(Self {
            has_mail: true,
            pending: email_change::pending(context, account).await?,
            ending: OTHER_SESSIONS,
            notice_email_pending: second.as_ref().is_some_and(|second| !second.is_verified),
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
