//! Accounts: registration, profile, names.

mod names;
mod profile_page;
mod register;
mod verify_email;
