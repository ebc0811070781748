//! Randomness. Only this file reads from the random number generator.

use rand::{TryRng, rngs::SysRng};

/// The operating system provided no randomness. No secret may be created without it.
#[derive(Debug, thiserror::Error)]
#[error("the operating system provided no randomness: {0}")]
pub struct RngError(String);

impl RngError {
    /// Creates the error of a failing source, with the reason for the log.
    #[must_use]
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// A source of randomness. It is a trait, so that a test can use one that fails.
pub trait Random: Send + Sync {
    /// Fills `bytes` with unpredictable values.
    ///
    /// # Errors
    /// Fails if the source has no randomness. `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError>;
}

/// The operating system's generator, called each time. The process has no generator state that
/// could leak or be duplicated by a fork.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError> {
        SysRng.try_fill_bytes(bytes).map_err(RngError::new)
    }
}

/// Returns `N` random bytes from `source`.
///
/// # Errors
/// Fails if the source has no randomness.
pub fn bytes<const N: usize>(source: &dyn Random) -> Result<[u8; N], RngError> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
