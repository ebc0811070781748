//! The content of the rows of many tokens, for both databases.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use narthex::{
    config::TokenPrefix,
    crypto::{digest::Digest, rng::SystemRandom},
    tokens::TokenSecret,
    types::id::Id,
    util::clock::Timestamp,
};

use crate::Result;

/// The number of tokens of each user.
pub const TOKENS_A_USER: usize = 100;
/// The creation time of the first row, in milliseconds since 1970: 2026-01-01.
const FIRST: i64 = 1_767_225_600_000;

/// The digest of each token's secret, with the index of the token. Only the tokens in use have a
/// known secret. They are evenly spread, and their headers are written to `credentials`.
pub fn make_secrets(
    tokens: usize,
    in_use: usize,
    credentials: &Path,
) -> Result<Vec<([u8; 32], usize)>> {
    let prefix = TokenPrefix::parse("nrx")?;
    let mut lines = BufWriter::new(File::create(credentials)?);
    let every = tokens / in_use.max(1);
    let mut secrets = Vec::with_capacity(tokens);
    for place in 0..tokens {
        let digest = if place % every == 0 && place / every < in_use {
            let secret = TokenSecret::generate(&prefix, &SystemRandom)?;
            writeln!(lines, "Authorization: Bearer {}", secret.expose())?;
            secret.digest()
        } else {
            Digest::of(&place.to_le_bytes())
        };
        secrets.push((*digest.as_bytes(), place));
    }
    lines.flush()?;
    Ok(secrets)
}

/// An ID that is greater than those before it: a UUIDv7, each of its own millisecond.
pub fn id(place: usize) -> Result<[u8; 16]> {
    let id = Id::<()>::new(time(place)?, &SystemRandom)?;
    Ok(*id.as_bytes())
}

/// The creation time of the row with this index.
pub fn time(place: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(
        (FIRST + i64::try_from(place)?) * 1000,
    ))
}

/// The ID of the user with this index.
pub fn user_id(place: usize) -> [u8; 16] {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(place.to_be_bytes()) {
        *to = from;
    }
    id
}
