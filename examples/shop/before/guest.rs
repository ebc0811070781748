//! The customer of a shop without accounts.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

/// The only customer of a shop without accounts. Its methods have the names of those of
/// `narthex::User`.
#[derive(Clone, Copy, Debug)]
pub struct Guest;

impl Guest {
    /// Returns the customer in the table of orders.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        "guest"
    }
}

impl FromRequest for Guest {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self))
    }
}
