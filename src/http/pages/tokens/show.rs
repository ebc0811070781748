//! The operations of the page of one token: change, pause, resume and revoke it.

use actix_web::{HttpResponse, http::StatusCode, web::Data};

use super::{
    abilities::Preset,
    expiry::ExpiryChoice,
    page::{OpenForm, TokenPage},
    rotate::RotationForm,
};
use crate::{
    app_state::AppState,
    credentials::{self, Credential},
    error::{Error, Result},
    http::{
        address::Address,
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::{Form, Query},
        pages::revoke::{ask, list_in, revoke as revoke_one},
        paths,
        response::html::{self, see_other},
    },
    tokens::{Change, change as change_token},
    types::{
        credential_kind::CredentialType,
        fields::{FieldErrors, Fields},
        ids::{CredentialId, CredentialTag},
        message::{Message, notice},
        name::Name,
    },
};

pub(super) async fn find(user: &BrowserUser, id: CredentialId) -> Result<Credential> {
    credentials::find(
        &user.state,
        user.principal.user().id,
        CredentialType::Token,
        id,
    )
    .await
}

/// `GET /account/tokens/{id}`
pub async fn show(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    mut query: Query,
) -> Result<HttpResponse> {
    let token = find(&user, id.0).await?;
    let opened = OpenForm::parse(&query.0.text("form"));
    let mut page = TokenPage::of(&user, &token).await?.with_open(opened);
    if let Some(mut typed) = user.draft(&paths::token(token.id)) {
        let typed = ChangeForm::take(&mut typed, &token);
        page = page.with_change(&user, &token, typed, &FieldErrors::default());
    }
    if let Some(mut typed) = user.draft(&paths::token_rotate(token.id)) {
        let typed = RotationForm {
            overlap: typed.text("overlap"),
            expiry: ExpiryChoice::take(&mut typed),
            errors: FieldErrors::default(),
        };
        page = page.with_rotation(&user, &token, typed);
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
    let preset = Preset::parse(&fields.text("preset"));
    let mut typed = ChangeForm::take(&mut fields, &token);
    if let Some(preset) = preset {
        // The button changes nothing. It shows the form again, with other ticks.
        typed.abilities = preset.abilities(&user.state.settings().tokens.catalogue);
        let page = TokenPage::of(&user, &token).await?;
        return html::ok(&page.with_change(&user, &token, typed, &FieldErrors::default()));
    }
    let changed = async {
        let change = typed.read(&user, std::mem::take(fields.errors()))?;
        let changed = change_token(&user.state, &user.principal, token.id, change).await;
        user.with_return_address(|| paths::token(token.id), changed)
    };
    match changed.await {
        Ok(token) => user.redirect(&paths::token(token.id), &notice::saved()),
        Err(Error::Invalid(errors)) => {
            let page = TokenPage::of(&user, &token).await?;
            html::unprocessable(&page.with_change(&user, &token, typed, &errors))
        }
        Err(Error::NotFound) => already_ended(&user, token.id).await,
        Err(other) => Err(other),
    }
}

/// Answers a form of a token that ended while a page still showed the form: with the page of the
/// ended token and a message.
pub(super) async fn already_ended(user: &BrowserUser, id: CredentialId) -> Result<HttpResponse> {
    let token = find(user, id).await?;
    let page = TokenPage::of(user, &token).await?;
    let page = page.with_message(user, &notice::token_already_ended());
    html::page(StatusCode::NOT_FOUND, &page)
}

/// The content of the form that changes a token.
pub(super) struct ChangeForm {
    pub(super) name: String,
    pub(super) abilities: Vec<String>,
    keeps_abilities: bool,
    pub(super) expiry: ExpiryChoice,
}

impl ChangeForm {
    /// Takes the form for `token`. A form without abilities keeps those of the token. The page has
    /// an empty field, because a browser sends nothing for an empty checkbox.
    fn take(fields: &mut Fields, token: &Credential) -> Self {
        let sent = fields.many("abilities");
        let keeps_abilities = sent.is_empty();
        let abilities = match keeps_abilities {
            true => token.abilities.iter().map(ToString::to_string).collect(),
            false => sent.into_iter().filter(|one| !one.is_empty()).collect(),
        };
        Self {
            name: fields.text("name"),
            abilities,
            keeps_abilities,
            expiry: ExpiryChoice::take(fields),
        }
    }

    fn read(&self, user: &BrowserUser, mut errors: FieldErrors) -> Result<Change, FieldErrors> {
        let catalogue = &user.state.settings().tokens.catalogue;
        let change = Change {
            name: errors.take("name", Name::parse(&self.name)),
            abilities: match self.keeps_abilities {
                true => None,
                false => errors.take("abilities", catalogue.parse(&self.abilities)),
            },
            expires_at: errors
                .take("expires", self.expiry.read_change(&user.state))
                .flatten(),
            ..Change::default()
        };
        if errors.is_empty() {
            Ok(change)
        } else {
            Err(errors)
        }
    }
}

/// `POST /account/tokens/{id}/pause`
pub async fn pause(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    set_paused(&user, id.0, form, true, &notice::token_paused()).await
}

/// `POST /account/tokens/{id}/resume`
pub async fn resume(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    set_paused(&user, id.0, form, false, &notice::token_resumed()).await
}

async fn set_paused(
    user: &BrowserUser,
    id: CredentialId,
    form: Form,
    paused: bool,
    message: &Message,
) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = fields.text("next");
    fields.check()?;
    let change = Change {
        paused: Some(paused),
        ..Change::default()
    };
    let changed = change_token(&user.state, &user.principal, id, change).await;
    match user.with_return_address(|| paths::token(id), changed) {
        Ok(token) => {
            let back = list_in(user, &next).unwrap_or_else(|| paths::token(token.id));
            user.redirect(&back, message)
        }
        Err(Error::NotFound) => already_ended(user, id).await,
        Err(other) => Err(other),
    }
}

/// `GET` of an address that accepts forms only.
pub async fn to_token(state: Data<AppState>, id: PathId<CredentialTag>) -> HttpResponse {
    see_other(&Address::of(state.mount(), &paths::token(id.0)))
}

/// `GET /account/tokens/{id}/revoke`
pub async fn ask_to_revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    query: Query,
) -> Result<HttpResponse> {
    ask(&user, CredentialType::Token, id.0, query).await
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(
    user: BrowserUser,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    revoke_one(&user, CredentialType::Token, id.0, form).await
}
