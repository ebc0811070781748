//! Recovery codes: replaces them, and shows new ones once.

use actix_web::HttpResponse;
use askama::Template;

use super::{answers::redirect, overview, revocation_choices};
use crate::{
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{self, RevocationChoice},
    http::{
        auth::BrowserUser,
        extract::form_key::form_key,
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Layout},
        return_to::ReturnTo,
    },
    sessions::SessionSecret,
    types::message::notice,
};

#[derive(Template)]
#[template(path = "security/recovery_codes.html")]
struct RecoveryCodesPage {
    layout: Layout,
    /// The codes, one a line.
    codes: SecretString,
    count: usize,
    next: Option<ReturnTo>,
}

/// `GET /account/security/recovery-codes`: shows the codes that the request before made. Some
/// minutes later, or after another page, it leads to the overview.
pub async fn show(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    let Some(codes) = user.recovery_codes() else {
        return user.redirect(paths::SECURITY, &notice::recovery_codes_not_shown());
    };
    let mut layout = user.layout();
    layout.has_new_secret = true;
    html::ok(&RecoveryCodesPage {
        layout,
        count: codes.expose().lines().count(),
        codes,
        next,
    })
}

/// `POST /account/security/recovery-codes`
pub async fn make(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let key = form_key(&fields.text("form_key"));
    let revocation = revocation_choices::take(&mut fields, RevocationChoice::default());
    let made = async {
        fields.check()?;
        let secret = SessionSecret::generate(user.state.random())?;
        let digest = secret.digest();
        let made =
            factors::replace_recovery_codes(&user.state, &user.principal, revocation, key, digest)
                .await;
        let made = user.with_return_address(|| paths::SECURITY.to_owned(), made)?;
        Ok((made, secret))
    };
    match made.await {
        Ok((made, secret)) => {
            user.cookie.renew(&secret)?;
            user.put_recovery_codes(&made.codes)?;
            let message = notice::recovery_codes_made;
            redirect(&user, paths::RECOVERY_CODES, message, made.receipt.as_ref())
        }
        Err(Error::Invalid(errors)) => {
            html::unprocessable(&overview::page(&user, user.field_texts(&errors)).await?)
        }
        Err(other) => Err(other),
    }
}
