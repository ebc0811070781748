//! Signing in an app or a command line, which gets a device token.

use super::create::{Issued, NewToken, insert, new_token};
use crate::{
    app_state::AppState,
    audit::Actor,
    error::{Error, Result},
    passwords::verify::{PasswordProof, redeem_password_proof},
    types::{ability::Abilities, credential_kind::CredentialKind, name::Name},
    util::clock::Timestamp,
};

/// A device that signs in.
pub struct DeviceSignIn {
    /// What its owner will know it by.
    pub device_name: Name,
    /// What it may do.
    pub abilities: Abilities,
    /// When its token expires; `None` is never. Made by [`DeviceSignIn::usual_expiry`], or checked by
    /// [`NewToken::expiry`].
    pub expires_at: Option<Timestamp>,
}

impl DeviceSignIn {
    /// When the token of a device expires that asks for no life: after `NARTHEX_DEVICE_TOKEN_AGE`, or
    /// `NARTHEX_TOKEN_MAX_AGE` where that is shorter.
    #[must_use]
    pub fn usual_expiry(context: &AppState) -> Option<Timestamp> {
        let settings = context.settings();
        let lives = [settings.device_token_age, settings.token_max_age];
        let life = lives.into_iter().flatten().min();
        life.map(|life| context.now().saturating_add(life))
    }
}

/// Gives a device token to whoever knew the password. Where the user has as many tokens as one may have, the
/// device token that went unused for longest ends.
///
/// # Errors
/// [`Error::WrongPassword`] where the proof is void by now; [`Error::TooManyTokens`].
pub async fn sign_in(
    context: &AppState,
    proof: PasswordProof,
    device: DeviceSignIn,
    actor: Actor,
) -> Result<Issued> {
    let new = NewToken {
        name: device.device_name,
        abilities: device.abilities,
        expires_at: device.expires_at,
    };
    let draft = new_token(
        context,
        proof.user(),
        CredentialKind::Device,
        new,
        None,
        &actor,
    )?;
    context
        .write(move |tx| {
            redeem_password_proof(tx, &proof, &actor)?;
            match insert(tx, draft, None, &actor) {
                // Nothing was made, and yet the password was right: that is to be kept, or a full list
                // would be held against its owner as so many wrong ones.
                Err(full @ Error::TooManyTokens(_)) => Ok(Err(full)),
                made => made.map(Ok),
            }
        })
        .await?
}
