//! Randomness: the one file that draws it.

use rand::{TryRng, rngs::SysRng};

/// The operating system gave no randomness. Nothing secret may be made without it.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness: {0}")]
pub struct RngError(String);

impl RngError {
    /// For a source that has none to give, with the reason for the log.
    #[must_use]
    pub fn because(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// Where randomness comes from. A parameter, so that a test can take it away.
pub trait Random: Send + Sync {
    /// Fills `bytes` with unpredictable ones.
    ///
    /// # Errors
    /// When the source has none to give; `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError>;
}

/// The operating system's generator, asked anew each time: no state in this process to leak or to fork.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError> {
        SysRng.try_fill_bytes(bytes).map_err(RngError::because)
    }
}

/// `N` random bytes from `source`.
///
/// # Errors
/// When the source has none to give.
pub fn bytes<const N: usize>(source: &dyn Random) -> Result<[u8; N], RngError> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
