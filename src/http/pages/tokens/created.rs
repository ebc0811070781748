//! The page that shows a new secret once.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use askama::Template;

use super::row::TokenRow;
use crate::{
    credentials::{Credential, search},
    crypto::secret::SecretString,
    error::Result,
    http::{
        auth::BrowserUser,
        paths,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    tokens::{Issued, previous_secrets},
};

/// The reason for the new secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Created,
    Rotated,
}

#[derive(Template)]
#[template(path = "tokens/created.html")]
struct CreatedPage {
    layout: Layout,
    row: TokenRow,
    secret: SecretString,
    /// The secret in a command, and as a line of a file of environment variables.
    curl: SecretString,
    env: SecretString,
    why: Cause,
    earlier: Vec<EarlierSecret>,
    /// The number of other tokens with the same name.
    same_name: usize,
}

/// A previous secret that still works.
pub(super) struct EarlierSecret {
    pub(super) hint: String,
    pub(super) until: RelativeTime,
}

impl EarlierSecret {
    pub(super) async fn all(
        user: &BrowserUser,
        token: crate::types::ids::CredentialId,
    ) -> Result<Vec<Self>> {
        let now = user.state.now();
        let earlier = previous_secrets(&user.state, token).await?.into_iter();
        Ok(earlier
            .map(|earlier| Self {
                hint: earlier.hint,
                until: RelativeTime::future(user.language(), now, earlier.until),
            })
            .collect())
    }
}

/// Shows the secret of a token.
pub(super) async fn show(user: &BrowserUser, issued: Issued, why: Cause) -> Result<HttpResponse> {
    let Issued { token, secret } = issued;
    let state = &user.state;
    let (earlier, same_name) = match why {
        Cause::Created => (Vec::new(), count_others_named(user, &token).await?),
        Cause::Rotated => (EarlierSecret::all(user, token.id).await?, 0),
    };
    let mut layout = user.layout();
    layout.has_new_secret = true;
    let address = format!("{}{}", state.settings().base_url(), paths::API_USER);
    let mut answer = html::ok(&CreatedPage {
        row: TokenRow::new(user, &layout, &token),
        secret: SecretString::new(secret.expose().to_owned()),
        curl: SecretString::new(format!(
            "curl -H 'Authorization: Bearer {}' {address}",
            secret.expose()
        )),
        env: SecretString::new(format!("API_TOKEN={}", secret.expose())),
        why,
        earlier,
        same_name,
        layout,
    })?;
    // The browser must not send the address of this page as a referrer.
    let no_referrer = HeaderValue::from_static("no-referrer");
    answer
        .headers_mut()
        .insert(header::REFERRER_POLICY, no_referrer);
    Ok(answer)
}

/// Returns the number of other tokens that have the name of `token` and have not ended.
async fn count_others_named(user: &BrowserUser, token: &Credential) -> Result<usize> {
    let user_id = user.principal.user().id;
    let count = search::count_tokens_named(&user.state, user_id, token.name.clone()).await?;
    Ok(count.saturating_sub(1))
}
