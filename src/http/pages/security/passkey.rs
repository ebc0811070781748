//! The page of one passkey: its name and its removal.

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    answers,
    overview::PasskeyRow,
    revocation_choices::{self, OTHER_SESSIONS},
};
use crate::{
    app_state::AppState,
    error::{Error, Result},
    factors::{self, RevocableCounts, RevocationChoice, passkeys},
    http::{
        address::Address,
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::Form,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
    },
    types::{
        ids::{FactorId, FactorTag},
        message::notice,
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "security/passkey.html")]
struct PasskeyPage {
    layout: Layout,
    passkey: PasskeyRow,
    /// The name in the form.
    name: String,
    /// The path of the removal.
    remove: String,
    revocable: RevocableCounts,
    revocation: RevocationChoice,
    errors: FieldTexts,
}

impl PasskeyPage {
    async fn of(user: &BrowserUser, id: FactorId, errors: FieldTexts) -> Result<Self> {
        let (state, account) = (&user.state, user.principal.user().id);
        let all = factors::summary(state, account).await?.passkeys;
        let found = all.into_iter().find(|passkey| passkey.id == id);
        let passkey = PasskeyRow::of(user, found.ok_or(Error::NotFound)?);
        Ok(Self {
            layout: user.layout(),
            name: passkey.name.clone(),
            passkey,
            remove: paths::passkey_remove(id),
            revocable: RevocableCounts::of(state, account, user.principal.credential().id).await?,
            revocation: OTHER_SESSIONS,
            errors,
        })
    }
}

/// `GET /account/security/passkeys/{id}`
pub async fn show(user: BrowserUser, id: PathId<FactorTag>) -> Result<HttpResponse> {
    let mut page = PasskeyPage::of(&user, id.0, FieldTexts::default()).await?;
    if let Some(mut typed) = user.draft(&paths::passkey(id.0)) {
        page.name = typed.text("name");
    }
    if let Some(mut typed) = user.draft(&paths::passkey_remove(id.0)) {
        page.revocation = revocation_choices::take(&mut typed, OTHER_SESSIONS);
    }
    html::ok(&page)
}

/// `POST /account/security/passkeys/{id}`
pub async fn rename(user: BrowserUser, id: PathId<FactorTag>, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let typed = fields.text("name");
    let name = fields.errors().take("name", Name::parse(&typed));
    let renamed = async {
        fields.check()?;
        let name = name.ok_or(Error::NotFound)?;
        passkeys::rename(&user.state, &user.principal, id.0, name).await
    };
    match renamed.await {
        Ok(()) => user.redirect(&paths::passkey(id.0), &notice::saved()),
        Err(Error::Invalid(errors)) => {
            let page = PasskeyPage::of(&user, id.0, user.field_texts(&errors)).await?;
            html::unprocessable(&PasskeyPage {
                name: typed,
                ..page
            })
        }
        Err(other) => Err(other),
    }
}

/// `GET` of the address that removes a passkey.
pub async fn to_passkey(state: Data<AppState>, id: PathId<FactorTag>) -> HttpResponse {
    see_other(&Address::of(state.mount(), &paths::passkey(id.0)))
}

/// `POST /account/security/passkeys/{id}/remove`
pub async fn remove(user: BrowserUser, id: PathId<FactorTag>, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let revocation = revocation_choices::take(&mut fields, OTHER_SESSIONS);
    let (state, caller) = (&user.state, &user.principal);
    let removed = async {
        fields.check()?;
        answers::remove(
            &user,
            &paths::passkey(id.0),
            notice::passkey_removed,
            async |renewed| passkeys::remove(state, caller, id.0, revocation, renewed).await,
        )
        .await
    };
    match removed.await {
        Err(Error::Invalid(errors)) => {
            let page = PasskeyPage::of(&user, id.0, user.field_texts(&errors)).await?;
            html::unprocessable(&PasskeyPage { revocation, ..page })
        }
        other => other,
    }
}
