//! The removal of the password.

use actix_web::HttpResponse;

use super::{
    answers, overview,
    revocation_choices::{self, OTHER_SESSIONS},
};
use crate::{
    error::{Error, Result},
    http::{auth::BrowserUser, middleware::body::Form, paths, response::html},
    passwords::remove::remove_password,
    types::message::notice,
};

/// `POST /account/password/remove`
pub async fn remove(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let revocation = revocation_choices::take(&mut fields, OTHER_SESSIONS);
    let (state, caller) = (&user.state, &user.principal);
    let removed = async {
        fields.check()?;
        answers::remove(
            &user,
            paths::SECURITY,
            notice::password_removed,
            async |renewed| remove_password(state, caller, revocation, renewed).await,
        )
        .await
    };
    match removed.await {
        Err(Error::Invalid(errors)) => {
            let errors = errors.renamed("also", "password-also");
            let mut page = overview::page(&user, user.field_texts(&errors)).await?;
            page.after_password = revocation;
            html::unprocessable(&page)
        }
        other => other,
    }
}
