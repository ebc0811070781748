//! The removal of the password.

use actix_web::HttpResponse;

use super::{
    endings::{self, OTHER_SESSIONS},
    overview,
    totp::redirect,
};
use crate::{
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        middleware::body::Form,
        paths,
        response::html::{self, see_other},
    },
    passwords,
    sessions::SessionSecret,
    types::message::notice,
};

/// `POST /account/password/remove`
pub async fn remove(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let ending = endings::take(&mut fields, OTHER_SESSIONS);
    let removed = async {
        fields.check()?;
        let secret = SessionSecret::generate(user.context.random())?;
        let (context, caller) = (&user.context, &user.principal);
        let removed = passwords::remove::remove_password(context, caller, ending, secret.digest());
        let receipt = user.with_return_address(|| paths::SECURITY.to_owned(), removed.await)?;
        Ok((receipt, secret))
    };
    match removed.await {
        Ok((receipt, secret)) => {
            user.cookie.renew(&secret)?;
            let message = notice::password_removed;
            redirect(&user, paths::SECURITY, message, receipt.as_ref())
        }
        Err(Error::Invalid(errors)) => {
            let errors = errors.renamed("also", "password-also");
            let mut page = overview::page(&user, user.field_texts(&errors)).await?;
            page.after_password = ending;
            html::unprocessable(&page)
        }
        // A second click: the password is gone already.
        Err(Error::NotFound) => Ok(see_other(&user.address(paths::SECURITY))),
        Err(other) => Err(other),
    }
}
