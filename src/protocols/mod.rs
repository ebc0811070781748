//! What other programs ask by standards of their own.

pub mod forward_auth;
pub mod health;
pub mod metrics;
pub mod oauth;
pub mod openapi;
pub mod problems;
