//! Passkeys (Web Authentication, level 3): registration, use, names and removal.

mod accepted;
pub(crate) mod assertion;
pub(crate) mod challenge;
mod client_data;
mod handle;
#[cfg(test)]
mod known_answers;
mod manage;
mod providers;
mod registration;
mod relying_party;
pub(super) mod store;
pub mod verification;

pub use self::{
    accepted::{AcceptedPasskeys, accepted},
    assertion::AssertionResponse,
    challenge::Challenge,
    manage::{remove, rename},
    registration::{AttestationResponse, NewPasskey, begin_registration, register},
    relying_party::RelyingParty,
};
pub(super) use self::{
    challenge::delete_expired,
    manage::{delete, notify_of_removal},
    providers::name_of as provider_of,
};
