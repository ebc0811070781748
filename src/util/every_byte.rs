//! A question about each byte of a text, for texts that mostly pass.

/// Whether `is` holds of every byte, all of which are looked at: without a way out in between, many are at
/// once.
#[must_use]
pub fn every_byte(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |so_far, byte| so_far & is(byte))
}
