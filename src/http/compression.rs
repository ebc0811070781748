//! Compression with brotli, which browsers and the drafts of forms share.

use std::io::{Read as _, Write as _};

/// The window in bits. Larger ones do not pay for contents of less than 256 KiB.
const WINDOW: u32 = 18;

/// Compresses a content. `quality` is at most 11. Returns `None` if the encoder fails.
#[must_use]
pub fn compress(content: &[u8], quality: u32) -> Option<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut encoder =
        brotli::CompressorWriter::new(&mut compressed, content.len().max(1), quality, WINDOW);
    encoder.write_all(content).ok()?;
    drop(encoder);
    Some(compressed)
}

/// Decompresses a content of a trusted source: its size is not limited.
#[must_use]
pub fn decompress(compressed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut decoder = brotli::Decompressor::new(compressed, compressed.len().max(1));
    decoder.read_to_end(&mut content).ok()?;
    Some(content)
}
