//! A user of a test, and its credentials.

use std::{fmt::Display, sync::Arc};

use actix_web::{
    cookie::Cookie,
    http::header::{self, HeaderName},
};

use super::TestNarthex;
use crate::{
    accounts,
    audit::Actor,
    credential_cache::{CredentialSnapshot, LookupRow},
    credentials::{Principal, trusted_browsers::BrowserTrust},
    crypto::{digest::Digest, password_hash::StoredHash},
    http::{
        auth::session_cookie::CookieConfig,
        embed::{
            Can,
            ability::{Require, names_in, require},
        },
    },
    passwords::proof::PasswordProof,
    sessions::{self, SignIn, SignedIn},
    tokens::{self, NewToken},
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::{CredentialKind, CredentialType},
        email::Email,
        ids::UserId,
        name::Name,
        secret_form::SecretForm,
        user::User as UserInfo,
    },
};

/// The password of each user, and its hash with the lowest parameters, because a hash with those
/// of production takes half a second in a test build.
pub const PASSWORD: &str = "correct horse battery staple";
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$bmFydGhleC10ZXN0cw$gNB8fhUVoCutKlSxaCCymGtE8ZH/zGMyvsLuZZVvEuA";

/// A user of a test. [`TestNarthex::user`] creates it.
#[derive(Debug)]
pub struct TestUser<'a> {
    narthex: &'a TestNarthex,
    user: UserInfo,
}

impl<'a> TestUser<'a> {
    pub(super) async fn create(narthex: &'a TestNarthex, email: &str) -> Self {
        let name = email.split('@').next().unwrap_or_default();
        let name = must("read the name", Name::parse(name));
        let email = must("read the address", Email::parse(email));
        let hash = StoredHash::from_stored(PASSWORD_HASH.to_owned());
        let state = &narthex.0.state;
        let address = email.clone();
        let created = accounts::create_with_hash(state, name, email, hash, Actor::operator()).await;
        must("create the user", created);
        let account = accounts::find_by_email(state, &address).await;
        let user = must("find the user", account).user;
        Self { narthex, user }
    }

    /// The ID.
    #[must_use]
    pub const fn id(&self) -> UserId {
        self.user.id
    }

    /// The user.
    #[must_use]
    pub const fn user(&self) -> &UserInfo {
        &self.user
    }

    /// Creates a token with the abilities in `A`, and returns the header with it. It serves for
    /// `TestRequest::insert_header`, `awc` and `reqwest`.
    ///
    /// # Panics
    /// The token cannot be created.
    pub async fn with<A: Require>(&self) -> (HeaderName, String) {
        let names = names_in::<A>();
        let new = NewToken {
            name: must("name the token", Name::parse("Test")),
            abilities: Abilities::from_stored(&names.join(" ")),
            expires_at: None,
        };
        let state = &self.narthex.0.state;
        let issued =
            tokens::create_as_operator(state, self.user.id, CredentialKind::Personal, new).await;
        let secret = must("create a token", issued).secret;
        (header::AUTHORIZATION, format!("Bearer {}", secret.expose()))
    }

    /// Signs in with a new browser and returns its cookie, for `TestRequest::cookie`. The password
    /// counts as confirmed just now.
    ///
    /// # Panics
    /// The session cannot be created.
    pub async fn session(&self) -> Cookie<'static> {
        let narthex = &self.narthex.0;
        let hash = StoredHash::from_stored(PASSWORD_HASH.to_owned());
        let proof = PasswordProof::from_registration(self.user.id, hash);
        let sign_in = SignIn {
            remember: false,
            user_agent: None,
            ip: None,
            replaces: Vec::new(),
            form_key: None,
            browser: None,
            trust: BrowserTrust::default(),
        };
        let signed_in = sessions::sign_in(&narthex.state, proof, sign_in).await;
        let secret = match must("sign in", signed_in) {
            SignedIn::Session(secret) => Ok(secret),
            SignedIn::SecondFactorMissing(_) => Err("the user has a second factor"),
            SignedIn::AddressUnverified(_) => Err("the address is not verified"),
        };
        let secret = must("sign in", secret);
        let config = CookieConfig::new(narthex.state.settings(), &narthex.keys);
        must("sign the cookie", config.issue(&secret))
    }

    /// Returns the argument of a handler, to call the handler as a function. It is a session, or a
    /// token with the abilities in `A` if `A` requires a token. The credential is not in the
    /// database.
    ///
    /// # Panics
    /// No credential meets the requirement `A`.
    #[must_use]
    pub fn pretend<A: Require>(&self) -> Can<A> {
        let state = &self.narthex.0.state;
        let session = self.principal(CredentialKind::Other, Abilities::everything());
        if require::<A>(&session, state.now()).is_ok() {
            return Can::new(session);
        }
        let names = names_in::<A>();
        let abilities = Abilities::from_stored(&names.join(" "));
        let token = self.principal(CredentialKind::Personal, abilities);
        must("meet the requirement", require::<A>(&token, state.now()));
        Can::new(token)
    }

    fn principal(&self, kind: CredentialKind, abilities: Abilities) -> Principal {
        let state = &self.narthex.0.state;
        let now = state.now();
        let confirm_for = state.settings().sessions.confirm_for;
        let row = LookupRow {
            user: self.user.clone(),
            credential: CredentialSnapshot {
                id: must("create an ID", state.new_id()),
                kind,
                form: match kind.class() {
                    CredentialType::Session => SecretForm::Session,
                    CredentialType::Token => SecretForm::Token,
                },
                abilities: Arc::new(abilities),
                created_at: now,
                expires_at: None,
                idle_limit: None,
                confirmed_until: Some(now.saturating_add(confirm_for)),
                second_factor_until: None,
                methods: AuthenticationMethods::PASSWORD,
                authenticated_at: now,
            },
            until: None,
            is_revoked: false,
            last_seen: now,
            at: now,
            ended: false,
            paused: false,
            user_disabled: false,
        };
        Principal::new(Arc::new(row.into_uncached()), Digest::of(b"pretend"), None)
    }
}

/// Returns the value of a step that a test needs.
///
/// # Panics
/// The step failed. A test is to fail at this place.
#[expect(clippy::panic, reason = "a test must fail here")]
pub(super) fn must<T, E: Display>(step: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("cannot {step}: {error}"),
    }
}
