//! Signing in an app or a command line, which gets a device token.

use super::issue::{Issued, NewToken, draft, insert};
use crate::{
    ability::Abilities,
    accounts::{Authenticated, begin_sign_in},
    activity::Actor,
    context::Context,
    credentials::Kind,
    error::{Error, Result},
    name::Name,
};

/// A device that signs in.
pub struct DeviceSignIn {
    /// What its owner will know it by.
    pub device_name: Name,
    /// What it may do.
    pub abilities: Abilities,
}

/// Gives a device token to whoever knew the password. It lives as long as the operator lets tokens.
///
/// # Errors
/// [`Error::WrongPassword`] where the proof is void by now; [`Error::TooManyTokens`].
pub async fn sign_in(
    context: &Context,
    proof: Authenticated,
    device: DeviceSignIn,
    actor: Actor,
) -> Result<Issued> {
    let life = context.settings.token_max_age;
    let new = NewToken {
        name: device.device_name,
        abilities: device.abilities,
        expires_at: life.map(|life| context.now().plus(life)),
    };
    let draft = draft(context, proof.user(), Kind::Device, new, None, &actor)?;
    context
        .write(move |context, connection| {
            begin_sign_in(context, connection, &proof, &actor)?;
            match insert(context, connection, draft, None, &actor) {
                // Nothing was made, and yet the password was right: that is to be kept, or a full list
                // would be held against its owner as so many wrong ones.
                Err(full @ Error::TooManyTokens(_)) => Ok(Err(full)),
                made => made.map(Ok),
            }
        })
        .await?
}
