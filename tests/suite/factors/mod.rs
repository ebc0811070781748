//! Second factors: authenticator apps and recovery codes.

mod api;
mod attacks;
mod endings;
mod enrolment;
mod independent_app;
mod operator;
mod planned_removal;
mod recovery_codes;
mod required;
mod reset;
mod second_click;
mod sign_in;
