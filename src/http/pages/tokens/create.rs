//! The form that creates a token.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    abilities::{AbilityFields, Preset},
    created,
    expiry::{ExpiryChoice, ExpiryFields, preselected_end},
};
use crate::{
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::form_key::{form_key, new_form_key},
        middleware::body::{Form, Query},
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    tokens::{self, NewToken, find_by_form_key},
    types::{
        fields::{FieldErrors, Fields},
        message::notice,
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "tokens/new.html")]
struct NewTokenPage {
    layout: Layout,
    name: String,
    abilities: AbilityFields,
    expiry: ExpiryFields,
    form_key: String,
    errors: FieldTexts,
}

/// The content of the form.
struct Typed {
    name: String,
    abilities: Vec<String>,
    expiry: ExpiryChoice,
    form_key: String,
}

impl Typed {
    fn take(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name"),
            abilities: fields.many("abilities"),
            expiry: ExpiryChoice::take(fields),
            form_key: fields.text("form_key"),
        }
    }

    fn form(self, user: &BrowserUser, errors: &FieldErrors) -> Result<NewTokenPage> {
        let layout = user.layout();
        Ok(NewTokenPage {
            abilities: AbilityFields::new(user, &layout, &self.abilities),
            name: self.name,
            expiry: ExpiryFields::of_new(user, &layout, self.expiry),
            form_key: new_form_key(&user.state)?,
            errors: user.field_texts(errors),
            layout,
        })
    }

    fn read(&self, user: &BrowserUser, mut errors: FieldErrors) -> Result<NewToken, FieldErrors> {
        let state = &user.state;
        let name = errors.take("name", Name::parse(&self.name));
        let abilities = errors.take(
            "abilities",
            state.settings().tokens.catalogue.parse(&self.abilities),
        );
        // A program that sends no expiry gets the one that the page selects at first.
        let expiry = self.expiry.read(state.now()).map(|expiry| match expiry {
            Some(expiry) => expiry,
            None => preselected_end(state),
        });
        let expiry = expiry.and_then(|at| NewToken::ensure_within_max_age(state, at));
        let expires_at = errors.take("expires", expiry);
        NewToken::of(errors, name, abilities, expires_at)
    }
}

fn return_address() -> String {
    paths::TOKEN_NEW.to_owned()
}

/// `GET /account/tokens/new`
pub async fn form(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let mut fields = user.draft(paths::TOKENS).unwrap_or(query.0);
    let typed = Typed::take(&mut fields);
    user.confirmed(return_address)?;
    html::ok(&typed.form(&user, &FieldErrors::default())?)
}

/// `POST /account/tokens`
pub async fn create(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let preset = Preset::parse(&fields.text("preset"));
    let mut typed = Typed::take(&mut fields);
    if let Some(preset) = preset {
        // The button creates nothing. It shows the form again, with other ticks.
        typed.abilities = preset.abilities(&user.state.settings().tokens.catalogue);
        return html::ok(&typed.form(&user, &FieldErrors::default())?);
    }
    let errors = std::mem::take(fields.errors());
    let confirmed = user.confirmed(return_address)?;
    let new = match typed.read(&user, errors) {
        Ok(new) => new,
        Err(errors) => return html::unprocessable(&typed.form(&user, &errors)?),
    };
    match tokens::create(&user.state, confirmed, new, form_key(&typed.form_key)).await {
        Ok(issued) => created::show(&user, issued, created::Cause::Created).await,
        Err(Error::DuplicateSubmission) => already_created(&user, &typed).await,
        Err(other) => Err(other),
    }
}

/// A reload of the page with the secret sends the form again. It must not create a second token.
async fn already_created(user: &BrowserUser, typed: &Typed) -> Result<HttpResponse> {
    let key = form_key(&typed.form_key).ok_or(Error::NotFound)?;
    let token = find_by_form_key(&user.state, user.principal.user().id, key).await?;
    user.redirect(&paths::token(token.id), &notice::token_already_created())
}
