//! Passwords: hashes of other systems, policy and re-authentication.

mod foreign;
mod policy;
mod reauthentication;
mod reset;
