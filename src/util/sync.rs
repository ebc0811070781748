//! The synchronization types that threads share, from the standard library.
//!
//! They have a module of their own, so that `model/` can compile the code on top of them unchanged
//! with shuttle's types, and run its threads in many orders. A `cfg` in this file was rejected,
//! because it would need a second build of everything that uses it.

pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak, atomic};
