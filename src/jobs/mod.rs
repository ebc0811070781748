//! Work that a server repeats in the background.

pub mod schedule;
