//! Passwords: policy, strength, verification and change.

pub mod change;
pub mod policy;
pub mod reset;
pub mod schemes;
pub mod set;
mod store;
pub mod strength;
pub mod verify;

pub(crate) use self::store::set_email_verified;
