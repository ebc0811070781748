//! The second step of a sign-in: a code or a passkey, or the password after a passkey.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;

use super::relying_party;
use crate::{
    app_state::AppState,
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{Code, FactorMethod, verify::missing_code},
    http::{
        auth::{BrowserCookie, ClientInfo, OptionalUser, TrustCookie},
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
    passwords::verify::{missing_password, wrong_password_in},
    sessions::{self, Completed, SecondStep, SignIn},
    types::message::notice,
};

#[derive(Template)]
#[template(path = "login_verify.html")]
struct SecondStepPage {
    layout: Layout,
    next: String,
    /// Whether the password is missing, and not a second factor.
    asks_password: bool,
    /// Whether the user has an authenticator app.
    has_app: bool,
    /// The host name of passkeys, if the user can use one.
    relying_party: Option<String>,
    /// For how long the user can trust the browser.
    trust_for: Option<Duration>,
    /// Whether the user asks to trust the browser.
    trust: bool,
    errors: FieldTexts,
    refused: Option<Refused>,
    form_key: String,
}

impl SecondStepPage {
    fn new(user: &OptionalUser, step: &SecondStep, next: Option<&ReturnTo>) -> Result<Self> {
        Ok(Self {
            trust_for: match step {
                SecondStep::Password => None,
                SecondStep::SecondFactor(_) => user.state.settings().sessions.trust_browser,
            },
            trust: false,
            asks_password: *step == SecondStep::Password,
            has_app: match step {
                SecondStep::Password => false,
                SecondStep::SecondFactor(methods) => methods.contains(&FactorMethod::Totp),
            },
            relying_party: match step {
                SecondStep::SecondFactor(methods) if methods.contains(&FactorMethod::Passkey) => {
                    relying_party(&user.state)
                }
                _ => None,
            },
            layout: user.layout(),
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            errors: FieldTexts::default(),
            refused: None,
            form_key: new_form_key(&user.state)?,
        })
    }
}

/// `GET /login/verify`
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    match step_of(&user).await? {
        Some(step) => html::ok(&SecondStepPage::new(&user, &step, next.as_ref())?),
        // The user has gone back after the sign-in.
        None if user.principal.is_some() => {
            user.cookie.end_attempt();
            Ok(see_other(&or_page(
                next,
                user.state.mount(),
                paths::ACCOUNT,
            )))
        }
        None => restart_sign_in(&user, next.as_ref()),
    }
}

/// Returns the proof by which the sign-in of the browser can be completed.
async fn step_of(user: &OptionalUser) -> Result<Option<SecondStep>> {
    match user.cookie.attempt() {
        Some(attempt) => sessions::open_step(&user.state, &attempt).await,
        None => Ok(None),
    }
}

/// `POST /login/verify`
pub async fn verify(
    user: OptionalUser,
    client: ClientInfo,
    form: Form,
    mut query: Query,
) -> Result<HttpResponse> {
    let mut fields = form.0;
    let password = fields.one("password").map(SecretString::new);
    let code = fields.read("code", Code::parse);
    let trust = fields.text("trust") == "on";
    let key = form_key(&fields.text("form_key"));
    let next = ReturnTo::take_either(&mut fields, &mut query.0, user.state.settings());
    let Some(attempt) = user.cookie.attempt() else {
        return restart_sign_in(&user, next.as_ref());
    };
    // A second click finds no open step.
    let step = step_of(&user).await?;
    let step = step.unwrap_or(SecondStep::SecondFactor(Vec::new()));
    let cookies = BrowserCookies {
        known: user.browser()?,
        trusted: user.trust(&attempt, trust && password.is_none())?,
    };
    let completed = async {
        fields.check()?;
        let state = &user.state;
        let details = SignIn {
            form_key: key,
            ..cookies.sign_in_parameters(&user, client).await?
        };
        match password {
            Some(password) => {
                let completed =
                    sessions::complete_by_password(state, &attempt, password, details).await;
                completed.map_err(|error| wrong_password_in("password", error))
            }
            None => {
                let code = code.ok_or_else(|| missing(&step))?;
                sessions::complete_by_code(state, attempt, code, details).await
            }
        }
    };
    match completed.await {
        Ok(Some(completed)) => enter(&user, completed, next, cookies),
        Ok(None) => restart_sign_in(&user, next.as_ref()),
        Err(Error::Invalid(errors)) => html::unprocessable(&SecondStepPage {
            errors: FieldTexts::new(user.language(), &errors),
            trust,
            ..SecondStepPage::new(&user, &step, next.as_ref())?
        }),
        Err(error @ Error::Throttled(_)) => html::refused(
            &error,
            &SecondStepPage {
                refused: Some(Refused::by(&error, user.language())),
                trust,
                ..SecondStepPage::new(&user, &step, next.as_ref())?
            },
        ),
        Err(other) => Err(other),
    }
}

/// Returns the error of a form without the proof that the step takes.
fn missing(step: &SecondStep) -> Error {
    match step {
        SecondStep::Password => missing_password(),
        SecondStep::SecondFactor(_) => missing_code(),
    }
}

/// The cookies that a completed sign-in sends besides that of the session.
pub(super) struct BrowserCookies {
    /// The cookie of a known browser.
    pub(super) known: Option<BrowserCookie>,
    /// The cookie of a browser that the user asks to trust.
    pub(super) trusted: Option<TrustCookie>,
}

impl BrowserCookies {
    /// Returns the parameters of a sign-in that sends these cookies.
    pub(super) async fn sign_in_parameters(
        &self,
        user: &OptionalUser,
        client: ClientInfo,
    ) -> Result<SignIn> {
        let parameters = user.sign_in_parameters(client, self.known.as_ref()).await?;
        Ok(parameters.trusting(self.trusted.as_ref().map(TrustCookie::digest)))
    }

    fn send(self, state: &AppState, response: &mut HttpResponse) -> Result<()> {
        if let Some(known) = self.known {
            known.send(response)?;
        }
        match self.trusted {
            Some(trusted) => trusted.send(state, response),
            None => Ok(()),
        }
    }
}

/// Signs the browser in. A user who entered a recovery code sees first the one that replaces it.
pub(super) fn enter(
    user: &OptionalUser,
    completed: Completed,
    next: Option<ReturnTo>,
    cookies: BrowserCookies,
) -> Result<HttpResponse> {
    user.cookie.sign_in(&completed.secret, completed.remember)?;
    let mut response = match completed.replacement {
        None => see_other(&or_page(next, user.state.mount(), paths::ACCOUNT)),
        Some(code) => {
            user.cookie
                .put_recovery_codes(&user.state, completed.user, &[code])?;
            let page = ReturnTo::append_to(paths::RECOVERY_CODES, next.as_ref());
            user.redirect(&page, &notice::recovery_code_replaced())?
        }
    };
    cookies.send(&user.state, &mut response)?;
    Ok(response)
}

/// Leads to the first step again.
pub(super) fn restart_sign_in(
    user: &OptionalUser,
    next: Option<&ReturnTo>,
) -> Result<HttpResponse> {
    user.cookie.end_attempt();
    let page = ReturnTo::append_to(paths::LOGIN, next);
    user.redirect(&page, &notice::sign_in_attempt_over())
}
