//! Addresses as clients see them, with the mount.
//!
//! Inside Narthex, each path is relative to the mount, like the constants of [`super::paths`].
//! Pages, redirects, `Location` and JSON bodies contain whole addresses. Return addresses (`next`)
//! are whole addresses everywhere, because they can lead to a page of the app that embeds Narthex.

use std::fmt;

use actix_web::{HttpRequest, web::Data};

use crate::{app_state::AppState, config::Mount};

/// An address as a client sees it: a whole path, or a URL. Redirects accept this type only, so that
/// a redirect without the mount does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Returns the address of `path`, which is relative to the mount.
    #[must_use]
    pub fn of(mount: &Mount, path: &str) -> Self {
        Self(mount.url(path))
    }

    /// Returns an address that already is whole.
    pub(super) const fn whole(address: String) -> Self {
        Self(address)
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the mount of the app that handles `request`.
#[must_use]
pub fn mount_of(request: &HttpRequest) -> &Mount {
    static ROOT: Mount = Mount::ROOT;
    let state = request.app_data::<Data<AppState>>();
    state.map_or(&ROOT, |state| state.mount())
}

/// Returns the path of `request` relative to the mount, or `None` if the path is outside the mount.
#[must_use]
pub fn relative_path(request: &HttpRequest) -> Option<&str> {
    mount_of(request).relative(request.path())
}
