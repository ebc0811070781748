//! The secret of the link that the browser has opened, and the address that it wants to verify.

use super::SessionCookie;
use crate::{
    error::Result,
    mail::links::{LinkSecret, Purpose},
};

const LINK: &str = "l";
const ADDRESS: &str = "a";

impl SessionCookie {
    /// Stores the secret of the link that the browser has opened, so that no later address has it.
    /// A text that cannot be a secret is not stored.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn keep_link(&self, purpose: Purpose, typed: &str) -> Result<()> {
        match LinkSecret::parse(typed) {
            Some(secret) => self.put(LINK, &format!("{} {}", purpose.as_str(), secret.expose())),
            None => {
                self.remove_link();
                Ok(())
            }
        }
    }

    /// Returns the secret of the link that the browser has opened last, if it has this purpose.
    #[must_use]
    pub fn link(&self, purpose: Purpose) -> Option<LinkSecret> {
        let link = self.session.get::<String>(LINK).ok().flatten()?;
        let (stored, secret) = link.split_once(' ')?;
        (stored == purpose.as_str())
            .then(|| LinkSecret::parse(secret))
            .flatten()
    }

    /// Stores the address that this browser registered, or with which it could not sign in yet, so
    /// that the user can ask for another mail.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn keep_address(&self, email: &str) -> Result<()> {
        self.put(ADDRESS, email)
    }

    /// Returns the address that [`SessionCookie::keep_address`] stored.
    #[must_use]
    pub fn pending_address(&self) -> Option<String> {
        self.session.get::<String>(ADDRESS).ok().flatten()
    }

    /// Removes the address.
    pub fn remove_address(&self) {
        self.session.remove(ADDRESS);
    }

    /// Removes the secret of a link.
    pub fn remove_link(&self) {
        self.session.remove(LINK);
    }
}
