//! Users, tokens and sessions for the tests of an app that embeds Narthex (feature `testing`).
//!
//! The credentials are real. The check that runs in a test is the check that runs in production,
//! so a test can also revoke a credential and expect a refusal. No password is hashed, no socket is
//! opened, the clock stands still, and mails go to a folder.
//!
//! ```
//! use actix_web::{App, test, web};
//! use narthex::{Can, testing};
//!
//! narthex::abilities! { pub ReadOrders = "orders:read", "Read your orders"; }
//!
//! async fn orders(user: Can<ReadOrders>) -> String {
//!     format!("{}'s orders", user.user().name)
//! }
//!
//! # #[actix_web::main]
//! # async fn main() {
//! let narthex = testing::narthex::<ReadOrders>();
//! let ada = narthex.user("ada@example.com").await;
//! let app = App::new().route("/orders", web::get().to(orders)).configure(narthex.routes());
//! let app = test::init_service(app).await;
//!
//! let request = test::TestRequest::get().uri("/orders");
//! let request = request.insert_header(ada.with::<ReadOrders>().await);
//! assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "ada's orders");
//! # }
//! ```
//!
//! The functions panic if the machine has no room for a temporary file, because a test can do
//! nothing about it.

mod clock;
mod database;
mod mails;
mod user;

use std::{ops::Deref, sync::Arc, time::Duration};

pub use self::{
    clock::FakeClock,
    mails::TestMail,
    user::{PASSWORD, TestUser},
};
use self::{database::TemporaryDatabase, user::must};
use super::{Narthex, ability::Require};
use crate::{crypto::rng::SystemRandom, util::clock::Timestamp};

/// 2026-11-22T12:30:00Z: hours added or taken stay on the same day.
const START: Timestamp = Timestamp::from_micros(1_795_350_600_000_000);

/// A signing key for tests only.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// The contact that every mail names.
const CONTACT: &str = "help@example.com";

/// Opens Narthex on a temporary SQLite database, with the abilities `A`. Every `Host` is accepted,
/// because a test request has none.
///
/// # Panics
/// The temporary database cannot be created.
#[must_use]
pub fn narthex<A: Require>() -> TestNarthex {
    let database = TemporaryDatabase::create();
    let clock = Arc::new(FakeClock::at(START));
    let narthex = Narthex::builder()
        .database(database.url())
        .public_url("http://localhost")
        .secret_key(KEY)
        .abilities::<A>()
        .any_host()
        .mail_server(format_args!("file:{}", database.mails().display()), CONTACT)
        .without_mail_thread()
        .open_with(Arc::clone(&clock) as Arc<_>, Arc::new(SystemRandom));
    TestNarthex {
        narthex: must("open Narthex", narthex),
        clock,
        database,
    }
}

/// A [`Narthex`] for one test. Its database is deleted when it is dropped.
#[derive(Debug)]
pub struct TestNarthex {
    /// Dropped before the database.
    narthex: Narthex,
    clock: Arc<FakeClock>,
    database: TemporaryDatabase,
}

impl TestNarthex {
    /// Creates a user. The name is the part of the address before the `@`.
    ///
    /// # Panics
    /// The address is not valid, or has an account already.
    pub async fn user(&self, email: &str) -> TestUser<'_> {
        TestUser::create(self, email).await
    }

    /// Moves the clock forward. It stands still otherwise.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sends the mails that are due, and returns all mails so far, the oldest first. A notice is due
    /// after a minute, because notices of one kind are joined: call [`Self::advance`] before.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[actix_web::main]
    /// # async fn main() {
    /// let narthex = narthex::testing::narthex::<()>();
    /// let ada = narthex.user("ada@example.com").await;
    /// ada.session().await;
    /// assert!(narthex.mails().is_empty());
    /// # }
    /// ```
    ///
    /// # Panics
    /// A mail cannot be sent or read.
    #[must_use]
    pub fn mails(&self) -> Vec<TestMail> {
        mails::send_and_read(&self.narthex.0.state, &self.database.mails())
    }
}

impl Deref for TestNarthex {
    type Target = Narthex;

    fn deref(&self) -> &Narthex {
        &self.narthex
    }
}
