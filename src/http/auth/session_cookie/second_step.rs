//! The secrets of a sign-in that is not complete, and recovery codes for the next page.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::SessionCookie;
use crate::{
    app_state::AppState, crypto::secret::SecretString, error::Result, factors::RecoveryCode,
    sign_in_attempts::AttemptSecret, types::ids::UserId, util::clock::Timestamp,
};

const ATTEMPT: &str = "t";
const PASSKEY_SIGN_IN: &str = "p";
const RECOVERY_CODES: &str = "c";

/// The time for which the page shows new recovery codes. A phone may load the page again after the
/// user has opened a password manager.
const SHOWN_FOR: Duration = Duration::from_secs(300);

impl SessionCookie {
    /// Stores the secret of a sign-in that waits for its second step. A session of the browser
    /// stays until then.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn begin_attempt(&self, attempt: &AttemptSecret) -> Result<()> {
        self.put(ATTEMPT, attempt.expose())
    }

    /// Returns the secret of a sign-in that waits for its second step.
    #[must_use]
    pub fn attempt(&self) -> Option<AttemptSecret> {
        let text = self.session.get::<String>(ATTEMPT).ok().flatten()?;
        AttemptSecret::parse(text)
    }

    /// Removes the secret of a sign-in that is over.
    pub fn end_attempt(&self) {
        self.session.remove(ATTEMPT);
    }

    /// Stores the secret to which the challenges of a sign-in with a passkey are bound. It has no
    /// user.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn begin_passkey_sign_in(&self, secret: &AttemptSecret) -> Result<()> {
        self.put(PASSKEY_SIGN_IN, secret.expose())
    }

    /// Returns the secret to which the challenges of a sign-in with a passkey are bound.
    #[must_use]
    pub fn passkey_sign_in(&self) -> Option<AttemptSecret> {
        let text = self.session.get::<String>(PASSKEY_SIGN_IN).ok().flatten()?;
        AttemptSecret::parse(text)
    }

    /// Stores new recovery codes for their page, sealed for `user`. The database has their hashes
    /// only. The page can be loaded again for [`SHOWN_FOR`], and so can a copy of the cookie be
    /// used. The next other page removes the codes.
    ///
    /// # Errors
    /// Fails without randomness.
    pub fn put_recovery_codes(
        &self,
        state: &AppState,
        user: UserId,
        codes: &[RecoveryCode],
    ) -> Result<()> {
        let lines: Vec<SecretString> = codes.iter().map(RecoveryCode::grouped).collect();
        let lines: Vec<&str> = lines.iter().map(SecretString::expose).collect();
        let until = state.now().saturating_add(SHOWN_FOR).micros();
        let text = SecretString::new(format!("{until}\n{}", lines.join("\n")));
        let keys = state.sealing_keys()?;
        let sealed = keys.seal(state.random(), &shown_to(user), text.expose().as_bytes())?;
        self.put(RECOVERY_CODES, &BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Removes the stored recovery codes. Without any, the response sets no cookie: it could
    /// replace the cookie of another response, which has a message.
    pub fn remove_recovery_codes(&self) {
        if self.session.entries().contains_key(RECOVERY_CODES) {
            self.session.remove(RECOVERY_CODES);
        }
    }

    /// Returns the stored recovery codes, one a line.
    #[must_use]
    pub fn recovery_codes(&self, state: &AppState, user: UserId) -> Option<SecretString> {
        let sealed = self.session.get::<String>(RECOVERY_CODES).ok().flatten()?;
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let keys = state.sealing_keys().ok()?;
        let text = keys.open(&shown_to(user), &sealed).ok()?;
        let (until, lines) = str::from_utf8(&text).ok()?.split_once('\n')?;
        let is_late = until.parse().map(Timestamp::from_micros).ok()? <= state.now();
        (!is_late).then(|| SecretString::new(lines.to_owned()))
    }
}

/// Returns the owner of sealed recovery codes. It differs from the owner of a stored secret, so
/// that neither opens in place of the other.
fn shown_to(user: UserId) -> Vec<u8> {
    [b"recovery codes of ", user.as_bytes().as_slice()].concat()
}
