//! Signs in an app or a command line, which gets a device token.

use super::create::{Issued, NewToken, insert, new_token};
use crate::{
    app_state::AppState,
    audit::Actor,
    error::{Error, Result},
    passwords::verify::{PasswordProof, redeem_password_proof, refusal_of_unverified},
    types::{ability::Abilities, credential_kind::CredentialKind, name::Name},
    util::clock::Timestamp,
};

/// The data of a device's sign-in.
pub struct DeviceSignIn {
    /// The name by which the user recognises the device.
    pub device_name: Name,
    /// The abilities of the token.
    pub abilities: Abilities,
    /// When the token expires. `None` is never. The value comes from
    /// [`DeviceSignIn::default_expiry`], or was checked by [`NewToken::expiry`].
    pub expires_at: Option<Timestamp>,
}

impl DeviceSignIn {
    /// Returns the expiry of a device token without a requested lifetime: after
    /// `NARTHEX_DEVICE_TOKEN_AGE`, or after `NARTHEX_TOKEN_MAX_AGE` if that is shorter.
    #[must_use]
    pub fn default_expiry(context: &AppState) -> Option<Timestamp> {
        let settings = context.settings();
        let lives = [settings.tokens.device_age, settings.tokens.max_age];
        let life = lives.into_iter().flatten().min();
        life.map(|life| context.now().saturating_add(life))
    }
}

/// Creates a device token for the user of a password proof. If the user has the maximum number of
/// tokens, the device token that was unused for longest is revoked.
///
/// # Errors
/// [`Error::WrongPassword`] if the proof is no longer valid; [`Error::EmailNotVerified`];
/// [`Error::TooManyTokens`].
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
            if let Some(refusal) = refusal_of_unverified(tx, proof.user())? {
                return Ok(Err(refusal));
            }
            match insert(tx, draft, None, &actor) {
                // No token was created, but the password was right. The transaction commits this
                // success. Otherwise sign-ins at a full list would count as attempts with a wrong
                // password.
                Err(full @ Error::TooManyTokens(_)) => Ok(Err(full)),
                result => result.map(Ok),
            }
        })
        .await?
}
