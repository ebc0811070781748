//! One token: what it is, changing it, pausing it, ending it.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    abilities::{AbilityBox, boxes},
    created::EarlierSecret,
    expiry::{ExpiryChoice, ExpiryFields},
    rotate::{OVERLAPS, USUAL_OVERLAP},
};
use crate::{
    credentials::{self, Credential, CredentialFilter},
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::{form_key::new_form_key, path::PathId},
        middleware::body::Form,
        pages::{
            credential_row::Row,
            revoke::{address_of, revoke as revoke_one},
        },
        paths,
        response::html::{self, Layout},
    },
    tokens::{Change, change as change_token},
    types::{
        credential_kind::CredentialType,
        fields::FieldErrors,
        ids::{CredentialId, CredentialTag},
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "tokens/show.html")]
pub(super) struct TokenPage {
    frame: Layout,
    row: Row,
    live: bool,
    name: String,
    abilities: Vec<AbilityBox>,
    expiry: ExpiryFields,
    change: String,
    rotate: String,
    overlap: String,
    form_key: String,
    earlier: Vec<EarlierSecret>,
    pause: String,
    resume: String,
    made_by_it: String,
    errors: FieldErrors,
}

impl TokenPage {
    pub(super) async fn of(here: &BrowserUser, token: &Credential) -> Result<Self> {
        let context = &here.context;
        let abilities: Vec<String> = token.abilities.iter().map(ToString::to_string).collect();
        let made_by_it = CredentialFilter {
            made_by: vec![token.id],
            ..CredentialFilter::default()
        };
        Ok(Self {
            frame: here.frame(),
            row: Row::new(context, token, here.caller.credential.id),
            live: token.is_active(context.now()),
            name: token.name.clone(),
            abilities: boxes(context, &abilities),
            expiry: ExpiryFields::of_change(context, token.expires_at, ExpiryChoice::default()),
            change: paths::token(token.id),
            rotate: paths::token_rotate(token.id),
            overlap: USUAL_OVERLAP.to_owned(),
            form_key: new_form_key(context)?,
            earlier: EarlierSecret::all(context, token.id).await?,
            pause: paths::token_pause(token.id),
            resume: paths::token_resume(token.id),
            made_by_it: address_of(&made_by_it),
            errors: FieldErrors::default(),
        })
    }

    /// With what was wrong with the rotation that was asked for.
    pub(super) fn refusing_overlap(self, overlap: String, errors: FieldErrors) -> Self {
        Self {
            overlap,
            errors,
            ..self
        }
    }
}

pub(super) async fn find(here: &BrowserUser, id: CredentialId) -> Result<Credential> {
    credentials::find(
        &here.context,
        here.caller.user.id,
        CredentialType::Token,
        id,
    )
    .await
}

/// `GET /account/tokens/{id}`
pub async fn show(here: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    let token = find(&here, id.0).await?;
    let mut page = TokenPage::of(&here, &token).await?;
    if let Some(mut typed) = here.draft(&page.change) {
        page.name = typed.text("name");
        page.abilities = boxes(&here.context, &typed.many("abilities"));
        let typed = ExpiryChoice::take(&mut typed);
        page.expiry = ExpiryFields::of_change(&here.context, token.expires_at, typed);
    }
    if let Some(mut typed) = here.draft(&page.rotate) {
        page.overlap = typed.text("overlap");
    }
    html::ok(&page)
}

/// `POST /account/tokens/{id}`
pub async fn change(
    here: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    let token = find(&here, id.0).await?;
    let mut fields = form.0;
    let (name, abilities) = (fields.text("name"), fields.many("abilities"));
    let expiry = ExpiryChoice::take(&mut fields);
    let changed = async {
        let errors = fields.errors();
        let name = errors.take("name", Name::parse(&name));
        let wanted = errors.take(
            "abilities",
            here.context.settings.catalogue.parse(&abilities),
        );
        let expires_at = errors.take("expires", expiry.read_change(&here.context));
        fields.check()?;
        let change = Change {
            name,
            abilities: wanted,
            expires_at: expires_at.flatten(),
            ..Change::default()
        };
        let changed = change_token(&here.context, &here.caller, token.id, change).await;
        here.with_return_address(|| paths::token(token.id), changed)
    };
    match changed.await {
        Ok(token) => here.redirect(&paths::token(token.id), "Saved."),
        Err(Error::Invalid(errors)) => html::unprocessable(&TokenPage {
            name,
            abilities: boxes(&here.context, &abilities),
            expiry: ExpiryFields::of_change(&here.context, token.expires_at, expiry),
            errors,
            ..TokenPage::of(&here, &token).await?
        }),
        Err(other) => Err(other),
    }
}

/// `POST /account/tokens/{id}/pause`
pub async fn pause(here: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    set_paused(
        &here,
        id.0,
        true,
        "Paused: it is refused until you resume it.",
    )
    .await
}

/// `POST /account/tokens/{id}/resume`
pub async fn resume(here: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    set_paused(&here, id.0, false, "Resumed: it is let in again.").await
}

async fn set_paused(
    here: &BrowserUser,
    id: CredentialId,
    paused: bool,
    message: &str,
) -> Result<HttpResponse> {
    let change = Change {
        paused: Some(paused),
        ..Change::default()
    };
    let changed = change_token(&here.context, &here.caller, id, change).await;
    let token = here.with_return_address(|| paths::token(id), changed)?;
    here.redirect(&paths::token(token.id), message)
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(
    here: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    revoke_one(&here, CredentialType::Token, id.0, form).await
}
