//! The cookie of a session that a test opens.

use std::collections::HashMap;

use actix_web::cookie::{Cookie, CookieJar};

use super::{CookieConfig, SECRET};
use crate::{
    error::{Error, Result},
    sessions::secret::SessionSecret,
};

impl CookieConfig {
    /// Returns the cookie of a browser that signed in with this secret.
    ///
    /// # Errors
    /// None are expected.
    pub fn issue(&self, secret: &SessionSecret) -> Result<Cookie<'static>> {
        let secret = serde_json::to_string(secret.expose()).map_err(Error::internal)?;
        let content = HashMap::from([(SECRET, secret)]);
        let content = serde_json::to_string(&content).map_err(Error::internal)?;
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.first)
            .add(Cookie::new(self.name.clone(), content));
        let cookie = jar.get(&self.name).cloned();
        cookie.ok_or_else(|| Error::internal("the cookie was not signed"))
    }
}
