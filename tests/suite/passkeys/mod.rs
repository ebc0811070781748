//! Passkeys: registration, sign-in, the second step of a sign-in, confirmation, and attacks.

mod attacks;
mod confirmation;
mod in_browser;
mod last_way;
mod pages;
mod registration;
mod second_step;
mod sign_in;
mod sign_in_attacks;
mod verification;
mod without_password;
