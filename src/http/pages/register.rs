//! The page that creates an account.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::{self, Registration, email_verification},
    audit::Actor,
    config,
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        auth::{ClientInfo, OptionalUser},
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
    passwords::policy::NewPassword,
    sessions::{self, SignIn, SignedIn},
    types::{email::Email, fields::Fields, message::notice, name::Name},
};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    layout: Layout,
    name: String,
    email: String,
    next: String,
    login: String,
    errors: FieldTexts,
    refused: Option<Refused>,
    form_key: String,
}

impl RegisterPage {
    fn new(user: &OptionalUser, next: Option<&ReturnTo>) -> Result<Self> {
        Ok(Self {
            layout: user.layout(),
            name: String::new(),
            email: String::new(),
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            login: ReturnTo::append_to(paths::LOGIN, next),
            errors: FieldTexts::default(),
            refused: None,
            form_key: new_form_key(&user.state)?,
        })
    }
}

/// `GET /register`
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    if user.principal.is_some() {
        let page = or_page(next, user.state.mount(), paths::ACCOUNT);
        return Ok(see_other(&page));
    }
    if user.state.settings().accounts.registration == config::RegistrationPolicy::Closed {
        return Err(Error::RegistrationClosed);
    }
    html::ok(&RegisterPage::new(&user, next.as_ref())?)
}

/// `POST /register`
pub async fn register(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let (name, email) = (fields.text("name"), fields.text("email"));
    let password = SecretString::new(fields.text("password"));
    let next = ReturnTo::take(&mut fields, user.state.settings());
    let registered = register_and_sign_in(&user, client, fields, &name, &email, password).await;
    match registered {
        Ok(Registered::CheckMail) => {
            user.cookie.keep_address(&email)?;
            user.redirect(paths::VERIFY_EMAIL, &notice::check_mail(email))
        }
        Ok(Registered::Entered(signed_in)) => user.enter(&signed_in, false, next, None),
        Err(Error::Invalid(errors)) => html::unprocessable(&RegisterPage {
            name,
            email,
            errors: FieldTexts::new(user.language(), &errors),
            ..RegisterPage::new(&user, next.as_ref())?
        }),
        Err(error @ Error::Throttled(_)) => html::refused(
            &error,
            &RegisterPage {
                name,
                email,
                refused: Some(Refused::by(&error, user.language())),
                ..RegisterPage::new(&user, next.as_ref())?
            },
        ),
        Err(other) => Err(other),
    }
}

/// The result of a registration.
enum Registered {
    /// The account exists, and the first step of its sign-in is done.
    Entered(SignedIn),
    /// The address must be verified first. The result is the same if it has an account already.
    CheckMail,
}

async fn register_and_sign_in(
    user: &OptionalUser,
    client: ClientInfo,
    mut fields: Fields,
    name: &str,
    email: &str,
    password: SecretString,
) -> Result<Registered> {
    let state = &user.state;
    let form_key = form_key(&fields.text("form_key"));
    let errors = fields.errors();
    let name = errors.take("name", Name::parse(name));
    let address = errors.take("email", Email::parse(email));
    let new = NewPassword::parse(password.clone(), address.as_ref(), name.as_ref());
    let new = errors.take("password", new);
    fields.check()?;
    let (Some(name), Some(address), Some(new)) = (name, address, new) else {
        return Err(Error::internal("a field has neither a value nor an error"));
    };
    let anonymous = Actor::anonymous(client.ip);
    let registration = Registration {
        name,
        email: address,
        password: new,
    };
    if state.settings().mail.is_on() {
        let language = user.language_of_account();
        email_verification::register_by_mail(state, registration, language, anonymous).await?;
        return Ok(Registered::CheckMail);
    }
    let proof = match form_key {
        Some(_) => accounts::register_with_form(state, registration, anonymous).await?,
        None => accounts::register(state, registration, anonymous).await?,
    };
    let details = SignIn {
        form_key,
        ..user.sign_in_parameters(client, None).await?
    };
    let signed_in = sessions::sign_in(state, proof, details).await?;
    Ok(Registered::Entered(signed_in))
}
