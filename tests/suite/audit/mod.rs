//! The audit log.

mod bounds;
mod page;
