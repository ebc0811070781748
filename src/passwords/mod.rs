//! Passwords: policy, strength, verification and change.

pub mod change;
pub(crate) mod owner;
pub mod policy;
pub mod proof;
pub mod remove;
pub mod reset;
pub mod schemes;
pub mod second_step;
pub mod set;
pub mod set_by_link;
mod store;
pub mod strength;
pub mod unverified;
pub mod verify;

pub(crate) use self::store::set_email_verified;
