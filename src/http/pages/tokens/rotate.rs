//! The form that gives a token a new secret.

use actix_web::{HttpResponse, web::Data};

use super::{
    created,
    expiry::ExpiryChoice,
    page::TokenPage,
    show::{already_ended, find},
};
use crate::{
    config::SigningKeys,
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::{form_key::form_key, path::PathId},
        middleware::body::Form,
        paths,
        response::{
            components::Choice,
            html::{self, Layout},
        },
    },
    i18n::humanize,
    tokens::{GracePeriod, Request, RotatedToken, Rotation, rotate as rotate_token},
    types::{fields::FieldErrors, ids::CredentialTag, message::notice},
    util::duration,
};

/// The grace periods in the form, and the preselected one. One day is enough to deploy the new
/// secret.
const OVERLAPS: [&str; 4] = ["0", "1h", "24h", "7d"];
pub(super) const DEFAULT_OVERLAP: &str = "24h";

/// The id of the choice of an expiry in the form, because the page has another one.
pub(super) const ROTATION_EXPIRY: &str = "rotate-expires";

/// The content of the form.
pub(super) struct RotationForm {
    pub(super) overlap: String,
    pub(super) expiry: ExpiryChoice,
    pub(super) errors: FieldErrors,
}

/// Returns the grace periods in the form. `chosen` is selected.
pub(super) fn overlaps(layout: &Layout, chosen: &str) -> Vec<Choice> {
    let label = |value| match duration::parse(value) {
        Some(length) if !length.is_zero() => humanize::length(&layout.language, length),
        _ => layout.text("tokens-overlap-none"),
    };
    OVERLAPS
        .into_iter()
        .map(|value| Choice {
            value: value.to_owned(),
            label: label(value),
            selected: value == chosen,
        })
        .collect()
}

/// `POST /account/tokens/{id}/rotate`
pub async fn rotate(
    user: BrowserUser,
    keys: Data<SigningKeys>,
    id: PathId<CredentialTag>,
    form: Form,
) -> Result<HttpResponse> {
    let token = find(&user, id.0).await?;
    let return_address = || paths::token(token.id);
    let mut fields = form.0;
    let (typed, key) = (fields.one("overlap"), fields.text("form_key"));
    let read = typed
        .as_deref()
        .map_or(Ok(GracePeriod::default()), GracePeriod::parse);
    let overlap = fields.errors().take("overlap", read);
    let expiry = ExpiryChoice::take(&mut fields);
    let requested = expiry.read_change(&user.state);
    let expires_at = fields.errors().take("expires", requested).flatten();
    let request = form_key(&key).map(|key| Request::from_form(&keys, &key));
    let confirmed = user.confirmed(return_address)?;
    let rotated = async {
        fields.check()?;
        let rotation = Rotation {
            overlap: overlap.unwrap_or_default(),
            expires_at,
        };
        rotate_token(&user.state, confirmed, token.id, rotation, request).await
    };
    match rotated.await {
        Ok(RotatedToken { repeated: true, .. }) => {
            user.redirect(&return_address(), &notice::token_already_rotated())
        }
        Ok(RotatedToken { issued, .. }) => {
            created::show(&user, issued, created::Cause::Rotated).await
        }
        Err(Error::Invalid(errors)) => {
            let typed = RotationForm {
                overlap: typed.unwrap_or_default(),
                expiry,
                errors: errors.renamed("expires", ROTATION_EXPIRY),
            };
            let page = TokenPage::of(&user, &token).await?;
            html::unprocessable(&page.with_rotation(&user, &token, typed))
        }
        Err(Error::NotFound) => already_ended(&user, token.id).await,
        Err(other) => Err(other),
    }
}
