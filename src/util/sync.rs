//! The synchronization types that threads share, from the standard library.
//!
//! They have a module of their own because `model/` replaces them by shuttle's types. It compiles
//! the code that uses them unchanged, and runs its threads in many orders. A `cfg` in this file was
//! rejected, because it would need a second build of everything that uses it.

pub use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak, atomic};
