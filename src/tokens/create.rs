//! Creates tokens.

use std::time::Duration;

use super::secret::TokenSecret;
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credential_cache::CredentialSnapshot,
    credentials::{
        self, Credential, RecentlyAuthenticated, change, limits,
        revoke::{begin_change_as, lock_user_and_recheck_actor},
        store,
    },
    db,
    error::{Error, Result},
    mail::notices::{self, NamedToken, NoticeKind},
    passwords::unverified::ensure_verified,
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::{CredentialKind, CredentialType},
        fields::FieldErrors,
        ids::{CredentialId, UserId},
        message::{Message, field},
        name::Name,
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

/// The data of a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The name.
    pub name: Name,
    /// The abilities.
    pub abilities: Abilities,
    /// The expiry of the token.
    pub expires_at: Option<Timestamp>,
}

/// A new token with its secret.
#[derive(Clone)]
pub struct Issued {
    /// The token.
    pub token: Credential,
    /// The secret. It is shown once.
    pub secret: TokenSecret,
}

/// Creates a personal token for the caller. The token cannot have more abilities or a longer life
/// than the caller's credential.
///
/// `form_key` is the key of the form. The same form creates one token only, and
/// [`find_by_form_key`] finds it.
///
/// # Errors
/// [`Error::MissingAbility`] and [`Error::ExceedsCallerLifetime`] if the token would have more than
/// the caller; [`Error::EmailNotVerified`]; [`Error::DuplicateSubmission`] if this form has created
/// its token before.
pub async fn create(
    state: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    new: NewToken,
    form_key: Option<[u8; 16]>,
) -> Result<Issued> {
    let caller = confirmed.caller().clone();
    let actor = caller.actor();
    let (user, made_by) = (caller.user().id, Some(caller.credential()));
    let draft = new_token(state, user, CredentialKind::Personal, new, made_by, &actor)?;
    state
        .write(move |tx| {
            let caller_credential = begin_change_as(tx, &caller)?;
            ensure_verified(tx, user)?;
            caller_credential.ensure_may_grant_abilities(&draft.token.abilities)?;
            caller_credential.ensure_may_grant_lifetime(draft.token.expires_at)?;
            insert(tx, draft, form_key, &actor)
        })
        .await
}

/// Creates a token for an operator.
///
/// # Errors
/// [`Error::NotFound`] if the user does not exist.
pub async fn create_as_operator(
    state: &AppState,
    user: UserId,
    kind: CredentialKind,
    new: NewToken,
) -> Result<Issued> {
    let actor = Actor::operator();
    let draft = new_token(state, user, kind, new, None, &actor)?;
    state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &actor)?;
            insert(tx, draft, None, &actor)
        })
        .await
}

/// Returns the token that the form with this key created.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub async fn find_by_form_key(
    state: &AppState,
    user: UserId,
    form_key: [u8; 16],
) -> Result<Credential> {
    let id: CredentialId = state
        .read(move |_, connection| {
            store::by_form_key(connection, user, &form_key)?.ok_or(Error::NotFound)
        })
        .await?;
    credentials::find(state, user, CredentialType::Token, id).await
}

/// Returns a token that is not in the database yet. Its user was proved as for the credential
/// `made_by`.
pub(super) fn new_token(
    state: &AppState,
    user: UserId,
    kind: CredentialKind,
    new: NewToken,
    made_by: Option<&CredentialSnapshot>,
    actor: &Actor,
) -> Result<Issued> {
    let secret = TokenSecret::generate(&state.settings().tokens.prefix, state.random())?;
    let now = state.now();
    let token = Credential {
        id: state.new_id()?,
        user_id: user,
        kind,
        name: new.name.into(),
        hint: secret.hint(),
        form: SecretForm::Token,
        secret_accepted_until: None,
        abilities: new.abilities,
        user_agent: None,
        ip: actor.ip,
        last_used_ip: None,
        remembered: false,
        paused: false,
        made_by: made_by.map(|caller| caller.id),
        created_at: now,
        last_used_at: None,
        expires_at: new.expires_at,
        idle_limit: None,
        confirmed_until: None,
        second_factor_until: None,
        methods: made_by.map_or(AuthenticationMethods::NONE, |caller| caller.methods),
        authenticated_at: made_by.map_or(now, |caller| caller.authenticated_at),
        ended_at: None,
        receipt_id: None,
    };
    Ok(Issued { token, secret })
}

/// Inserts a token in a transaction that holds the user's lock.
///
/// # Errors
/// [`Error::TooManyTokens`]; [`Error::DuplicateSubmission`] if the form has created its token
/// before.
pub(super) fn insert(
    tx: &mut Transaction<'_>,
    issued: Issued,
    form_key: Option<[u8; 16]>,
    actor: &Actor,
) -> Result<Issued> {
    let Issued { token, secret } = &issued;
    limits::ensure_token_quota(tx, token, actor)?;
    change::open(
        tx,
        token,
        &secret.to_new(),
        form_key.as_ref().map(<[u8; 16]>::as_slice),
    )
    .map_err(|error| {
        if form_key.is_some() && db::is_unique_violation(&error) {
            Error::DuplicateSubmission
        } else {
            error.into()
        }
    })?;
    let event = NewEvent::new(EventKind::TokenCreated, token.name.clone()).to(token.id);
    audit::record(tx, token.user_id, actor, event)?;
    let named = NamedToken::new(&token.name, &token.hint);
    notices::notify(
        tx,
        token.user_id,
        actor,
        NoticeKind::TokenCreated(named),
        [],
    )?;
    Ok(issued)
}

impl NewToken {
    /// Returns the expiry of a token that is created now with the lifetime `life`.
    ///
    /// # Errors
    /// Advice for the user: the lifetime is longer than the operator allows, or is zero.
    pub fn expiry(state: &AppState, life: Option<Duration>) -> Result<Option<Timestamp>, Message> {
        Self::ensure_within_max_age(state, life.map(|life| state.now().saturating_add(life)))
    }

    /// Checks an expiry against the present time and against `NARTHEX_TOKEN_MAX_AGE`.
    ///
    /// # Errors
    /// Advice for the user.
    pub fn ensure_within_max_age(
        state: &AppState,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, Message> {
        let now = state.now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(field::expiry_in_the_past());
        }
        match state.settings().tokens.max_age {
            Some(max_age) if expires_at.is_none_or(|end| end > now.saturating_add(max_age)) => {
                Err(field::expiry_too_late(max_age))
            }
            _ => Ok(expires_at),
        }
    }

    /// Combines name, abilities and expiry.
    ///
    /// # Errors
    /// All errors, by field.
    pub fn of(
        errors: FieldErrors,
        name: Option<Name>,
        abilities: Option<Abilities>,
        expires_at: Option<Option<Timestamp>>,
    ) -> Result<Self, FieldErrors> {
        match (name, abilities, expires_at) {
            (Some(name), Some(abilities), Some(expires_at)) if errors.is_empty() => Ok(Self {
                name,
                abilities,
                expires_at,
            }),
            _ => Err(errors),
        }
    }
}
