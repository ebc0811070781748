//! Health checks and metrics for operators.

pub mod health;
pub mod metrics;
