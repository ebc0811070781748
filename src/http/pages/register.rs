//! Making an account.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::{self, Registration},
    audit::Actor,
    config,
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        auth::{ClientInfo, OptionalUser},
        extract::form_key::{form_key, new_form_key},
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Layout, see_other},
        return_to::{ReturnTo, or_account},
    },
    passwords::policy::NewPassword,
    sessions::{self, SignIn},
    types::{
        email::Email,
        fields::{FieldErrors, Fields},
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    frame: Layout,
    name: String,
    email: String,
    next: String,
    login: String,
    errors: FieldErrors,
    form_key: String,
}

impl RegisterPage {
    fn new(visitor: &OptionalUser, next: Option<&ReturnTo>) -> Result<Self> {
        Ok(Self {
            frame: visitor.frame(),
            name: String::new(),
            email: String::new(),
            next: next.map(ReturnTo::as_str).unwrap_or_default().to_owned(),
            login: ReturnTo::carried(paths::LOGIN, next),
            errors: FieldErrors::default(),
            form_key: new_form_key(&visitor.context)?,
        })
    }
}

/// `GET /register`
pub async fn form(visitor: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, &visitor.context.settings);
    if visitor.caller.is_some() {
        return Ok(see_other(&or_account(next)));
    }
    if visitor.context.settings.registration == config::Registration::Closed {
        return Err(Error::RegistrationClosed);
    }
    html::ok(&RegisterPage::new(&visitor, next.as_ref())?)
}

/// `POST /register`
pub async fn register(
    visitor: OptionalUser,
    origin: ClientInfo,
    form: Form,
) -> Result<HttpResponse> {
    let mut fields = form.0;
    let (name, email) = (fields.text("name"), fields.text("email"));
    let password = SecretString::new(fields.text("password"));
    let next = ReturnTo::take(&mut fields, &visitor.context.settings);
    let made = make_and_sign_in(&visitor, origin, fields, &name, &email, password).await;
    match made {
        Ok(()) => Ok(see_other(&or_account(next))),
        Err(Error::Invalid(errors)) => html::unprocessable(&RegisterPage {
            name,
            email,
            errors,
            ..RegisterPage::new(&visitor, next.as_ref())?
        }),
        Err(error @ Error::Throttled(_)) => html::refused(
            &error,
            &RegisterPage {
                name,
                email,
                errors: FieldErrors::one("email", error.sentence()),
                ..RegisterPage::new(&visitor, next.as_ref())?
            },
        ),
        Err(other) => Err(other),
    }
}

async fn make_and_sign_in(
    visitor: &OptionalUser,
    origin: ClientInfo,
    mut fields: Fields,
    name: &str,
    email: &str,
    password: SecretString,
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
        Some(_) => accounts::register_with_form(context, registration, stranger).await?,
        None => accounts::register(context, registration, stranger).await?,
    };
    let how = SignIn {
        remember: false,
        user_agent: origin.user_agent,
        ip: origin.ip,
        replaces: visitor.sessions().await?,
        form_key,
    };
    let secret = sessions::sign_in(context, proof, how).await?;
    visitor.cookie.sign_in(&secret, false)
}
