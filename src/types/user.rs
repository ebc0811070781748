//! A user.

use crate::{types::ids::UserId, util::clock::Timestamp};

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The ID. It is never used again for another user.
    pub id: UserId,
    /// The e-mail address as typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// The time at which the account was created.
    #[doc(hidden)]
    pub created_at: Timestamp,
}
