//! The sign-in page.

use actix_web::HttpResponse;
use askama::Template;

use super::relying_party;
use crate::{
    audit::Actor,
    config::{Contact, RegistrationPolicy},
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        auth::{BrowserCookie, ClientInfo, OptionalUser},
        extract::form_key::{form_key, new_form_key},
        middleware::body::{Form, Query},
        paths,
        response::{
            components::{Refused, Toast},
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
        return_to::{ReturnTo, or_page},
    },
    i18n,
    passwords::verify::authenticate,
    sessions::{self, SignIn, SignedIn},
    types::message::notice,
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    layout: Layout,
    email: String,
    remember: bool,
    next: String,
    /// The path of the registration page, with the same return address.
    register: Option<String>,
    /// Whether a mail with a link can set a new password.
    has_mail: bool,
    /// The address or the URL of the people who help users.
    contact: Option<Contact>,
    refused: Option<Refused>,
    /// Always empty: the response does not say which field is wrong.
    errors: FieldTexts,
    form_key: String,
    /// The host name of passkeys, if the settings allow them.
    relying_party: Option<String>,
}

impl LoginPage {
    fn new(
        user: &OptionalUser,
        email: String,
        remember: bool,
        next: Option<&ReturnTo>,
    ) -> Result<Self> {
        Ok(Self {
            layout: user.layout(),
            email,
            remember,
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            register: (user.state.settings().accounts.registration == RegistrationPolicy::Open)
                .then(|| ReturnTo::append_to(paths::REGISTER, next)),
            has_mail: user.state.settings().mail.is_on(),
            contact: user.state.settings().mail.contact.clone(),
            refused: None,
            errors: FieldTexts::default(),
            form_key: new_form_key(&user.state)?,
            relying_party: relying_party(&user.state),
        })
    }

    /// Returns the path or the URL to which the sign-in leads, without its query.
    fn destination(&self) -> String {
        let path = self.next.split(['?', '#']).next();
        path.unwrap_or_default().to_owned()
    }

    /// Returns the `autocomplete` of the address. The browser offers passkeys in this field.
    const fn name_completion(&self) -> &'static str {
        match self.relying_party {
            Some(_) => "username webauthn",
            None => "username",
        }
    }
}

/// `GET /login`
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    if user.principal.is_some() {
        let page = or_page(next, user.state.mount(), paths::ACCOUNT);
        return Ok(see_other(&page));
    }
    let mut page = LoginPage::new(&user, String::new(), false, next.as_ref())?;
    // The cookie contains a session that has ended.
    if page.layout.message.is_none() && user.cookie.secret().is_some() {
        page.layout.message = Some(Toast::new(user.language(), &notice::session_expired()));
    }
    html::ok(&page)
}

/// `POST /login`
pub async fn login(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let email = fields.text("email");
    let password = SecretString::new(fields.text("password"));
    let remember = fields.text("remember") == "on";
    let key = form_key(&fields.text("form_key"));
    let next = ReturnTo::take(&mut fields, user.state.settings());
    fields.check()?;
    let browser = user.browser()?;
    let attempt = LoginForm {
        client,
        email: &email,
        password,
        remember,
        form_key: key,
        browser: browser.as_ref(),
    };
    match sign_in(&user, attempt).await {
        Ok(signed_in) => user.enter(&signed_in, remember, next, browser),
        Err(Error::EmailNotVerified) => {
            user.cookie.keep_address(&email)?;
            Ok(see_other(&user.address(paths::VERIFY_EMAIL)))
        }
        Err(Error::WrongPassword) => {
            let page = LoginPage::new(&user, email, remember, next.as_ref())?;
            html::unprocessable(&LoginPage {
                refused: Some(Refused::Wrong(i18n::text(
                    user.language(),
                    &notice::wrong_email_or_password(),
                ))),
                ..page
            })
        }
        Err(error @ Error::Throttled(_)) => {
            let page = LoginPage::new(&user, email, remember, next.as_ref())?;
            html::refused(
                &error,
                &LoginPage {
                    refused: Some(Refused::by(&error, user.language())),
                    ..page
                },
            )
        }
        Err(other) => Err(other),
    }
}

/// The form of a sign-in and its client.
struct LoginForm<'a> {
    client: ClientInfo,
    email: &'a str,
    password: SecretString,
    remember: bool,
    form_key: Option<[u8; 16]>,
    browser: Option<&'a BrowserCookie>,
}

async fn sign_in(user: &OptionalUser, attempt: LoginForm<'_>) -> Result<SignedIn> {
    let state = &user.state;
    let anonymous = Actor::anonymous(attempt.client.ip);
    let proof = authenticate(state, attempt.email, attempt.password, anonymous).await?;
    let details = SignIn {
        remember: attempt.remember,
        form_key: attempt.form_key,
        ..user
            .sign_in_parameters(attempt.client, attempt.browser)
            .await?
    };
    sessions::sign_in(state, proof, details).await
}
