//! Randomness that a test can take away.

use std::sync::Mutex;

use narthex::crypto::rng::{Random, RngError, SystemRandom};

/// The system's, until it is told to have a fault.
#[derive(Default)]
pub struct FaultyRandom(Mutex<Option<(Fault, usize)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Says that there is none.
    Fails,
    /// Panics, and with it whoever asked.
    Panics,
}

impl FaultyRandom {
    /// Has this fault once, after it worked so many times. Any fault before is forgotten.
    pub fn inject(&self, fault: Fault, after: usize) {
        *self.0.lock().unwrap() = Some((fault, after));
    }

    /// Whether the fault was never met; it is forgotten.
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
            Some(Fault::Fails) => Err(RngError::because("a test took it away")),
            Some(Fault::Panics) => panic!("randomness panics, as this test wants it to"),
        }
    }
}
