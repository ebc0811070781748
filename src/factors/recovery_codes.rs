//! Makes the recovery codes of a user.

use std::collections::BTreeSet;

use super::{CodeSource, RecoveryCode, RevocationChoice, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        self, Principal, RevocationReason, RevocationReceipt, change, end_pending,
        revoke::{begin_change_as, lock_user_and_recheck_actor},
    },
    crypto::{digest::Digest, password_hash::StoredHash},
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    types::{form::RESUBMISSION_WINDOW, ids::UserId},
};

/// The number of recovery codes of a user.
pub(super) const COUNT: usize = 10;

/// New recovery codes, and the receipt of what was revoked with them.
pub struct RecoveryCodesMade {
    /// The codes. They are shown once.
    pub codes: Vec<RecoveryCode>,
    /// The receipt, if credentials were chosen.
    pub receipt: Option<RevocationReceipt>,
}

/// New codes with their hashes.
pub(super) type HashedCodes = Vec<(RecoveryCode, StoredHash)>;

/// Makes codes with different first groups.
fn make(state: &AppState, source: &CodeSource) -> Result<Vec<RecoveryCode>> {
    let mut locators = BTreeSet::new();
    let mut codes = Vec::with_capacity(COUNT);
    for number in 0_u64.. {
        let code = source.code(state, &[b"set ", number.to_be_bytes().as_slice()].concat())?;
        if locators.insert(code.locator().to_owned()) {
            codes.push(code);
        }
        if codes.len() == COUNT {
            break;
        }
    }
    Ok(codes)
}

/// Makes codes and hashes them.
async fn generate(
    state: &AppState,
    caller: &Principal,
    source: &CodeSource,
) -> Result<HashedCodes> {
    let permit = state.hasher().acquire(caller.ip).await?;
    let mut codes = Vec::with_capacity(COUNT);
    for code in make(state, source)? {
        let hash = permit.hash(code.secret()).await?;
        codes.push((code, hash));
    }
    Ok(codes)
}

/// Returns the codes that an earlier request of the same form has made a moment ago, if they are
/// still those of the user and `is_proved` accepts the request. The session gets a further secret
/// with the digest `renewed`, because the earlier request has revoked the one that this request has
/// sent.
pub(super) async fn repeat(
    state: &AppState,
    caller: &Principal,
    source: &CodeSource,
    renewed: Digest,
    is_proved: impl FnOnce(&mut Transaction<'_>) -> Result<bool> + Clone + Send + 'static,
) -> Result<Option<Vec<RecoveryCode>>> {
    if !source.is_repeatable() {
        return Ok(None);
    }
    let codes = make(state, source)?;
    let (user, session, ip) = (caller.user().id, caller.credential().id, caller.ip);
    state
        .write(move |tx| {
            lock_user_and_recheck_actor(tx, user, &Actor::anonymous(ip))?;
            let now = tx.now();
            let since = now.saturating_sub(RESUBMISSION_WINDOW);
            let made = store::recovery_code_set(tx.connection, user)?;
            let is_recent = made.is_some_and(|(made, ..)| made > since && made <= now);
            let locators: Vec<String> = codes.iter().map(|one| one.locator().to_owned()).collect();
            let stored = store::recovery_codes(tx.connection, user, &locators)?;
            let session = credentials::store::find(tx.connection, user, session)?;
            let Some(session) = session.filter(|session| session.is_active(now)) else {
                return Ok(None);
            };
            if !is_recent || stored.len() != COUNT || !is_proved(tx)? {
                return Ok(None);
            }
            change::add_secret(tx, &session, renewed)?;
            Ok(Some(codes))
        })
        .await
}

/// Replaces all recovery codes of a user.
pub(super) fn replace(tx: &mut Transaction<'_>, user: UserId, codes: &HashedCodes) -> Result<()> {
    let now = tx.now();
    store::delete_recovery_codes(tx.connection, user)?;
    let codes = codes.iter().map(|(code, hash)| (code.locator(), hash));
    Ok(store::insert_recovery_codes(
        tx.connection,
        user,
        now,
        codes,
    )?)
}

/// Generates recovery codes if the new factor is the first one.
pub(super) async fn generate_for_first(
    state: &AppState,
    caller: &Principal,
    source: &CodeSource,
) -> Result<Option<HashedCodes>> {
    let user = caller.user().id;
    let has_factor = state
        .read(move |_, connection| super::has_second_factor(connection, user))
        .await?;
    match has_factor {
        true => Ok(None),
        false => generate(state, caller, source).await.map(Some),
    }
}

/// Stores the codes of [`generate_for_first`] if the new factor is the first one, and returns those
/// to show. `None` if it has become the first one meanwhile, so that there are no codes for it.
pub(super) fn store_for_first(
    tx: &mut Transaction<'_>,
    user: UserId,
    is_first: bool,
    codes: Option<HashedCodes>,
) -> Result<Option<Vec<RecoveryCode>>> {
    if !is_first {
        return Ok(Some(Vec::new()));
    }
    let Some(codes) = codes else {
        return Ok(None);
    };
    replace(tx, user, &codes)?;
    Ok(Some(codes.into_iter().map(|(code, _)| code).collect()))
}

/// Replaces the caller's recovery codes. The old ones are refused from then on. The caller's
/// session gets the secret with the digest `renewed`. A second click on the form with the key
/// `form_key` gets the same codes.
///
/// # Errors
/// [`Error::SecondFactorConfirmationRequired`] if no second factor was confirmed recently, because
/// a thief with recovery codes needs no other factor. [`Error::NotFound`] if the user has no second
/// factor.
pub async fn replace_recovery_codes(
    state: &AppState,
    caller: &Principal,
    revocation: RevocationChoice,
    form_key: Option<[u8; 16]>,
    renewed: Digest,
) -> Result<RecoveryCodesMade> {
    caller.require_second_factor(state.now())?;
    let (user, secret) = (caller.user().id, caller.actor().secret);
    let source = CodeSource::of_form(state, user, form_key.as_ref(), secret)?;
    match make_once(state, caller, revocation, &source, renewed).await {
        Err(error @ Error::NotSignedIn { .. }) => {
            let codes = repeat(state, caller, &source, renewed, |_| Ok(true)).await?;
            let receipt = None;
            codes
                .map(|codes| RecoveryCodesMade { codes, receipt })
                .ok_or(error)
        }
        made => made,
    }
}

async fn make_once(
    state: &AppState,
    caller: &Principal,
    revocation: RevocationChoice,
    source: &CodeSource,
    renewed: Digest,
) -> Result<RecoveryCodesMade> {
    let codes = generate(state, caller, source).await?;
    let caller = caller.clone();
    state
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            session.require_second_factor(tx.now())?;
            let (user, actor) = (session.user_id, caller.actor());
            if !super::has_second_factor(tx.connection, user)? {
                return Err(Error::NotFound);
            }
            replace(tx, user, &codes)?;
            end_pending(tx.connection, user)?;
            let event = NewEvent::new(EventKind::RecoveryCodesMade, "");
            audit::record(tx, user, &actor, event)?;
            change::replace_secret(tx, user, session.id, renewed)?;
            let reason = RevocationReason::RecoveryCodesMade;
            let receipt = revocation.apply_and_end_trust(tx, user, session.id, reason, &actor)?;
            let revoked = receipt.iter().flat_map(RevocationReceipt::kinds);
            notices::notify(tx, user, &actor, NoticeKind::RecoveryCodesMade, revoked)?;
            Ok(RecoveryCodesMade {
                codes: codes.into_iter().map(|(code, _)| code).collect(),
                receipt,
            })
        })
        .await
}
