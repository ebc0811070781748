//! The pages that confirm a new e-mail address, cancel it, undo a change, and verify the second
//! address.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::{email_change, notice_email},
    credentials::RevocationReceipt,
    error::{Error, Result},
    http::{
        auth::{BrowserUser, ClientInfo, OptionalUser},
        middleware::body::{Form, Query},
        pages::mailed_link::{check_form, invalid},
        paths,
        response::html::{self, Layout, see_other},
    },
    mail::links::Purpose,
    sessions::SessionSecret,
    types::message::notice,
};

/// The page of a link. A program that follows links changes nothing, because only its form does.
#[derive(Template)]
#[template(path = "email/link.html")]
struct LinkPage {
    layout: Layout,
    /// The path of the form.
    path: &'static str,
    /// The name of the link in the form.
    link: String,
    texts: Texts,
}

struct Texts {
    title: String,
    lead: String,
    hint: String,
    button: String,
}

/// `GET /email/confirm`
pub async fn confirm_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    let layout = user.layout();
    let texts = |email: String| Texts {
        title: layout.text("confirm-email-title"),
        lead: layout.text_with("confirm-email-lead", &[("email", email.into())]),
        hint: String::new(),
        button: layout.text("confirm-email-button"),
    };
    let link = (Purpose::ConfirmEmail, paths::EMAIL_CONFIRM);
    show(&user, query, link, texts).await
}

/// `POST /email/confirm`
pub async fn confirm(
    user: OptionalUser,
    client: ClientInfo,
    mut form: Form,
) -> Result<HttpResponse> {
    user.require_mail()?;
    check_form(&user, Purpose::ConfirmEmail, &mut form.0)?;
    let Some(secret) = user.cookie.link(Purpose::ConfirmEmail) else {
        return invalid(&user, Purpose::ConfirmEmail);
    };
    let renewed = SessionSecret::generate(user.state.random())?;
    let caller = user.principal.as_deref();
    let (state, digest) = (&user.state, renewed.digest());
    match email_change::confirm(state, &secret, caller, digest, client.ip).await {
        Ok(confirmed) => {
            user.cookie.remove_link();
            let path = match confirmed.is_renewed {
                true => {
                    user.cookie.renew(&renewed)?;
                    paths::PROFILE
                }
                false => paths::LOGIN,
            };
            let count = RevocationReceipt::count_of(confirmed.receipt.as_ref());
            user.redirect(path, &count.message(notice::email_changed))
        }
        Err(Error::NotFound) => invalid(&user, Purpose::ConfirmEmail),
        Err(other) => Err(other),
    }
}

/// `POST /email/cancel`
pub async fn cancel(user: BrowserUser) -> Result<HttpResponse> {
    if !user.state.settings().mail.is_on() {
        return Err(Error::NotFound);
    }
    email_change::cancel(&user.state, &user.principal).await?;
    user.redirect(paths::PROFILE, &notice::email_change_cancelled())
}

/// `GET /email/undo`
pub async fn undo_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    let layout = user.layout();
    let texts = |email: String| Texts {
        title: layout.text("undo-email-title"),
        lead: layout.text_with("undo-email-lead", &[("email", email.into())]),
        hint: layout.text("undo-email-ends"),
        button: layout.text("undo-email-button"),
    };
    let link = (Purpose::UndoEmail, paths::EMAIL_UNDO);
    show(&user, query, link, texts).await
}

/// `POST /email/undo`
///
/// Leads to the page that sets a new password, because a thief of the account may know the current
/// one.
pub async fn undo(user: OptionalUser, client: ClientInfo, mut form: Form) -> Result<HttpResponse> {
    user.require_mail()?;
    check_form(&user, Purpose::UndoEmail, &mut form.0)?;
    let Some(secret) = user.cookie.link(Purpose::UndoEmail) else {
        return invalid(&user, Purpose::UndoEmail);
    };
    match email_change::undo(&user.state, &secret, client.ip).await {
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
pub async fn notices_form(user: OptionalUser, query: Query) -> Result<HttpResponse> {
    let layout = user.layout();
    let texts = |email: String| Texts {
        title: layout.text("notice-email-title"),
        lead: layout.text_with("notice-email-lead", &[("email", email.into())]),
        hint: String::new(),
        button: layout.text("confirm-email-button"),
    };
    let link = (Purpose::VerifyNoticeEmail, paths::NOTICE_EMAIL_CONFIRM);
    show(&user, query, link, texts).await
}

/// `POST /email/notices`
pub async fn verify_for_notices(user: OptionalUser, mut form: Form) -> Result<HttpResponse> {
    user.require_mail()?;
    let purpose = Purpose::VerifyNoticeEmail;
    check_form(&user, purpose, &mut form.0)?;
    let Some(secret) = user.cookie.link(purpose) else {
        return invalid(&user, purpose);
    };
    match notice_email::verify(&user.state, &secret).await {
        Ok(()) => {
            user.cookie.remove_link();
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

/// Shows the page of a link with the address that the account gets.
///
/// The secret of the link moves into the signed cookie at once, so it is in no later address.
async fn show(
    user: &OptionalUser,
    mut query: Query,
    (purpose, path): (Purpose, &'static str),
    texts: impl FnOnce(String) -> Texts,
) -> Result<HttpResponse> {
    user.require_mail()?;
    let token = query.0.text("token");
    if !token.is_empty() {
        user.cookie.keep_link(purpose, &token)?;
        return Ok(see_other(&user.address(path)));
    }
    let Some(secret) = user.cookie.link(purpose) else {
        return invalid(user, purpose);
    };
    match email_change::address_of_link(&user.state, purpose, &secret).await? {
        Some(email) => html::ok(&LinkPage {
            layout: user.layout(),
            path,
            link: secret.form_name(),
            texts: texts(email),
        }),
        None => invalid(user, purpose),
    }
}
