//! Passkeys: registration, the second step of a sign-in, and attacks.

mod attacks;
mod in_browser;
mod registration;
mod second_step;
