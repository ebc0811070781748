//! The page of one token: its properties, and forms that change, pause, rotate and revoke it.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    abilities::{AbilityBox, boxes},
    created::EarlierSecret,
    expiry::{ExpiryChoice, ExpiryFields},
    rotate::{DEFAULT_OVERLAP, overlaps},
};
use crate::{
    credentials::{self, Credential, CredentialFilter},
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::{form_key::new_form_key, path::PathId},
        middleware::body::Form,
        pages::{
            credential_row::CredentialRow,
            revoke::{address_of, revoke as revoke_one},
        },
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    tokens::{Change, change as change_token},
    types::{
        credential_kind::CredentialType,
        ids::{CredentialId, CredentialTag},
        message::{Message, notice},
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "tokens/show.html")]
pub(super) struct TokenPage {
    frame: Layout,
    row: CredentialRow,
    live: bool,
    name: String,
    abilities: Vec<AbilityBox>,
    expiry: ExpiryFields,
    change: String,
    rotate: String,
    overlaps: Vec<(&'static str, String)>,
    overlap: String,
    form_key: String,
    earlier: Vec<EarlierSecret>,
    pause: String,
    resume: String,
    made_by_it: String,
    errors: FieldTexts,
}

impl TokenPage {
    pub(super) async fn of(user: &BrowserUser, token: &Credential) -> Result<Self> {
        let context = &user.context;
        let abilities: Vec<String> = token.abilities.iter().map(ToString::to_string).collect();
        let made_by_it = CredentialFilter {
            made_by: vec![token.id],
            ..CredentialFilter::default()
        };
        Ok(Self {
            frame: user.frame(),
            row: CredentialRow::new(user, token),
            live: token.is_active(context.now()),
            name: token.name.clone(),
            abilities: boxes(user, &abilities),
            expiry: ExpiryFields::of_change(user, token.expires_at, ExpiryChoice::default()),
            change: paths::token(token.id),
            rotate: paths::token_rotate(token.id),
            overlaps: overlaps(user.language()),
            overlap: DEFAULT_OVERLAP.to_owned(),
            form_key: new_form_key(context)?,
            earlier: EarlierSecret::all(user, token.id).await?,
            pause: paths::token_pause(token.id),
            resume: paths::token_resume(token.id),
            made_by_it: address_of(&made_by_it),
            errors: FieldTexts::default(),
        })
    }

    /// Adds the errors of a rotation.
    pub(super) fn with_overlap_errors(self, overlap: String, errors: FieldTexts) -> Self {
        Self {
            overlap,
            errors,
            ..self
        }
    }
}

pub(super) async fn find(user: &BrowserUser, id: CredentialId) -> Result<Credential> {
    credentials::find(
        &user.context,
        user.principal.user().id,
        CredentialType::Token,
        id,
    )
    .await
}

/// `GET /account/tokens/{id}`
pub async fn show(user: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    let token = find(&user, id.0).await?;
    let mut page = TokenPage::of(&user, &token).await?;
    if let Some(mut typed) = user.draft(&page.change) {
        page.name = typed.text("name");
        page.abilities = boxes(&user, &typed.many("abilities"));
        let typed = ExpiryChoice::take(&mut typed);
        page.expiry = ExpiryFields::of_change(&user, token.expires_at, typed);
    }
    if let Some(mut typed) = user.draft(&page.rotate) {
        page.overlap = typed.text("overlap");
    }
    html::ok(&page)
}

/// `POST /account/tokens/{id}`
pub async fn change(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    let token = find(&user, id.0).await?;
    let mut fields = form.0;
    let (name, abilities) = (fields.text("name"), fields.many("abilities"));
    let expiry = ExpiryChoice::take(&mut fields);
    let changed = async {
        let errors = fields.errors();
        let name = errors.take("name", Name::parse(&name));
        let requested = errors.take(
            "abilities",
            user.context.settings().tokens.catalogue.parse(&abilities),
        );
        let expires_at = errors.take("expires", expiry.read_change(&user.context));
        fields.check()?;
        let change = Change {
            name,
            abilities: requested,
            expires_at: expires_at.flatten(),
            ..Change::default()
        };
        let changed = change_token(&user.context, &user.principal, token.id, change).await;
        user.with_return_address(|| paths::token(token.id), changed)
    };
    match changed.await {
        Ok(token) => user.redirect(&paths::token(token.id), &notice::saved()),
        Err(Error::Invalid(errors)) => html::unprocessable(&TokenPage {
            name,
            abilities: boxes(&user, &abilities),
            expiry: ExpiryFields::of_change(&user, token.expires_at, expiry),
            errors: user.field_texts(&errors),
            ..TokenPage::of(&user, &token).await?
        }),
        Err(other) => Err(other),
    }
}

/// `POST /account/tokens/{id}/pause`
pub async fn pause(user: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    set_paused(&user, id.0, true, &notice::token_paused()).await
}

/// `POST /account/tokens/{id}/resume`
pub async fn resume(user: BrowserUser, id: PathId<CredentialTag>) -> Result<HttpResponse> {
    set_paused(&user, id.0, false, &notice::token_resumed()).await
}

async fn set_paused(
    user: &BrowserUser,
    id: CredentialId,
    paused: bool,
    message: &Message,
) -> Result<HttpResponse> {
    let change = Change {
        paused: Some(paused),
        ..Change::default()
    };
    let changed = change_token(&user.context, &user.principal, id, change).await;
    let token = user.with_return_address(|| paths::token(id), changed)?;
    user.redirect(&paths::token(token.id), message)
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    revoke_one(&user, CredentialType::Token, id.0, form).await
}
