//! Making an account.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::{self, Email, NewPassword, Registration},
    activity::Actor,
    callers::{Origin, Visitor},
    config,
    error::{Error, Result},
    fields::{FieldErrors, Fields},
    kit::secret::SecretText,
    name::Name,
    sessions::{self, SignIn},
    urls,
    web::{
        body::Form,
        form_key::{form_key, new_form_key},
        page::{self, Frame, see_other},
    },
};

#[derive(Template)]
#[template(path = "accounts/register.html")]
struct RegisterPage {
    frame: Frame,
    name: String,
    email: String,
    errors: FieldErrors,
    form_key: String,
}

impl RegisterPage {
    fn new(visitor: &Visitor, name: String, email: String, errors: FieldErrors) -> Result<Self> {
        Ok(Self {
            frame: visitor.frame(),
            name,
            email,
            errors,
            form_key: new_form_key(&visitor.context)?,
        })
    }
}

/// `GET /register`
pub async fn form(visitor: Visitor) -> Result<HttpResponse> {
    if visitor.caller.is_some() {
        return Ok(see_other(urls::ACCOUNT));
    }
    if visitor.context.settings.registration == config::Registration::Closed {
        return Err(Error::RegistrationClosed);
    }
    let (name, email, errors) = Default::default();
    page::ok(&RegisterPage::new(&visitor, name, email, errors)?)
}

/// `POST /register`
pub async fn register(visitor: Visitor, origin: Origin, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let (name, email) = (fields.text("name"), fields.text("email"));
    let password = SecretText::new(fields.text("password"));
    let made = make_and_sign_in(&visitor, origin, fields, &name, &email, password).await;
    match made {
        Ok(()) => Ok(see_other(urls::ACCOUNT)),
        Err(Error::Invalid(errors)) => {
            page::unprocessable(&RegisterPage::new(&visitor, name, email, errors)?)
        }
        Err(error @ Error::Throttled(_)) => {
            let errors = FieldErrors::one("email", error.sentence());
            page::refused(&error, &RegisterPage::new(&visitor, name, email, errors)?)
        }
        Err(other) => Err(other),
    }
}

async fn make_and_sign_in(
    visitor: &Visitor,
    origin: Origin,
    mut fields: Fields,
    name: &str,
    email: &str,
    password: SecretText,
) -> Result<()> {
    let context = &visitor.context;
    let form_key = form_key(&fields.text("form_key"));
    let errors = fields.errors();
    let name = errors.take("name", Name::parse(name));
    let address = errors.take("email", Email::parse(email));
    let new = NewPassword::parse(password.clone(), address.as_ref(), name.as_ref());
    let new = errors.take("password", new);
    fields.check()?;
    let (Some(name), Some(address), Some(new)) = (name, address, new) else {
        return Err(Error::internal("a field was neither taken nor refused"));
    };
    let stranger = Actor::stranger(origin.ip);
    let registration = Registration {
        name,
        email: address,
        password: new,
    };
    let proof = match form_key {
        Some(_) => accounts::register_once(context, registration, stranger).await?,
        None => accounts::register(context, registration, stranger).await?,
    };
    let how = SignIn {
        remember: false,
        user_agent: origin.user_agent,
        ip: origin.ip,
        replaces: visitor.caller.as_deref().cloned(),
        form_key,
    };
    let secret = sessions::sign_in(context, proof, how).await?;
    visitor.cookie.sign_in(&secret, false)
}
