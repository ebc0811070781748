//! The pages for a forgotten password: asking for a link, and setting a new password with it.

pub mod forgot;
pub mod reset;
