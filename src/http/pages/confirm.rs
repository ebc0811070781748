//! The page that confirms the password before a sensitive change.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::form_key::{form_key, new_form_key},
        middleware::body::{Form, Query},
        paths,
        response::{
            components::Refused,
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
        return_to::{ReturnTo, or_page},
    },
    i18n::humanize,
    sessions,
    types::message::field,
};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Layout,
    email: String,
    lasts: String,
    next: String,
    refused: Option<Refused>,
    errors: FieldTexts,
    form_key: String,
}

impl ConfirmPage {
    fn new(user: &BrowserUser, next: Option<&ReturnTo>) -> Result<Self> {
        Ok(Self {
            frame: user.frame(),
            email: user.principal.user().email.clone(),
            lasts: humanize::length(
                user.language(),
                user.context.settings().sessions.confirm_for,
            ),
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            refused: None,
            errors: FieldTexts::default(),
            form_key: new_form_key(&user.context)?,
        })
    }
}

/// `GET /account/confirm`
pub async fn form(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.context.settings());
    html::ok(&ConfirmPage::new(&user, next.as_ref())?)
}

/// `POST /account/confirm`
pub async fn confirm(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let password = SecretString::new(fields.text("password"));
    let next = ReturnTo::take(&mut fields, user.context.settings());
    let key = form_key(&fields.text("form_key"));
    fields.check()?;
    match sessions::reauthenticate(&user.context, &user.principal, password, key).await {
        Ok(secret) => {
            user.cookie.renew(&secret)?;
            let page = or_page(next, user.context.mount(), paths::ACCOUNT);
            Ok(see_other(&page))
        }
        Err(Error::WrongPassword) => {
            let page = ConfirmPage::new(&user, next.as_ref())?;
            html::unprocessable(&ConfirmPage {
                errors: FieldTexts::one("password", user.text(&field::password_wrong())),
                ..page
            })
        }
        Err(error @ Error::Throttled(_)) => {
            let page = ConfirmPage::new(&user, next.as_ref())?;
            html::refused(
                &error,
                &ConfirmPage {
                    refused: Some(Refused::by(&error, user.language())),
                    ..page
                },
            )
        }
        Err(other) => Err(other),
    }
}
