//! The form that gives a token a new secret.

use actix_web::{HttpResponse, web::Data};

use super::{
    created,
    show::{TokenPage, find},
};
use crate::{
    config::SigningKeys,
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::{form_key::form_key, path::PathId},
        middleware::body::Form,
        paths,
        response::html,
    },
    i18n::{self, Language, humanize},
    tokens::{GracePeriod, Request, RotatedToken, Rotation, rotate as rotate_token},
    types::{
        ids::CredentialTag,
        message::{label, notice},
    },
    util::duration,
};

/// The grace periods in the form, and the preselected one. One day is enough to deploy the new
/// secret.
const OVERLAPS: [&str; 4] = ["0", "1h", "24h", "7d"];
pub(super) const DEFAULT_OVERLAP: &str = "24h";

/// Returns the grace periods in the form, each with its label.
pub(super) fn overlaps(language: &Language) -> Vec<(&'static str, String)> {
    let label = |value| match duration::parse(value) {
        Some(length) if !length.is_zero() => humanize::length(language, length),
        _ => i18n::text(language, &label::no_grace_period()),
    };
    OVERLAPS
        .into_iter()
        .map(|value| (value, label(value)))
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
    let request = form_key(&key).map(|key| Request::from_form(&keys, &key));
    let confirmed = user.confirmed(return_address)?;
    let rotated = async {
        fields.check()?;
        let rotation = Rotation {
            overlap: overlap.unwrap_or_default(),
            expires_at: None,
        };
        rotate_token(&user.context, confirmed, token.id, rotation, request).await
    };
    match rotated.await {
        Ok(RotatedToken { repeated: true, .. }) => {
            user.redirect(&return_address(), &notice::token_already_rotated())
        }
        Ok(RotatedToken { issued, .. }) => {
            created::show(&user, issued, created::Cause::Rotated).await
        }
        Err(Error::Invalid(errors)) => {
            let form = TokenPage::of(&user, &token).await?;
            html::unprocessable(
                &form.with_overlap_errors(typed.unwrap_or_default(), user.field_texts(&errors)),
            )
        }
        Err(other) => Err(other),
    }
}
