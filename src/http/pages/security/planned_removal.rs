//! Removals of a factor that an operator has planned, on the overview and on the page to
//! which notices lead.

use actix_web::HttpResponse;

use super::answers::to_overview;
use crate::{
    error::{Error, Result},
    factors::{self, PlannedRemoval},
    http::{
        auth::BrowserUser, extract::path::PathId, middleware::body::Form, paths,
        response::relative_time::RelativeTime,
    },
    types::{ids::FactorTag, message::notice},
};

/// A planned removal as the pages show it.
pub(in crate::http::pages) struct RemovalRow {
    /// The name of the passkey. `None`: it is the authenticator app.
    pub(in crate::http::pages) passkey: Option<String>,
    pub(in crate::http::pages) reason: String,
    pub(in crate::http::pages) at: RelativeTime,
    /// The path that cancels it.
    pub(in crate::http::pages) cancel: String,
}

impl RemovalRow {
    /// Returns the planned removals of the user's factors.
    ///
    /// # Errors
    /// Database errors.
    pub(in crate::http::pages) async fn all(user: &BrowserUser) -> Result<Vec<Self>> {
        let account = user.principal.user().id;
        let planned = factors::planned_removals(&user.state, account).await?;
        Ok(planned.into_iter().map(|one| Self::of(user, one)).collect())
    }

    fn of(user: &BrowserUser, planned: PlannedRemoval) -> Self {
        let (language, now) = (user.language(), user.state.now());
        Self {
            passkey: planned.passkey,
            reason: planned.reason,
            at: RelativeTime::future(language, now, planned.due_at),
            cancel: paths::removal_cancel(planned.factor),
        }
    }
}

/// `POST /account/security/removals/{id}/cancel`
pub async fn cancel(user: BrowserUser, id: PathId<FactorTag>, form: Form) -> Result<HttpResponse> {
    form.0.check()?;
    match factors::cancel_removal(&user.state, &user.principal, id.0).await {
        Err(Error::NotFound) => return to_overview(&user, &notice::no_planned_removal()),
        cancelled => cancelled?,
    }
    user.redirect(paths::SECURITY, &notice::factor_removal_cancelled())
}
