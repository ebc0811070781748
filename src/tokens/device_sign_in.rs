//! Signs in an app or a command line, which gets a device token.

use super::create::{Issued, NewToken, insert, new_token};
use crate::{
    app_state::{AppState, Transaction},
    audit::Actor,
    error::{Error, Result},
    factors::{self, Code, CodeProof, CodeSource, FactorMethod, RecoveryCode, requirement, verify},
    passwords::{
        proof::{PasswordProof, check_password_proof, record_first_step, record_success},
        unverified::refusal_of_unverified,
        verify::attempt_in_sign_in,
    },
    types::{
        ability::Abilities, assurance::AuthenticationMethods, credential_kind::CredentialKind,
        ids::UserId, name::Name,
    },
    util::clock::Timestamp,
};

/// The data of a device's sign-in.
pub struct DeviceSignIn {
    /// The name by which the user recognises the device.
    pub device_name: Name,
    /// The abilities of the token.
    pub abilities: Abilities,
    /// The expiry of the token. `None` is never. The value comes from
    /// [`DeviceSignIn::default_expiry`], or was checked by [`NewToken::expiry`].
    pub expires_at: Option<Timestamp>,
}

impl DeviceSignIn {
    /// Returns the expiry of a device token without a requested lifetime: after
    /// `NARTHEX_DEVICE_TOKEN_AGE`, or after `NARTHEX_TOKEN_MAX_AGE` if that is shorter.
    #[must_use]
    pub fn default_expiry(state: &AppState) -> Option<Timestamp> {
        let settings = state.settings();
        let lives = [settings.tokens.device_age, settings.tokens.max_age];
        let life = lives.into_iter().flatten().min();
        life.map(|life| state.now().saturating_add(life))
    }
}

/// A new device token.
pub struct SignedInDevice {
    /// The token with its secret.
    pub issued: Issued,
    /// The recovery code that replaces the used one. It is shown once.
    pub replacement: Option<RecoveryCode>,
}

/// Creates a device token for the user of a password proof. If the user has a second factor, `code`
/// is needed as well. If the user has the maximum number of tokens, the device token that was unused
/// for longest is revoked.
///
/// # Errors
/// [`Error::SecondFactorRequired`] if the code is missing; [`Error::Invalid`] if it is wrong;
/// [`Error::WrongPassword`] if the proof is no longer valid; [`Error::EmailNotVerified`];
/// [`Error::SecondFactorMissing`]; [`Error::TooManyTokens`].
pub async fn sign_in(
    state: &AppState,
    proof: PasswordProof,
    device: DeviceSignIn,
    code: Option<Code>,
    actor: Actor,
) -> Result<SignedInDevice> {
    let new = NewToken {
        name: device.device_name,
        abilities: device.abilities,
        expires_at: device.expires_at,
    };
    let code = match code {
        Some(code) => verify_code(state, &proof, code, actor).await?,
        None => None,
    };
    let replacement = code.as_ref().and_then(CodeProof::replacement).cloned();
    let kind = CredentialKind::Device;
    let mut draft = new_token(state, proof.user(), kind, new, None, &actor)?;
    draft.token.methods = match code {
        Some(_) => AuthenticationMethods::PASSWORD_AND_CODE,
        None => AuthenticationMethods::PASSWORD,
    };
    let issued = state
        .write(move |tx| {
            check_password_proof(tx, &proof, &actor)?;
            let refusal = refusal_in(tx, proof.user(), code.is_some())?;
            // The verification of a code has removed the attempt of the password from the counters.
            // A second removal would erase a failure of another client of the network.
            if code.is_none() {
                match &refusal {
                    Some(_) => record_first_step(tx, &proof)?,
                    None => record_success(tx, &proof)?,
                }
            }
            if let Some(refusal) = refusal {
                return Ok(Err(refusal));
            }
            let inserted = match insert(tx, draft, None, &actor) {
                // No token was created, but the password was right. The transaction commits this
                // success. Otherwise sign-ins at a full list would count as attempts with a wrong
                // password.
                Err(full @ Error::TooManyTokens(_)) => Err(full),
                inserted => Ok(inserted?),
            };
            if let Some(code) = code {
                // An error cannot show a new recovery code.
                let code = match inserted {
                    Ok(_) => code,
                    Err(_) => code.without_replacement(),
                };
                verify::redeem(tx, &code, &actor)?;
            }
            Ok(inserted)
        })
        .await??;
    Ok(SignedInDevice {
        issued,
        replacement,
    })
}

/// Returns the refusal of a sign-in whose password was right.
fn refusal_in(tx: &mut Transaction<'_>, user: UserId, has_code: bool) -> Result<Option<Error>> {
    if let Some(refusal) = refusal_of_unverified(tx, user)? {
        return Ok(Some(refusal));
    }
    if !has_code && factors::has_second_factor(tx.connection, user)? {
        let methods = factors::methods_of(tx.connection, user)?;
        let names = methods.into_iter().map(FactorMethod::as_str);
        return Ok(Some(Error::SecondFactorRequired(names.collect())));
    }
    requirement::refusal_in(tx, user)
}

/// Verifies a code in addition to the password, and removes the attempt of the password from the
/// counters. Returns `None` if the user has no second factor.
async fn verify_code(
    state: &AppState,
    proof: &PasswordProof,
    code: Code,
    actor: Actor,
) -> Result<Option<CodeProof>> {
    let user = proof.user();
    let counted = state
        .write({
            let (code, proof) = (code.clone(), proof.clone());
            move |tx| {
                // A sign-in on a page locks the user before the counters as well. In another order,
                // the two would deadlock.
                check_password_proof(tx, &proof, &actor)?;
                if !factors::has_second_factor(tx.connection, user)? {
                    return Ok(Ok(None));
                }
                // The right password must not count as a failure that delays the code.
                record_first_step(tx, &proof)?;
                // A right code would count as a failure, because a refused sign-in does not use it.
                if let Some(refusal) = refusal_of_unverified(tx, user)? {
                    return Ok(Err(refusal));
                }
                let limit = attempt_in_sign_in(tx.state, tx.connection, user, &actor)?;
                let counted = verify::count(tx, user, &limit, &code)?;
                Ok::<_, Error>(Ok(Some(counted)))
            }
        })
        .await??;
    let Some(counted) = counted else {
        return Ok(None);
    };
    let replacement = Some(&CodeSource::RANDOM);
    let verified = verify::verify_or_refuse(state, user, code, replacement, actor, counted);
    verified.await.map(Some)
}
