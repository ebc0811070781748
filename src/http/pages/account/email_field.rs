//! The part of the profile form about a change of the e-mail address.

use crate::{
    accounts::email_change,
    error::Result,
    factors::{Endable, Ending},
    http::{auth::BrowserUser, pages::security::endings::OTHER_SESSIONS},
};

/// The contents of the form if mail is on.
pub(super) struct EmailField {
    /// The address that waits for its confirmation.
    pub(super) pending: Option<String>,
    /// The numbers of the credentials that the change can revoke.
    pub(super) endable: Endable,
    /// The ticked choices.
    pub(super) ending: Ending,
}

impl EmailField {
    /// Returns `None` if mail is off. An address then changes at once.
    pub(super) async fn of(user: &BrowserUser) -> Result<Option<Self>> {
        let context = &user.context;
        if !context.settings().mail.is_on() {
            return Ok(None);
        }
        let (account, session) = (user.principal.user().id, user.principal.credential().id);
        Ok(Some(Self {
            pending: email_change::pending(context, account).await?,
            endable: Endable::of(context, account, session).await?,
            ending: OTHER_SESSIONS,
        }))
    }
}
