//! Rate limits: attempts, shares, resources.

mod attempts;
mod fairness;
mod resources;
