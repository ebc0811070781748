//! The page that confirms the password or a second factor before a sensitive change.

use actix_web::HttpResponse;
use askama::Template;

use super::relying_party;
use crate::{
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{self, Code, verify::missing_code},
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
    sessions::{self, ConfirmedByCode},
    types::{
        fields::Fields,
        message::{field, notice},
    },
};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    layout: Layout,
    email: String,
    lasts: String,
    next: String,
    asks: RequiredProof,
    /// Whether the user has an authenticator app.
    has_app: bool,
    /// The relying party, if the user has a passkey.
    relying_party: Option<String>,
    /// The app that asks for the confirmation. `None` for a page of Narthex.
    app: Option<String>,
    /// The path of this page.
    here: String,
    refused: Option<Refused>,
    errors: FieldTexts,
    form_key: String,
}

/// The proofs that the page offers.
#[derive(Clone, Copy)]
struct OfferedProofs {
    asks: RequiredProof,
    has_app: bool,
    passkey: bool,
}

/// The proof that the form of the page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequiredProof {
    /// The password: the user has no second factor.
    Password,
    /// A code or the password.
    Either,
    /// A code.
    Code,
}

impl ConfirmPage {
    fn new(user: &BrowserUser, offer: OfferedProofs, next: Option<&ReturnTo>) -> Result<Self> {
        Ok(Self {
            layout: user.layout(),
            email: user.principal.user().email.clone(),
            lasts: humanize::length(user.language(), user.state.settings().sessions.confirm_for),
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            asks: offer.asks,
            has_app: offer.has_app,
            relying_party: match offer.passkey {
                true => relying_party(&user.state),
                false => None,
            },
            app: next.and_then(|next| app_name(user, next)),
            here: match offer.asks {
                RequiredProof::Code => paths::confirm_second_factor(next.map(ReturnTo::as_str)),
                RequiredProof::Password | RequiredProof::Either => {
                    ReturnTo::append_to(paths::CONFIRM, next)
                }
            },
            refused: None,
            errors: FieldTexts::default(),
            form_key: new_form_key(&user.state)?,
        })
    }
}

/// Returns the name of the app to which `next` leads: its host, or on this host the name in the
/// settings. `None` for a page of Narthex.
fn app_name(user: &BrowserUser, next: &ReturnTo) -> Option<String> {
    let settings = user.state.settings();
    if let Some(host) = next.host() {
        return Some(host);
    }
    let path = next.as_str().split(['?', '#']).next();
    let path = path.and_then(|path| user.state.mount().relative(path));
    let rest = path.and_then(|path| path.strip_prefix(paths::ACCOUNT));
    let is_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    (!is_own).then(|| settings.branding.app_name.clone())
}

/// Returns the proofs to offer, or the redirect to another page. `acr` is the level that the change
/// needs.
async fn offer(
    user: &BrowserUser,
    acr: &str,
    next: Option<&ReturnTo>,
) -> Result<Result<OfferedProofs, HttpResponse>> {
    let summary = factors::summary(&user.state, user.principal.user().id).await?;
    let asks = match (summary.has_second_factor(), summary.has_password, acr) {
        (true, true, "2") | (true, false, _) => RequiredProof::Code,
        (true, true, _) => RequiredProof::Either,
        (false, true, "2") => return to_enrolment(user, next).map(Err),
        (false, true, _) => RequiredProof::Password,
        // An operator has removed the last passkey.
        (false, false, _) => return to_password_link(user).map(Err),
    };
    let passkey = !summary.passkeys.is_empty();
    let has_app = summary.app.is_some();
    Ok(Ok(OfferedProofs {
        asks,
        has_app,
        passkey,
    }))
}

/// `GET /account/confirm`. A user without a second factor is led to set one up if the change needs
/// one.
pub async fn form(user: BrowserUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    match offer(&user, &query.0.text("acr"), next.as_ref()).await? {
        Ok(offer) => html::ok(&ConfirmPage::new(&user, offer, next.as_ref())?),
        Err(redirect) => Ok(redirect),
    }
}

/// Leads a user without a second factor to set one up, and then to `next`.
fn to_enrolment(user: &BrowserUser, next: Option<&ReturnTo>) -> Result<HttpResponse> {
    let page = ReturnTo::append_to(paths::TOTP, next);
    user.redirect(&page, &notice::second_factor_needed())
}

/// Leads a user without a password and a second factor to a link that sets a password.
fn to_password_link(user: &BrowserUser) -> Result<HttpResponse> {
    if user.state.settings().mail.is_on() {
        user.redirect(paths::PASSWORD_FORGOT, &notice::password_link_needed())
    } else {
        user.redirect(paths::SECURITY, &notice::password_needs_operator())
    }
}

/// `POST /account/confirm`
pub async fn confirm(user: BrowserUser, form: Form, mut query: Query) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = ReturnTo::take_either(&mut fields, &mut query.0, user.state.settings());
    let offer = match offer(&user, &fields.text("acr"), next.as_ref()).await? {
        Ok(offer) => offer,
        Err(redirect) => return Ok(redirect),
    };
    match confirm_one(&user, fields, offer.asks).await {
        Ok(confirmed) => {
            user.cookie.renew(&confirmed.secret)?;
            onward(&user, confirmed, next)
        }
        Err(Error::WrongPassword) => {
            let page = ConfirmPage::new(&user, offer, next.as_ref())?;
            html::unprocessable(&ConfirmPage {
                errors: FieldTexts::one("password", user.text(&field::password_wrong())),
                ..page
            })
        }
        Err(Error::Invalid(errors)) => {
            let page = ConfirmPage::new(&user, offer, next.as_ref())?;
            html::unprocessable(&ConfirmPage {
                errors: user.field_texts(&errors),
                ..page
            })
        }
        Err(error @ Error::Throttled(_)) => {
            let page = ConfirmPage::new(&user, offer, next.as_ref())?;
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

/// Confirms the code if the form has one, otherwise the password.
async fn confirm_one(
    user: &BrowserUser,
    mut fields: Fields,
    asks: RequiredProof,
) -> Result<ConfirmedByCode> {
    let (state, caller) = (&user.state, &user.principal);
    let password = SecretString::new(fields.text("password"));
    let key = form_key(&fields.text("form_key"));
    let mut fields = fields.without_empty(&["code"]);
    let code = fields.read("code", Code::parse);
    fields.check()?;
    match (code, asks) {
        (Some(code), _) => sessions::confirm_by_code(state, caller, code, key).await,
        (None, RequiredProof::Code) => Err(missing_code()),
        (None, RequiredProof::Password | RequiredProof::Either) => {
            let secret = sessions::reauthenticate(state, caller, password, key).await?;
            Ok(ConfirmedByCode {
                secret,
                replacement: None,
            })
        }
    }
}

/// Leads to `next`. A user who entered a recovery code sees first the one that replaces it.
fn onward(
    user: &BrowserUser,
    confirmed: ConfirmedByCode,
    next: Option<ReturnTo>,
) -> Result<HttpResponse> {
    let Some(code) = confirmed.replacement else {
        let page = or_page(next, user.state.mount(), paths::ACCOUNT);
        return Ok(see_other(&page));
    };
    user.put_recovery_codes(&[code])?;
    let page = ReturnTo::append_to(paths::RECOVERY_CODES, next.as_ref());
    user.redirect(&page, &notice::recovery_code_replaced())
}
