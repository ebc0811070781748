//! A predicate on all bytes of a text, optimized for texts that pass.

/// Returns whether `is` holds for every byte. It always tests all bytes: without an early exit the
/// compiler can test many at once.
#[must_use]
pub fn every_byte(text: &str, predicate: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & predicate(byte))
}
