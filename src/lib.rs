//! Narthex adds accounts, browser sessions and API tokens to an app. Users see every session and
//! token of their account and can revoke any of them.
//!
//! A session or a token is a credential. The secret of a session travels in a signed cookie, the
//! secret of a token in `Authorization: Bearer`. There is one function to check a credential
//! (`credentials::authenticate`) and one module to revoke credentials (`credentials::revoke`).
//!
//! # Structure
//!
//! The layers, the lowest first:
//!
//! - types and tools: `types`, `config`, `db`, `crypto`, `telemetry`, `i18n`, `util`;
//! - the domain: `accounts`, `passwords`, `credentials`, `sessions`, `tokens`, `audit`,
//!   `rate_limit`, `import`. `credential_cache` and `cluster` make a revocation immediate;
//! - `http` with pages, JSON API, OAuth and forward auth;
//! - `cli`.
//!
//! In the domain, one file is one operation, and `store` has the queries of a folder.
//! `http::routes` is the route table.
//!
//! # Public API
//!
//! The items below are the public API, by semantic versioning; `docs/public-api.txt` lists them. The
//! feature `internals` is no part of it. The major version of this crate changes with that of
//! actix-web.
//!
//! # Embedding
//!
//! An actix-web app gets accounts with one dependency. [`Narthex`] opens the database and has the
//! routes, and [`User`] and [`Can`] are the callers of the app's own handlers:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use narthex::{Can, Narthex, User};
//!
//! narthex::abilities! { pub ReadOrders = "orders:read", "Read your orders"; }
//!
//! async fn page(user: User) -> String {
//!     format!("{}'s orders", user.user().name)
//! }
//!
//! async fn list(user: Can<ReadOrders>) -> String {
//!     user.id().to_string()
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let narthex = Narthex::builder()
//!         .database("sqlite://shop.db")
//!         .public_url("http://localhost:8080")
//!         .abilities::<ReadOrders>()
//!         .open()?;
//!     let app = move || {
//!         App::new()
//!             .route("/orders", web::get().to(page))
//!             .route("/api/orders", web::get().to(list))
//!             .configure(narthex.routes())
//!     };
//!     Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
//! }
//! ```

// Some operations have only the program or the pages as their callers. They stay in a library
// without these, because an attribute at each of them and at each of their imports would hide the
// operations themselves. The linker leaves them out.
#![cfg_attr(
    not(all(
        feature = "cli",
        feature = "pages",
        feature = "sqlite",
        feature = "postgres"
    )),
    cfg_attr(
        not(feature = "internals"),
        expect(
            dead_code,
            unused_imports,
            reason = "operations that only the program or the pages call"
        )
    )
)]

// The tests, the benchmarks and the fuzz targets reach every module. An app does not: only the
// items below are the public API.
#[cfg(not(feature = "internals"))]
mod account_changes;
#[cfg(not(feature = "internals"))]
mod accounts;
#[cfg(not(feature = "internals"))]
mod app_state;
#[cfg(not(feature = "internals"))]
mod audit;
#[cfg(all(feature = "cli", not(feature = "internals")))]
mod cli;
#[cfg(not(feature = "internals"))]
mod cluster;
#[cfg(not(feature = "internals"))]
mod config;
#[cfg(not(feature = "internals"))]
mod credential_cache;
#[cfg(not(feature = "internals"))]
mod credentials;
#[cfg(not(feature = "internals"))]
mod crypto;
#[cfg(all(
    feature = "cli",
    feature = "sqlite",
    feature = "postgres",
    not(feature = "internals")
))]
mod database_copy;
#[cfg(not(feature = "internals"))]
mod db;
#[cfg(not(feature = "internals"))]
mod error;
#[cfg(not(feature = "internals"))]
mod factors;
#[cfg(not(feature = "internals"))]
mod http;
#[cfg(not(feature = "internals"))]
mod i18n;
#[cfg(all(feature = "cli", not(feature = "internals")))]
mod import;
#[cfg(not(feature = "internals"))]
mod jobs;
#[cfg(not(feature = "internals"))]
mod mail;
#[cfg(not(feature = "internals"))]
mod passwords;
#[cfg(not(feature = "internals"))]
mod rate_limit;
#[cfg(not(feature = "internals"))]
mod restore_detection;
#[cfg(not(feature = "internals"))]
mod schema;
#[cfg(not(feature = "internals"))]
mod sessions;
#[cfg(not(feature = "internals"))]
mod sign_in_attempts;
#[cfg(not(feature = "internals"))]
mod telemetry;
#[cfg(not(feature = "internals"))]
mod tokens;
#[cfg(not(feature = "internals"))]
mod types;
#[cfg(not(feature = "internals"))]
mod util;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod account_changes;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod accounts;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod app_state;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod audit;
#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod cluster;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod config;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod credential_cache;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod credentials;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod crypto;
#[cfg(all(
    feature = "cli",
    feature = "sqlite",
    feature = "postgres",
    feature = "internals"
))]
#[doc(hidden)]
pub mod database_copy;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod db;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod error;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod factors;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod http;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod i18n;
#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod import;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod jobs;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod mail;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod passwords;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod rate_limit;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod restore_detection;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod schema;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod sessions;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod sign_in_attempts;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod telemetry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod tokens;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod types;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod util;

pub use account_changes::ChangeKind;
pub use http::embed::{
    AccountChange, Builder, Caller, Can, ChangeCursor, Error, ErrorKind, Guard, Migrate, Narthex,
    NewApiToken, NewUser, OpenError, OptionalUser, Preview, Receipt, Refusal, RefusalReason,
    Selection, SignOut, TokenInfo, Tokens, User, Users,
    ability::{Ability, Any, Confirmed, Require, SessionOnly, TokenOnly},
};
#[cfg(feature = "pages")]
pub use http::embed::{Brand, Page};
pub use types::{
    id::{Id, ParseIdError},
    ids::{CredentialId, ReceiptId, UserId},
    user::User as UserInfo,
};

#[cfg(feature = "testing")]
pub use http::embed::testing;

/// Runs the program `narthex`.
#[cfg(feature = "cli")]
#[doc(hidden)]
#[must_use]
pub fn run_program() -> std::process::ExitCode {
    cli::Cli::start()
}

/// Items that the expansion of [`abilities!`] uses.
#[doc(hidden)]
pub mod macro_support {
    pub use crate::http::embed::ability::{CheckedCaller, RequirementResult, is_valid_name};
}
