//! A random number generator in which a test can inject faults.

use std::sync::Mutex;

use narthex::crypto::rng::{Random, RngError, SystemRandom};

/// The generator of the system, until a fault is injected.
#[derive(Default)]
pub struct FaultyRandom(Mutex<Option<(Fault, usize)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Returns an error.
    Fails,
    /// Panics, and with it the calling code.
    Panics,
}

impl FaultyRandom {
    /// Injects this fault once, after that many successful calls. It replaces an earlier fault.
    pub fn inject(&self, fault: Fault, after: usize) {
        *self.0.lock().unwrap() = Some((fault, after));
    }

    /// Removes the fault. Returns whether it had not occurred yet.
    pub fn take_unused(&self) -> bool {
        self.0.lock().unwrap().take().is_some()
    }

    fn fault_now(&self) -> Option<Fault> {
        let mut fault = self.0.lock().unwrap();
        let (what, after) = (*fault)?;
        *fault = after.checked_sub(1).map(|after| (what, after));
        fault.is_none().then_some(what)
    }
}

impl Random for FaultyRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError> {
        match self.fault_now() {
            None => SystemRandom.fill(bytes),
            Some(Fault::Fails) => Err(RngError::new("a test took it away")),
            Some(Fault::Panics) => panic!("randomness panics, as this test wants it to"),
        }
    }
}
