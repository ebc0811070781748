//! What threads share things with: the standard library's.
//!
//! A name of its own, so that `model/` can compile what is built on it word for word, with shuttle's in
//! its place, and run its threads in many orders. (A `cfg` in here was left out: it would make a second
//! build of everything of it.)

pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak, atomic};
