//! The pages that confirm a new e-mail address, cancel it, undo a change, and verify the second
//! address.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::{email_change, notice_email},
    error::{Error, Result},
    http::{
        auth::{BrowserUser, ClientInfo, OptionalUser},
        middleware::body::Query,
        pages::mailed_link::invalid,
        paths,
        response::html::{self, Layout, see_other},
    },
    mail::links::Purpose,
    sessions::SessionSecret,
    types::message::notice,
};

#[derive(Template)]
#[template(path = "email/confirm.html")]
struct ConfirmPage {
    frame: Layout,
    email: String,
}

#[derive(Template)]
#[template(path = "email/undo.html")]
struct UndoPage {
    frame: Layout,
    email: String,
}

#[derive(Template)]
#[template(path = "email/notices.html")]
struct NoticesPage {
    frame: Layout,
    email: String,
}

/// `GET /email/confirm`
///
/// The secret of the link moves into the signed cookie at once. So it is in no later address, and a
/// program that follows links changes nothing.
pub async fn confirm_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    match follow(&user, query, Purpose::ConfirmEmail, paths::EMAIL_CONFIRM).await? {
        Followed::Works(email) => html::ok(&ConfirmPage {
            frame: user.frame(),
            email,
        }),
        Followed::Other(answer) => Ok(answer),
    }
}

/// `POST /email/confirm`
pub async fn confirm(user: OptionalUser, origin: ClientInfo) -> Result<HttpResponse> {
    user.require_mail()?;
    let Some(secret) = user.cookie.link(Purpose::ConfirmEmail) else {
        return invalid(&user, Purpose::ConfirmEmail);
    };
    let renewed = SessionSecret::generate(user.context.random())?;
    let caller = user.principal.as_deref();
    let (context, digest) = (&user.context, renewed.digest());
    match email_change::confirm(context, &secret, caller, digest, origin.ip).await {
        Ok(is_renewed) => {
            user.cookie.forget_link();
            if is_renewed {
                user.cookie.renew(&renewed)?;
            }
            let path = if is_renewed {
                paths::PROFILE
            } else {
                paths::LOGIN
            };
            user.redirect(path, &notice::email_changed())
        }
        Err(Error::NotFound) => invalid(&user, Purpose::ConfirmEmail),
        Err(other) => Err(other),
    }
}

/// `POST /email/cancel`
pub async fn cancel(user: BrowserUser) -> Result<HttpResponse> {
    if !user.context.settings().mail.is_on() {
        return Err(Error::NotFound);
    }
    email_change::cancel(&user.context, &user.principal).await?;
    user.redirect(paths::PROFILE, &notice::email_change_cancelled())
}

/// `GET /email/undo`
///
/// The secret of the link moves into the signed cookie, as in [`confirm_form`].
pub async fn undo_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    match follow(&user, query, Purpose::UndoEmail, paths::EMAIL_UNDO).await? {
        Followed::Works(email) => html::ok(&UndoPage {
            frame: user.frame(),
            email,
        }),
        Followed::Other(answer) => Ok(answer),
    }
}

/// `POST /email/undo`
///
/// Leads to the page that sets a new password, because a thief of the account may know the current
/// one.
pub async fn undo(user: OptionalUser, origin: ClientInfo) -> Result<HttpResponse> {
    user.require_mail()?;
    let Some(secret) = user.cookie.link(Purpose::UndoEmail) else {
        return invalid(&user, Purpose::UndoEmail);
    };
    match email_change::undo(&user.context, &secret, origin.ip).await {
        Ok(reset) => {
            let purpose = Purpose::ResetPassword;
            user.cookie.keep_link(purpose, reset.expose())?;
            user.redirect(paths::PASSWORD_RESET, &notice::email_change_undone())
        }
        Err(Error::NotFound) => invalid(&user, Purpose::UndoEmail),
        Err(other) => Err(other),
    }
}

/// `GET /email/notices`
///
/// The secret of the link moves into the signed cookie, as in [`confirm_form`].
pub async fn notices_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    let purpose = Purpose::VerifyNoticeEmail;
    match follow(&user, query, purpose, paths::NOTICE_EMAIL_CONFIRM).await? {
        Followed::Works(email) => html::ok(&NoticesPage {
            frame: user.frame(),
            email,
        }),
        Followed::Other(answer) => Ok(answer),
    }
}

/// `POST /email/notices`
pub async fn verify_for_notices(user: OptionalUser) -> Result<HttpResponse> {
    user.require_mail()?;
    let purpose = Purpose::VerifyNoticeEmail;
    let Some(secret) = user.cookie.link(purpose) else {
        return invalid(&user, purpose);
    };
    match notice_email::verify(&user.context, &secret).await {
        Ok(()) => {
            user.cookie.forget_link();
            let path = match user.principal {
                Some(_) => paths::PROFILE,
                None => paths::LOGIN,
            };
            user.redirect(path, &notice::email_verified())
        }
        Err(Error::NotFound) => invalid(&user, purpose),
        Err(other) => Err(other),
    }
}

/// The result of following a link.
enum Followed {
    /// The link works. The address is the one that the account gets.
    Works(String),
    /// Another page or a redirect.
    Other(HttpResponse),
}

async fn follow(
    user: &OptionalUser,
    mut query: Query,
    purpose: Purpose,
    path: &str,
) -> Result<Followed> {
    user.require_mail()?;
    let token = query.0.text("token");
    if !token.is_empty() {
        user.cookie.keep_link(purpose, &token)?;
        return Ok(Followed::Other(see_other(&user.address(path))));
    }
    let address = match user.cookie.link(purpose) {
        Some(secret) => email_change::address_of_link(&user.context, purpose, &secret).await?,
        None => None,
    };
    match address {
        Some(address) => Ok(Followed::Works(address)),
        None => invalid(user, purpose).map(Followed::Other),
    }
}
