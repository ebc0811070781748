//! Finds the credential of a request: an `Authorization` header or a session cookie.

use actix_web::{HttpRequest, web::Data};

use super::{
    authorization::{
        Authorization, NarthexAuthorization, authorization, bearer, client_password, is_bearer,
        narthex_authorization, parts, presented,
    },
    session_cookie::{CookieConfig, SessionCookie},
};
use crate::{
    app_state::AppState,
    config::ForeignTokenFormat,
    credentials::{Principal, authenticate},
    crypto::digest::Digest,
    error::{Error, Result},
    http::middleware::client_ip::client_address,
    tokens::{PresentedToken, TokenScheme},
    types::secret_form::SecretForm,
};
#[cfg(feature = "pages")]
use crate::{credentials::identify, types::ids::UserId};

/// The header in which clients of better-auth send their keys.
const API_KEY: &str = "x-api-key";

/// Returns the caller of the session cookie, if there is one. Of several cookies with the name of
/// the session cookie, the first one with an active session is used. The others are ignored.
///
/// # Errors
/// Database errors.
pub(super) async fn from_cookie(
    state: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let Some(config) = request.app_data::<Data<CookieConfig>>() else {
        return Ok(None);
    };
    for digest in config.secrets_among(request.headers()) {
        let caller = authenticate(state, request, SecretForm::Session, digest).await?;
        if caller.is_some() {
            return Ok(caller);
        }
    }
    Ok(None)
}

/// Returns the user of the session cookie, also if the session has ended. Nothing is permitted by
/// it: a draft is shown to its user only.
///
/// # Errors
/// Database errors.
#[cfg(feature = "pages")]
pub(super) async fn former_user(state: &AppState, request: &HttpRequest) -> Result<Option<UserId>> {
    let Some(config) = request.app_data::<Data<CookieConfig>>() else {
        return Ok(None);
    };
    for digest in config.secrets_among(request.headers()) {
        if let Some(found) = identify::identify(state, SecretForm::Session, digest).await? {
            return Ok(Some(found.user.id));
        }
    }
    Ok(None)
}

/// Returns the callers of all active sessions whose cookies the browser sent, with `first` before
/// the others.
///
/// # Errors
/// Database errors.
pub(super) async fn sessions_of(
    state: &AppState,
    request: &HttpRequest,
    first: Option<&Principal>,
) -> Result<Vec<Principal>> {
    let mut found: Vec<Principal> = first.into_iter().cloned().collect();
    for digest in SessionCookie::of(request).other_session_digests() {
        let other = authenticate(state, request, SecretForm::Session, digest).await?;
        let is_listed = |other: &Principal| {
            let mut listed = found.iter();
            listed.any(|listed| listed.credential().id == other.credential().id)
        };
        found.extend(other.filter(|other| !is_listed(other)));
    }
    Ok(found)
}

/// Returns the caller of an API call, if there is one. If the request has an `Authorization`
/// header, the cookie is ignored. Without both, [`API_KEY`] is read.
///
/// # Errors
/// [`Error::NotSignedIn`] for a header that is not a valid bearer token,
/// [`Error::MultipleCredentials`] for two headers.
pub async fn from_header_or_cookie(
    state: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let Some(value) = authorization(request)? else {
        return match from_cookie(state, request).await? {
            Some(caller) => Ok(Some(caller)),
            None => from_api_key(state, request).await,
        };
    };
    let token = match bearer(value, &state.settings().tokens.foreign) {
        Authorization::Bearer(token) => Some(token),
        Authorization::Malformed => None,
        // Another scheme is no attempt to use a token, so it gets no error code (RFC 6750, section
        // 3.1). The client meant it as a credential, so the cookie is ignored.
        Authorization::OtherScheme => {
            return Err(Error::NotSignedIn {
                invalid_token: false,
            });
        }
    };
    from_token(state, request, token)
        .await?
        .map(Some)
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })
}

/// Returns the caller of a key of better-auth in [`API_KEY`], if these keys are accepted. A token
/// of Narthex is not accepted there, so that there is one header for it.
///
/// # Errors
/// [`Error::NotSignedIn`] for an invalid key, [`Error::MultipleCredentials`] for two headers.
async fn from_api_key(state: &AppState, request: &HttpRequest) -> Result<Option<Principal>> {
    let foreign = &state.settings().tokens.foreign;
    let mut keys = request.headers().get_all(API_KEY);
    let key = keys
        .next()
        .filter(|_| foreign.accepts(ForeignTokenFormat::BetterAuth));
    let Some(key) = key else {
        return Ok(None);
    };
    if keys.next().is_some() {
        return Err(Error::MultipleCredentials);
    }
    let token = key.to_str().ok().and_then(|key| {
        let token = PresentedToken::parse(key, TokenScheme::Bearer, foreign);
        token.filter(|token| token.form == SecretForm::BetterAuth)
    });
    from_token(state, request, token)
        .await?
        .map(Some)
        .ok_or(Error::NotSignedIn {
            invalid_token: true,
        })
}

/// Returns the caller of a route of an app that embeds Narthex, if there is one. A bearer token is
/// the only credential that is checked. A header with another scheme belongs to the app, and then
/// the cookie is checked.
///
/// # Errors
/// [`Error::NotSignedIn`] for an invalid bearer token, [`Error::MultipleCredentials`] for two
/// headers.
pub async fn from_app_request(
    state: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let foreign = &state.settings().tokens.foreign;
    match authorization(request)? {
        Some(value) if bearer(value, foreign) == Authorization::OtherScheme => {
            from_cookie(state, request).await
        }
        _ => from_header_or_cookie(state, request).await,
    }
}

/// Returns the caller of an OAuth endpoint, if there is one. It accepts the credentials of
/// [`from_header_or_cookie`], and the secret of a token as the password of a client (RFC 6749,
/// section 2.3.1). Most programs that introspect can send nothing else. The client's name is
/// ignored because the secret identifies the token. This is another transport for a token; the
/// authentication is the same.
///
/// # Errors
/// The errors of [`from_header_or_cookie`], and [`Error::InvalidClient`] for a password that is not
/// a valid token.
pub(super) async fn from_oauth_client(
    state: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>> {
    let value = match authorization(request)? {
        Some(value) if parts(value).0.eq_ignore_ascii_case("basic") => value,
        _ => return from_header_or_cookie(state, request).await,
    };
    let secret = client_password(value);
    from_token(state, request, secret.as_ref().map(presented))
        .await?
        .map(Some)
        .ok_or(Error::InvalidClient)
}

/// The credentials that `/auth/verify` accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceptedCredentials {
    /// A token or a session. If a request has both, the token decides.
    #[default]
    Both,
    /// A session only. The `Authorization` header belongs to the app, whatever it contains.
    Sessions,
    /// A token only.
    Tokens,
}

/// Returns the caller of an app behind a proxy, if there is one. Apps have `Authorization` headers
/// of their own, so the header counts only if it contains a token in a format that Narthex accepts.
/// Then the cookie is ignored.
///
/// # Errors
/// [`Error::NotSignedIn`] for a token that is refused, [`Error::SeveralAuthorizations`] for several
/// headers.
pub async fn from_original_request(
    state: &AppState,
    request: &HttpRequest,
    accepted: AcceptedCredentials,
) -> Result<Option<Principal>> {
    let header = authorization(request).map_err(|_| Error::SeveralAuthorizations)?;
    let rejected = Error::NotSignedIn {
        invalid_token: true,
    };
    let header = header.map(|value| {
        (
            value,
            narthex_authorization(value, &state.settings().tokens.foreign),
        )
    });
    match (header, accepted) {
        (None, _)
        | (_, AcceptedCredentials::Sessions)
        | (Some((_, NarthexAuthorization::Nothing)), AcceptedCredentials::Both) => {}
        (Some((_, NarthexAuthorization::Token(token))), _) => {
            let caller = from_token(state, request, Some(token)).await?;
            return caller.map(Some).ok_or(rejected);
        }
        (Some((_, NarthexAuthorization::Misplaced)), _) => return Err(rejected),
        (Some((_, NarthexAuthorization::Nothing)), AcceptedCredentials::Tokens) => {}
    }
    let caller = match accepted {
        AcceptedCredentials::Tokens => None,
        AcceptedCredentials::Both | AcceptedCredentials::Sessions => {
            from_cookie(state, request).await?
        }
    };
    match (caller, header) {
        (None, Some((value, _)))
            if is_bearer(value) && accepted != AcceptedCredentials::Sessions =>
        {
            Err(rejected)
        }
        (caller, _) => Ok(caller),
    }
}

async fn from_token(
    state: &AppState,
    request: &HttpRequest,
    token: Option<PresentedToken>,
) -> Result<Option<Principal>> {
    match token {
        Some(PresentedToken { digest, form }) => authenticate(state, request, form, digest).await,
        None => Ok(None),
    }
}

async fn authenticate(
    state: &AppState,
    request: &HttpRequest,
    form: SecretForm,
    digest: Digest,
) -> Result<Option<Principal>> {
    match authenticate::authenticate(state, form, digest, client_address(request)).await? {
        Ok(caller) => Ok(Some(caller)),
        Err(reason) => {
            tracing::debug!(?form, ?reason, "credential rejected");
            Ok(None)
        }
    }
}
