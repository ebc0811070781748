//! Changes a token: its name, its abilities, its expiry, and whether it is paused.

use crate::{
    app_state::AppState,
    audit::{self, EventDetail, EventKind, NewEvent, TokenChangeDetail},
    credentials::{Credential, Principal, change, last_used, revoke::begin_change_as, store},
    db::AnyConnection,
    error::{Error, Result},
    types::{
        ability::{Abilities, Ability},
        credential_kind::CredentialType,
        ids::{CredentialId, UserId},
        name::Name,
    },
    util::clock::Timestamp,
};

/// A change of a token. `None` leaves a value unchanged.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The name.
    pub name: Option<Name>,
    /// The abilities.
    pub abilities: Option<Abilities>,
    /// Whether the token is paused.
    pub paused: Option<bool>,
    /// The expiry of the token. `Some(None)` is never.
    /// [`NewToken::ensure_within_max_age`](super::NewToken::ensure_within_max_age) has checked the
    /// value.
    pub expires_at: Option<Option<Timestamp>>,
}

impl Change {
    /// Returns whether the change gives `token` more abilities or a longer life. This requires a
    /// recent authentication of a session.
    fn gives_more_to(&self, token: &Credential) -> bool {
        let widens = self
            .abilities
            .as_ref()
            .is_some_and(|wanted| token.abilities.first_not_granted(wanted).is_some());
        let lengthens = self
            .expires_at
            .is_some_and(|wanted| ends_after(wanted, token.expires_at));
        widens || lengthens
    }
}

/// Returns whether an expiry `one` is later than `other`. `None` is no expiry.
fn ends_after(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (one, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    }
}

/// Changes one of the caller's tokens and returns its new state.
///
/// # Errors
/// - [`Error::NotFound`] if there is no such active token;
/// - [`Error::MissingAbility`] and [`Error::ExceedsCallerLifetime`] if the caller would give or
///   resume more than it has;
/// - [`Error::ReauthenticationRequired`] if a session without a recent authentication would give
///   the token more abilities or a longer life.
pub async fn change(
    state: &AppState,
    caller: &Principal,
    id: CredentialId,
    change: Change,
) -> Result<Credential> {
    let caller = caller.clone();
    state
        .write(move |tx| {
            let caller_credential = begin_change_as(tx, &caller)?;
            let actor = caller.actor();
            if let Some(abilities) = &change.abilities {
                caller_credential.ensure_may_grant_abilities(abilities)?;
            }
            if let Some(expires_at) = change.expires_at {
                caller_credential.ensure_may_grant_lifetime(expires_at)?;
            }
            let mut token = find_active(tx.state, tx.connection, caller.user().id, id)?;
            if token.paused && change.paused == Some(false) {
                // A resumed token is accepted again, which needs the same rights as its creation.
                caller_credential.ensure_may_grant_abilities(&token.abilities)?;
                caller_credential
                    .ensure_may_grant_lifetime(change.expires_at.unwrap_or(token.expires_at))?;
            }
            if change.gives_more_to(&token) {
                caller_credential.require_recent_authentication(tx.now())?;
            }
            for event in apply(&mut token, change) {
                audit::record(tx, caller.user().id, &actor, event)?;
            }
            change::update(tx, &token)?;
            Ok(token)
        })
        .await
}

/// Returns an active token of a user with its last use. Only active tokens can be changed.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub(super) fn find_active(
    state: &AppState,
    connection: &mut AnyConnection,
    user: UserId,
    id: CredentialId,
) -> Result<Credential> {
    let mut token = store::find(connection, user, id)?
        .filter(|token| token.class() == CredentialType::Token && token.is_active(state.now()))
        .ok_or(Error::NotFound)?;
    last_used::merge_pending(state, &mut token);
    Ok(token)
}

/// Applies the change to `token` and returns the audit events of the differences.
fn apply(token: &mut Credential, change: Change) -> Vec<NewEvent> {
    let (name, abilities, paused) = (token.name.clone(), token.abilities.clone(), token.paused);
    let expires_at = token.expires_at;
    token.name = change.name.map_or_else(|| name.clone(), String::from);
    token.abilities = change.abilities.unwrap_or_else(|| abilities.clone());
    token.paused = change.paused.unwrap_or(paused);
    token.expires_at = change.expires_at.unwrap_or(expires_at);
    let mut events = Vec::new();
    if (&token.name, &token.abilities, token.expires_at) != (&name, &abilities, expires_at) {
        let detail = TokenChangeDetail {
            token: token.name.clone(),
            renamed_from: Some(name).filter(|name| *name != token.name),
            added: missing_in(&abilities, &token.abilities),
            removed: missing_in(&token.abilities, &abilities),
            expiry: (token.expires_at != expires_at).then(|| token.expires_at.into()),
        };
        events.push(NewEvent::new(
            EventKind::TokenChanged,
            EventDetail::TokenChange(detail),
        ));
    }
    let kind = match (paused, token.paused) {
        (false, true) => Some(EventKind::TokenPaused),
        (true, false) => Some(EventKind::TokenResumed),
        _ => None,
    };
    events.extend(kind.map(|kind| NewEvent::new(kind, token.name.clone())));
    events.into_iter().map(|event| event.to(token.id)).collect()
}

/// Returns the names of the abilities of `others` that `abilities` does not list.
fn missing_in(abilities: &Abilities, others: &Abilities) -> Vec<String> {
    let is_missing = |other: &&Ability| abilities.iter().all(|ability| ability != *other);
    others
        .iter()
        .filter(is_missing)
        .map(ToString::to_string)
        .collect()
}
