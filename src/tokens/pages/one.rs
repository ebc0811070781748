//! One token: what it is, changing it, pausing it, ending it.

use actix_web::HttpResponse;
use askama::Template;

use super::abilities::{AbilityBox, boxes};
use crate::{
    callers::SignedIn,
    credentials::{
        self, Class, Credential, Selection,
        pages::{Row, address_of, leave},
        sign_out,
    },
    error::{Error, Result},
    fields::FieldErrors,
    ids::{CredentialId, OfCredential},
    name::Name,
    tokens::{Change, change as change_token},
    urls,
    web::{
        body::Form,
        page::{self, Frame},
        path::PathId,
    },
};

#[derive(Template)]
#[template(path = "tokens/one.html")]
struct TokenPage {
    frame: Frame,
    row: Row,
    live: bool,
    name: String,
    abilities: Vec<AbilityBox>,
    change: String,
    pause: String,
    resume: String,
    made_by_it: String,
    errors: FieldErrors,
}

fn page_of(here: &SignedIn, token: &Credential) -> TokenPage {
    let abilities: Vec<String> = token.abilities.iter().map(ToString::to_string).collect();
    let made_by_it = Selection {
        made_by: vec![token.id],
        ..Selection::default()
    };
    TokenPage {
        frame: here.frame(),
        row: Row::new(&here.context, token, here.caller.credential.id),
        live: token.is_live(here.context.now()),
        name: token.name.clone(),
        abilities: boxes(&here.context, &abilities),
        change: urls::token(token.id),
        pause: urls::token_pause(token.id),
        resume: urls::token_resume(token.id),
        made_by_it: address_of(&made_by_it),
        errors: FieldErrors::default(),
    }
}

async fn find(here: &SignedIn, id: CredentialId) -> Result<Credential> {
    credentials::find(&here.context, here.caller.user.id, Class::Token, id).await
}

/// `GET /account/tokens/{id}`
pub async fn show(here: SignedIn, id: PathId<OfCredential>) -> Result<HttpResponse> {
    let token = find(&here, id.0).await?;
    page::ok(&page_of(&here, &token))
}

/// `POST /account/tokens/{id}`
pub async fn change(here: SignedIn, id: PathId<OfCredential>, form: Form) -> Result<HttpResponse> {
    let token = find(&here, id.0).await?;
    let mut fields = form.0;
    let (name, abilities) = (fields.text("name"), fields.many("abilities"));
    let changed = async {
        let errors = fields.errors();
        let name = errors.take("name", Name::parse(&name));
        let wanted = errors.take(
            "abilities",
            here.context.settings.catalogue.parse(&abilities),
        );
        fields.check()?;
        let change = Change {
            name,
            abilities: wanted,
            paused: None,
        };
        change_token(&here.context, &here.caller, token.id, change).await
    };
    match changed.await {
        Ok(token) => here.go(&urls::token(token.id), "Saved."),
        Err(Error::Invalid(errors)) => page::unprocessable(&TokenPage {
            name,
            abilities: boxes(&here.context, &abilities),
            errors,
            ..page_of(&here, &token)
        }),
        Err(other) => Err(other),
    }
}

/// `POST /account/tokens/{id}/pause`
pub async fn pause(here: SignedIn, id: PathId<OfCredential>) -> Result<HttpResponse> {
    set_paused(
        &here,
        id.0,
        true,
        "Paused: it is refused until you resume it.",
    )
    .await
}

/// `POST /account/tokens/{id}/resume`
pub async fn resume(here: SignedIn, id: PathId<OfCredential>) -> Result<HttpResponse> {
    set_paused(&here, id.0, false, "Resumed: it is let in again.").await
}

async fn set_paused(
    here: &SignedIn,
    id: CredentialId,
    paused: bool,
    message: &str,
) -> Result<HttpResponse> {
    let change = Change {
        paused: Some(paused),
        ..Change::default()
    };
    let token = change_token(&here.context, &here.caller, id, change).await?;
    here.go(&urls::token(token.id), message)
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(here: SignedIn, id: PathId<OfCredential>) -> Result<HttpResponse> {
    let token = find(&here, id.0).await?;
    here.confirmed(|| address_of(&Selection::one(Class::Token, token.id)))?;
    if !token.is_live(here.context.now()) {
        return here.go(urls::TOKENS, "This token had ended already.");
    }
    let user = here.caller.user.id;
    let receipt =
        sign_out::revoke_token(&here.context, user, token.id, here.caller.actor()).await?;
    leave(&here, &receipt)
}
