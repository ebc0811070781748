//! What other programs ask by standards of their own.

pub mod health;
pub mod metrics;
