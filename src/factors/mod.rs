//! Second factors: authenticator apps, passkeys and recovery codes.
//!
//! `verify` verifies codes. `passkeys/verification.rs` and `passkeys/assertion.rs` verify passkeys.
//! The second step of a sign-in is in `src/sessions/second_step*.rs`.

mod authenticator_app;
mod cleanup;
mod code;
mod code_source;
mod imported;
mod last_way;
pub mod passkeys;
mod planned_removal;
mod recovery_code;
mod recovery_codes;
mod removal;
pub mod requirement;
mod revocation_choice;
mod store;
mod summary;
mod suspension;
mod totp;
pub mod verify;

pub(crate) use self::{
    code_source::CodeSource,
    imported::{HashedCode, hash_imported, insert_imported},
    last_way::refuse_removal,
    removal::{remove_changed_since, remove_in},
    store::has_password as has_password_in,
};

#[cfg(feature = "pages")]
pub use self::planned_removal::cancel_removal;
pub use self::{
    authenticator_app::{Enrolment, begin_enrolment, remove, turn_on},
    cleanup::{delete_abandoned, reseal},
    code::Code,
    planned_removal::{
        OperatorRemoval, PlannedRemoval, RemovalOutcome, RemovalTime, carry_out_removals,
        planned_removals, remove_as_operator,
    },
    recovery_code::{ImportedRecoveryCode, RecoveryCode},
    recovery_codes::replace_recovery_codes,
    revocation_choice::{RevocableCounts, RevocationChoice},
    summary::{
        AppSummary, FactorMethod, FactorSummary, PasskeySummary, RecoveryCodesSummary, summary,
    },
    suspension::resume_as_operator,
    totp::TotpSecret,
    verify::{CodeProof, MAX_FAILURES},
};

use crate::{app_state::AppState, db::AnyConnection, error::Result, types::ids::UserId};

/// Returns whether this user has a password.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn has_password(state: &AppState, user: UserId) -> Result<bool> {
    state
        .read(move |_, connection| Ok(has_password_in(connection, user)?))
        .await
}

/// Returns the methods by which this user can complete a sign-in.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn methods_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<FactorMethod>> {
    Ok(summary::summary_in(connection, user)?.methods())
}

/// Returns whether this user has a second factor. A sign-in then needs it.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn has_second_factor(connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    Ok(store::has_app(connection, user)? || passkeys::store::has_passkey(connection, user)?)
}
