//! The settings by section. A section declares its settings, parses them and holds their values. A
//! parser of several sections is in `../values.rs`. CONTRIBUTING.md has the steps for a new
//! setting.

pub(super) mod accounts;
pub(super) mod branding;
pub(super) mod cache;
pub(super) mod database;
pub(super) mod languages;
pub(super) mod logging;
pub(super) mod mail;
pub(super) mod places;
pub(super) mod rate_limits;
pub(super) mod records;
pub(super) mod server;
pub(super) mod sessions;
pub(super) mod signing;
pub(super) mod tokens;

#[cfg(feature = "cli")]
pub use self::logging::Logging;
pub use self::{
    accounts::Accounts, branding::Branding, cache::CacheLimits, database::Database, mail::Mail,
    rate_limits::RateLimits, records::Records, server::Server, sessions::Sessions,
    signing::Signing, tokens::Tokens,
};
