//! Helpers of several targets.

use narthex::config::{Settings, Sources};

/// Reads settings, given as environment variables.
///
/// # Panics
/// If the settings are invalid, because then the target is wrong and not the input.
pub fn settings(values: &[(&str, &str)]) -> Settings {
    let sources = Sources::of(values.iter().copied()).expect("known settings");
    Settings::read(&sources).expect("valid settings")
}

/// Base64url (RFC 4648, section 5), without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    let text = base64(bytes).replace('+', "-").replace('/', "_");
    text.trim_end_matches('=').to_owned()
}

/// CRC-32 (IEEE 802.3), computed bit by bit, independently of the implementation under test.
/// Targets also use it as a number that depends on the whole input, in order to choose a position.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1))
        })
    })
}

/// Base64 (RFC 4648, section 4), padded.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |part: &[u8]| {
        let bits = (0..3).fold(0u32, |bits, place| {
            bits << 8 | u32::from(part.get(place).copied().unwrap_or_default())
        });
        (0..4usize)
            .map(|place| match place <= part.len() {
                true => char::from(alphabet[(bits >> (18 - 6 * place)) as usize & 63]),
                false => '=',
            })
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
