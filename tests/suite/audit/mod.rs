//! The audit log.

mod bounds;
