//! Making tokens.

use std::time::Duration;

use super::secret::TokenSecret;
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        self, Credential, RecentlyAuthenticated, limits,
        revoke::{begin_change_as, lock_user_and_recheck_actor},
        store,
    },
    crypto::digest::Digest,
    db,
    error::{Error, Result},
    types::{
        ability::Abilities,
        credential_kind::{CredentialKind, CredentialType},
        fields::FieldErrors,
        ids::{CredentialId, UserId},
        name::Name,
    },
    util::clock::Timestamp,
};

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: Name,
    /// What it may do.
    pub abilities: Abilities,
    /// From when on it lets nobody in.
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made, with its secret.
#[derive(Clone)]
pub struct Issued {
    /// The token.
    pub token: Credential,
    /// Its secret: shown now or never.
    pub secret: TokenSecret,
}

/// Makes a personal token for the caller: never with more abilities nor a longer life than the
/// credential that asks.
///
/// `form_key` is what the form carried: sent twice, it makes one token, and [`find_by_form_key`] finds it.
///
/// # Errors
/// [`Error::MissingAbility`] and [`Error::ExceedsCallerLifetime`] where the caller has less than it wants
/// to give; [`Error::DuplicateSubmission`] where this form made its token before.
pub async fn create(
    context: &AppState,
    confirmed: RecentlyAuthenticated<'_>,
    new: NewToken,
    form_key: Option<[u8; 16]>,
) -> Result<Issued> {
    let caller = confirmed.caller().clone();
    let actor = caller.actor();
    let (user, made_by) = (caller.user.id, Some(caller.credential.id));
    let draft = new_token(
        context,
        user,
        CredentialKind::Personal,
        new,
        made_by,
        &actor,
    )?;
    context
        .write(move |tx| {
            let acting = begin_change_as(tx, &caller)?;
            acting.may_give_abilities(&draft.token.abilities)?;
            acting.may_give_life(draft.token.expires_at)?;
            insert(tx, draft, form_key, &actor)
        })
        .await
}

/// Makes a token for an operator.
///
/// # Errors
/// [`Error::NotFound`] where the user is gone.
pub async fn create_as_operator(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    new: NewToken,
) -> Result<Issued> {
    let actor = Actor::operator();
    let draft = new_token(context, user, kind, new, None, &actor)?;
    context
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &actor)?;
            insert(tx, draft, None, &actor)
        })
        .await
}

/// The token that the form with this key made.
///
/// # Errors
/// [`Error::NotFound`] where it made none.
pub async fn find_by_form_key(
    context: &AppState,
    user: UserId,
    form_key: [u8; 16],
) -> Result<Credential> {
    let id: CredentialId = context
        .read(move |_, connection| {
            store::by_form_key(connection, user, &form_key)?.ok_or(Error::NotFound)
        })
        .await?;
    credentials::find(context, user, CredentialType::Token, id).await
}

/// A token that is not yet in the database.
pub(super) fn new_token(
    context: &AppState,
    user: UserId,
    kind: CredentialKind,
    new: NewToken,
    made_by: Option<CredentialId>,
    actor: &Actor,
) -> Result<Issued> {
    let secret = TokenSecret::generate(&context.settings().token_prefix, context.random())?;
    let token = Credential {
        id: context.new_id()?,
        user_id: user,
        kind,
        name: new.name.into(),
        hint: secret.hint(),
        abilities: new.abilities,
        user_agent: None,
        ip: actor.ip,
        last_used_ip: None,
        remembered: false,
        paused: false,
        made_by,
        created_at: context.now(),
        last_used_at: None,
        expires_at: new.expires_at,
        idle_limit: None,
        confirmed_until: None,
        ended_at: None,
        receipt_id: None,
    };
    Ok(Issued { token, secret })
}

/// Puts a drafted token into the database, within a transaction that holds the user's lock.
///
/// # Errors
/// [`Error::TooManyTokens`]; [`Error::DuplicateSubmission`].
pub(super) fn insert(
    tx: &mut Transaction<'_>,
    issued: Issued,
    form_key: Option<[u8; 16]>,
    actor: &Actor,
) -> Result<Issued> {
    let Issued { token, secret } = &issued;
    let digest: Digest = secret.digest();
    limits::make_room_for_a_token(tx, token, actor)?;
    db::with_savepoint(tx.connection, |connection| {
        store::insert(
            connection,
            token,
            form_key.as_ref().map(<[u8; 16]>::as_slice),
        )
    })
    .map_err(|error| {
        if form_key.is_some() && db::is_unique_violation(&error) {
            Error::DuplicateSubmission
        } else {
            error.into()
        }
    })?;
    store::insert_secret(
        tx.connection,
        token.id,
        digest,
        &secret.hint(),
        token.created_at,
    )?;
    let what = NewEvent::new(EventKind::TokenCreated, token.name.clone()).to(token.id);
    audit::record(tx, token.user_id, actor, what)?;
    Ok(issued)
}

impl NewToken {
    /// When a token made at `now` for `life` expires.
    ///
    /// # Errors
    /// What to do about it: the life is longer than the operator allows, or no time at all.
    pub fn expiry(context: &AppState, life: Option<Duration>) -> Result<Option<Timestamp>, String> {
        Self::within_the_operators_bound(
            context,
            life.map(|life| context.now().saturating_add(life)),
        )
    }

    /// Checks a wanted expiry against the present and against `NARTHEX_TOKEN_MAX_AGE`.
    ///
    /// # Errors
    /// What to do about it.
    pub fn within_the_operators_bound(
        context: &AppState,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, String> {
        let now = context.now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err("Choose a time that is still to come.".to_owned());
        }
        match context.settings().token_max_age {
            Some(most) if expires_at.is_none_or(|end| end > now.saturating_add(most)) => {
                Err(format!(
                    "Tokens live at most {} here. Choose a shorter life.",
                    crate::i18n::humanize::length(most)
                ))
            }
            _ => Ok(expires_at),
        }
    }

    /// Checks name, abilities and life together.
    ///
    /// # Errors
    /// Everything that is wrong with them, by field.
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
