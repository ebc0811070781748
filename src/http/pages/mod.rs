//! Pages for browsers.
//!
//! A page is a handler here and a template in `templates/`, which `template(path = …)` at the
//! handler names. Its path is in `src/http/paths.rs`, and its route and access rule are in
//! `src/http/routes.rs`.

pub mod account;
pub mod activity;
#[cfg(feature = "internals")]
pub mod components;
pub mod confirm;
pub mod confirm_passkey;
pub mod credential_row;
pub mod email_change;
pub mod home;
pub mod invitation;
mod list_query;
pub mod login;
pub mod login_passkey;
pub mod login_verify;
pub mod logout;
mod mailed_link;
pub mod passkey_addresses;
pub mod password;
pub mod problem;
pub mod register;
pub mod revoke;
pub mod security;
pub mod sessions;
pub mod tokens;
pub mod verify_email;

use crate::{app_state::AppState, factors::passkeys::RelyingParty};

/// Returns the host name of passkeys, if the settings allow them.
fn relying_party(state: &AppState) -> Option<String> {
    RelyingParty::host(state.settings()).map(str::to_owned)
}
