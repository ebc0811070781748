//! Makes the recovery codes of a user.

use std::collections::BTreeSet;

use super::{Ending, RecoveryCode, store};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, EventKind, NewEvent},
    credentials::{
        Principal, RevocationReason, RevocationReceipt, change, revoke::begin_change_as,
    },
    crypto::{digest::Digest, password_hash::StoredHash},
    error::{Error, Result},
    mail::notices::{self, NoticeKind},
    sign_in_attempts,
    types::ids::UserId,
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

/// Generates codes with different first groups, and hashes them.
pub(super) async fn generate(context: &AppState, caller: &Principal) -> Result<HashedCodes> {
    let permit = context.hasher().acquire(caller.ip).await?;
    let mut locators = BTreeSet::new();
    let mut codes = Vec::with_capacity(COUNT);
    while codes.len() < COUNT {
        let code = RecoveryCode::generate(context.random())?;
        if locators.insert(code.locator().to_owned()) {
            let hash = permit.hash(code.secret()).await?;
            codes.push((code, hash));
        }
    }
    Ok(codes)
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

/// Generates the codes that a new factor needs: none beside another factor.
pub(super) async fn generate_for_first(
    context: &AppState,
    caller: &Principal,
) -> Result<Option<HashedCodes>> {
    let user = caller.user().id;
    let has_factor = context
        .read(move |_, connection| super::has_second_factor(connection, user))
        .await?;
    match has_factor {
        true => Ok(None),
        false => generate(context, caller).await.map(Some),
    }
}

/// Stores the codes of [`generate_for_first`] if the new factor is the first one, and returns those to
/// show. `None` if it has become the first one meanwhile, so that there are no codes for it.
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

/// Makes the caller's recovery codes anew. The old ones are refused from then on. The caller's
/// session gets the secret with the digest `renewed`.
///
/// # Errors
/// [`Error::SecondFactorConfirmationRequired`] if no second factor was confirmed recently, because
/// a thief with recovery codes needs no other factor. [`Error::NotFound`] if the user has no second
/// factor.
pub async fn make_anew(
    context: &AppState,
    caller: &Principal,
    ending: Ending,
    renewed: Digest,
) -> Result<RecoveryCodesMade> {
    caller.require_second_factor(context.now())?;
    let codes = generate(context, caller).await?;
    let caller = caller.clone();
    context
        .write(move |tx| {
            let session = begin_change_as(tx, &caller)?;
            session.require_second_factor(tx.now())?;
            let (user, actor) = (session.user_id, caller.actor());
            if !super::has_second_factor(tx.connection, user)? {
                return Err(Error::NotFound);
            }
            replace(tx, user, &codes)?;
            sign_in_attempts::end_all(tx.connection, user)?;
            let event = NewEvent::new(EventKind::RecoveryCodesMade, "");
            audit::record(tx, user, &actor, event)?;
            change::replace_secret(tx, user, session.id, renewed)?;
            let reason = RevocationReason::RecoveryCodesMade;
            let receipt =
                ending
                    .of_factor_change()
                    .apply(tx, user, [session.id], reason, &actor)?;
            let revoked = receipt.iter().flat_map(RevocationReceipt::kinds);
            notices::notify(tx, user, &actor, NoticeKind::RecoveryCodesMade, revoked)?;
            Ok(RecoveryCodesMade {
                codes: codes.into_iter().map(|(code, _)| code).collect(),
                receipt,
            })
        })
        .await
}
