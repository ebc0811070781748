//! Rate limits of attempts, fairness between clients, and limits of one request.

mod attempts;
mod fairness;
mod resources;
