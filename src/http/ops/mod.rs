//! Health checks for operators.

pub mod health;
