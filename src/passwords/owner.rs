//! The proof that a caller is the owner of the account, before the password changes or the account is
//! deleted.

use super::{
    proof::{PasswordProof, redeem_password_proof},
    verify::authenticate_user,
};
use crate::{
    app_state::{AppState, Transaction},
    credentials::{Principal, revoke::begin_change_as},
    crypto::secret::SecretString,
    error::{Error, Result},
    factors,
};

/// The proof of the owner: the password, or for a user without one a recent second factor.
#[derive(Clone)]
pub(crate) enum OwnerProof {
    /// The password was verified.
    Password(PasswordProof),
    /// The user has no password. [`OwnerProof::redeem`] verifies that the session has confirmed a
    /// second factor recently.
    SecondFactor,
}

impl OwnerProof {
    /// Verifies the password of the caller, if there is one.
    ///
    /// # Errors
    /// The errors of [`authenticate_user`]; without a password,
    /// [`Error::SecondFactorConfirmationRequired`].
    pub(crate) async fn of(
        state: &AppState,
        caller: &Principal,
        password: SecretString,
    ) -> Result<Self> {
        if !factors::has_password(state, caller.user().id).await? {
            caller.require_second_factor(state.now())?;
            return Ok(Self::SecondFactor);
        }
        let proof = authenticate_user(state, caller, password).await?;
        Ok(Self::Password(proof))
    }

    /// Begins a transaction that needs the owner, as [`redeem_password_proof`] does.
    ///
    /// # Errors
    /// The errors of [`redeem_password_proof`]. Without a password:
    /// [`Error::SecondFactorConfirmationRequired`], and [`Error::WrongPassword`] if the user has one
    /// meanwhile.
    pub(crate) fn redeem(&self, tx: &mut Transaction<'_>, caller: &Principal) -> Result<()> {
        match self {
            Self::Password(proof) => redeem_password_proof(tx, proof, &caller.actor()),
            Self::SecondFactor => {
                let session = begin_change_as(tx, caller)?;
                if factors::has_password_in(tx.connection, session.user_id)? {
                    return Err(Error::WrongPassword);
                }
                session.require_second_factor(tx.now())
            }
        }
    }
}
