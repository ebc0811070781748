//! Accounts: registration, profile, names.

pub mod email_change;
mod email_undo;
mod invitation;
mod names;
mod notice_email;
mod profile_page;
mod register;
mod unverified;
mod verify_email;
