//! Codes of authenticator apps: TOTP (RFC 6238) with the parameters that all apps support. These are
//! HMAC-SHA-1, six digits and steps of 30 seconds. Some apps silently ignore others.

use std::ops::RangeInclusive;

use totp_rs::{Algorithm, Builder, Secret, Totp, TotpError};
use zeroize::Zeroizing;

use crate::{
    crypto::{
        rng::{self, Random},
        secret::SecretString,
    },
    error::{Error, Result},
    util::clock::Timestamp,
};

/// RFC 4226, section 4: 160 bits are recommended.
const SECRET_BYTES: usize = 20;
/// The number of steps before and after the present one whose codes are accepted, because clocks
/// differ (RFC 6238, section 5.2).
const SKEW: u16 = 1;
const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
/// The lengths of an imported secret. Apps of other systems have 80 bits by default.
const IMPORTED_BYTES: RangeInclusive<usize> = 10..=64;

/// The secret that an authenticator app shares with Narthex.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self> {
        let bytes = Zeroizing::new(rng::bytes::<SECRET_BYTES>(random)?);
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Wraps the bytes of an opened secret.
    pub(super) const fn from_opened(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, to seal them.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Parses a secret of another system in base32. Returns `None` for other texts, and for a secret
    /// that is too short or too long.
    #[must_use]
    pub fn parse_imported(base32: &SecretString) -> Option<Self> {
        let text = base32.expose().trim().trim_end_matches('=');
        let text = Zeroizing::new(text.to_ascii_uppercase());
        let secret = Secret::try_from_base32(&*text).ok()?;
        let bytes = secret.as_bytes();
        IMPORTED_BYTES
            .contains(&bytes.len())
            .then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Returns the step whose code `digits` is, among the present one and its neighbours.
    #[must_use]
    pub fn step_of(&self, digits: &str, now: Timestamp) -> Option<i64> {
        let seconds = now.millis() / 1_000;
        // `build` refuses the 80 bits that an imported secret may have.
        let step = self.builder().build_noncompliant().check(digits, seconds);
        step.and_then(|step| i64::try_from(step).ok())
    }

    /// Returns the secret in base32, for people who type it into their app.
    ///
    /// # Errors
    /// None are expected, because generated secrets have a valid length.
    pub fn base32(&self) -> Result<SecretString> {
        let totp = self.totp(None, "").map_err(Error::internal)?;
        Ok(SecretString::new(totp.secret().to_base32()))
    }

    /// Returns the `otpauth://` address that an app reads from a QR code.
    ///
    /// # Errors
    /// As [`TotpSecret::base32`].
    pub fn address(&self, issuer: &str, account: &str) -> Result<SecretString> {
        // A colon separates the issuer from the account.
        let [issuer, account] = [issuer, account].map(|text| text.replace(':', " "));
        let totp = self.totp(Some(issuer), &account).map_err(Error::internal)?;
        totp.to_url()
            .map(SecretString::new)
            .map_err(Error::internal)
    }

    fn totp(&self, issuer: Option<String>, account: &str) -> Result<Totp, TotpError> {
        self.builder()
            .with_issuer(issuer)
            .with_account_name(account)
            .build()
    }

    fn builder(&self) -> Builder {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW)
            .with_step_duration(STEP_SECONDS)
            .with_secret(self.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn of_the_rfc() -> TotpSecret {
        TotpSecret(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// The codes of appendix B for SHA-1 have eight digits. The last six are the code of six digits
    /// (RFC 4226, section 5.3).
    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = of_the_rfc().step_of(code, at(seconds));
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn only_neighbouring_steps_are_accepted() {
        let (code, step) = ("279037", 2_000_000_000 / 30);
        for (distance, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = of_the_rfc().step_of(code, at((step + distance) * 30));
            assert_eq!(found.is_some(), accepted, "{distance}");
        }
    }

    #[test]
    fn imported_secret_has_80_bits_at_least() {
        let read = |text: &str| TotpSecret::parse_imported(&SecretString::new(text.to_owned()));
        for (text, bytes) in [
            ("GEZDGNBVGY3TQOJQ", "1234567890"),
            (" gezdgnbvgy3tqojq\n", "1234567890"),
            ("GEZDGNBVGY3TQOJQGE======", "12345678901"),
        ] {
            assert_eq!(read(text).unwrap().expose(), bytes.as_bytes(), "{text}");
        }
        // The code of the second step after the epoch (RFC 4226, with a shorter secret).
        let secret = read("GEZDGNBVGY3TQOJQ").unwrap();
        let code = secret.builder().build_noncompliant().generate(59);
        assert_eq!(secret.step_of(&code.to_string(), at(59)), Some(1));
        for other in [
            "",
            "GEZDGNBVGY3TQ",
            "0189",
            &"A".repeat(160),
            "GEZDGNBV-GY3TQOJQ",
        ] {
            assert!(read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn address_names_issuer_account_and_secret() {
        let address = of_the_rfc().address("My: Shop", "ada@example.com").unwrap();
        assert_eq!(
            address.expose(),
            "otpauth://totp/My%20%20Shop:ada%40example.com?\
             secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20%20Shop"
        );
        assert_eq!(
            of_the_rfc().base32().unwrap().expose(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
    }
}
