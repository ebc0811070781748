//! The JSON API: handlers below `/api/v1`.

pub mod credentials;
pub mod events;
pub mod sessions;
pub mod tokens;
pub mod user;
