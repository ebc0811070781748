//! The page that shows a new secret once.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use askama::Template;

use crate::{
    crypto::secret::SecretString,
    error::Result,
    http::{
        auth::BrowserUser,
        pages::credential_row::CredentialRow,
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
    frame: Layout,
    row: CredentialRow,
    secret: SecretString,
    why: Cause,
    earlier: Vec<EarlierSecret>,
    base_url: String,
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
        let now = user.context.now();
        let earlier = previous_secrets(&user.context, token).await?.into_iter();
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
    let context = &user.context;
    let earlier = match why {
        Cause::Created => Vec::new(),
        Cause::Rotated => EarlierSecret::all(user, token.id).await?,
    };
    let mut answer = html::ok(&CreatedPage {
        frame: user.frame(),
        row: CredentialRow::new(user, &token),
        secret: SecretString::new(secret.expose().to_owned()),
        why,
        earlier,
        base_url: context.settings().base_url(),
    })?;
    // The browser must not send the address of this page as a referrer.
    let no_referrer = HeaderValue::from_static("no-referrer");
    answer
        .headers_mut()
        .insert(header::REFERRER_POLICY, no_referrer);
    Ok(answer)
}
