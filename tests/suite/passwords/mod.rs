//! Passwords: policy and re-authentication.

mod policy;
mod reauthentication;
