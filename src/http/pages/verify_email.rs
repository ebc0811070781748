//! The page that verifies an e-mail address with the link or the code of a mail.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::email_verification,
    audit::Actor,
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        address::Address,
        auth::{ClientInfo, OptionalUser},
        middleware::body::{Form, Query},
        pages::mailed_link::{check_form, invalid, link_and_target},
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
            relative_time::RelativeTime,
        },
    },
    mail::links::{LinkCode, LinkSecret, Purpose},
    passwords::{
        reset::ResetTarget,
        set_by_link::{PasswordByLink, set_by_link},
        verify::authenticate,
    },
    rate_limit::mails::MailAllowance,
    types::{
        email::Email,
        fields::{FieldErrors, Fields},
        message::{field, notice},
    },
};

#[derive(Template)]
#[template(path = "verify_email/show.html")]
struct VerifyEmailPage {
    layout: Layout,
    state: State,
    errors: FieldTexts,
}

/// The action that the page offers. `link` is the name of the link in a form.
enum State {
    /// One button: the browser is signed in to the account of the link.
    Confirm { email: String, link: String },
    /// The password of the account of the link, or a new one.
    Password { email: String, link: String },
    /// A code: the browser is signed in to an account that waits for its verification.
    Code {
        email: String,
        /// The time at which another mail can be sent, if a limit is reached.
        again: Option<RelativeTime>,
    },
    /// Another mail: the browser has no link that works.
    Wait,
}

impl State {
    /// Returns whether the page offers another mail.
    const fn can_resend(&self) -> bool {
        matches!(self, Self::Code { .. } | Self::Wait)
    }
}

/// `GET /verify-email`
///
/// The secret of the link moves into the signed cookie at once. So it is in no later address, and a
/// program that follows links changes nothing.
pub async fn show(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    user.require_mail()?;
    let token = query.0.text("token");
    if !token.is_empty() {
        user.cookie.keep_link(Purpose::VerifyEmail, &token)?;
        // Without a link, this page would ask to follow the link in the mail.
        return match user.cookie.link(Purpose::VerifyEmail) {
            Some(_) => Ok(see_other(&address(&user, paths::VERIFY_EMAIL))),
            None => invalid(&user, Purpose::VerifyEmail),
        };
    }
    if user.cookie.link(Purpose::VerifyEmail).is_some()
        && link_and_target(&user, Purpose::VerifyEmail)
            .await?
            .is_none()
    {
        return invalid(&user, Purpose::VerifyEmail);
    }
    let state = find_state(&user).await?;
    html::ok(&page(&user, state, FieldTexts::default()))
}

/// `POST /verify-email`
pub async fn verify(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    user.require_mail()?;
    let mut fields = form.0;
    check_form(&user, Purpose::VerifyEmail, &mut fields)?;
    let code = fields.text("code");
    let link = link_and_target(&user, Purpose::VerifyEmail).await?;
    let verified = match (&user.principal, link) {
        (Some(caller), None) if !code.is_empty() => match LinkCode::parse(&code) {
            Some(code) => {
                let checked = email_verification::verify_with_code(&user.state, code, caller).await;
                checked.map_err(wrong_code)
            }
            None => Err(wrong_code(Error::NotFound)),
        },
        (_, None) => return invalid(&user, Purpose::VerifyEmail),
        (Some(caller), Some((secret, target))) if caller.user().id == target.user => {
            email_verification::verify_in_session(&user.state, &secret, caller).await
        }
        (_, Some((secret, target))) => {
            verify_with_password(&user, &client, &mut fields, &secret, &target).await
        }
    };
    match verified {
        Ok(()) => done(&user),
        Err(Error::NotFound) => invalid(&user, Purpose::VerifyEmail),
        Err(Error::Invalid(errors)) => {
            let errors = FieldTexts::new(user.language(), &errors);
            html::unprocessable(&page(&user, find_state(&user).await?, errors))
        }
        Err(error @ Error::Throttled(_)) => {
            let errors = FieldTexts::one("current_password", error.sentence(user.language()));
            html::refused(&error, &page(&user, find_state(&user).await?, errors))
        }
        Err(other) => Err(other),
    }
}

/// `POST /verify-email/resend`
///
/// The mail goes to the address of the signed-in user, or to the one that this browser registered.
pub async fn resend(user: OptionalUser, client: ClientInfo) -> Result<HttpResponse> {
    user.require_mail()?;
    let signed_in = user.principal.as_ref();
    let address_text = signed_in
        .map(|caller| caller.user().email.clone())
        .or_else(|| user.cookie.pending_address());
    let Some(email) = address_text.and_then(|text| Email::parse(&text).ok()) else {
        return Ok(see_other(&address(&user, paths::LOGIN)));
    };
    let sent = notice::check_mail(email.as_str().to_owned());
    let allowance = email_verification::resend(&user.state, email, client.ip).await?;
    // A visitor without a session must not learn how often the mails of an address were asked for.
    let message = match allowance {
        MailAllowance::AddressLimited(until) | MailAllowance::NetworkLimited(until)
            if signed_in.is_some() =>
        {
            notice::mail_limited(until)
        }
        _ => sent,
    };
    user.redirect(paths::VERIFY_EMAIL, &message)
}

async fn verify_with_password(
    user: &OptionalUser,
    client: &ClientInfo,
    fields: &mut Fields,
    secret: &LinkSecret,
    target: &ResetTarget,
) -> Result<()> {
    let state = &user.state;
    let current = SecretString::new(fields.text("current_password"));
    let new = SecretString::new(fields.text("password"));
    if !new.expose().is_empty() {
        let new = target
            .parse_password(new)
            .map_err(|message| FieldErrors::one("password", message))?;
        let request = PasswordByLink {
            purpose: Purpose::VerifyEmail,
            secret: secret.clone(),
            new,
            code: None,
            keep_personal_tokens: false,
            ip: client.ip,
        };
        return set_by_link(state, request).await.map(drop);
    }
    let actor = Actor::anonymous(client.ip);
    let proof = authenticate(state, &target.email, current, actor)
        .await
        .map_err(|error| match error {
            Error::WrongPassword => {
                FieldErrors::one("current_password", field::password_wrong()).into()
            }
            other => other,
        })?;
    email_verification::verify_with_password(state, secret, proof, actor).await
}

fn wrong_code(error: Error) -> Error {
    match error {
        Error::NotFound => FieldErrors::one("code", field::code_wrong()).into(),
        other => other,
    }
}

async fn find_state(user: &OptionalUser) -> Result<State> {
    let caller = user.principal.as_deref();
    Ok(
        match (link_and_target(user, Purpose::VerifyEmail).await?, caller) {
            (Some((secret, target)), Some(caller)) if caller.user().id == target.user => {
                State::Confirm {
                    email: target.email,
                    link: secret.form_name(),
                }
            }
            (Some((secret, target)), _) => State::Password {
                email: target.email,
                link: secret.form_name(),
            },
            (None, Some(caller)) if !caller.user().email_verified => {
                let until = email_verification::limited_until(&user.state, caller).await?;
                let again = until
                    .map(|until| RelativeTime::future(user.language(), user.state.now(), until));
                State::Code {
                    email: caller.user().email.clone(),
                    again,
                }
            }
            (None, _) => State::Wait,
        },
    )
}

fn page(user: &OptionalUser, state: State, errors: FieldTexts) -> VerifyEmailPage {
    VerifyEmailPage {
        layout: user.layout(),
        state,
        errors,
    }
}

/// Leads to the account, or to the sign-in page.
fn done(user: &OptionalUser) -> Result<HttpResponse> {
    user.cookie.remove_link();
    user.cookie.remove_address();
    let path = if user.principal.is_some() {
        paths::ACCOUNT
    } else {
        paths::LOGIN
    };
    user.redirect(path, &notice::email_verified())
}

fn address(user: &OptionalUser, path: &str) -> Address {
    Address::of(user.state.mount(), path)
}
