//! What the rows of many tokens hold, whichever database they go into.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use narthex::{
    config::TokenPrefix,
    crypto::{digest::Digest, rng::SystemRandom},
    tokens::TokenSecret,
    util::{clock::Timestamp, id::Id},
};

use crate::Result;

/// How many tokens one user has.
pub const TOKENS_A_USER: usize = 100;
/// When the first was made, in milliseconds since 1970: 2026-01-01.
const FIRST: i64 = 1_767_225_600_000;

/// The digest of each token's secret, with the place of the token. Only those in use have a secret that
/// somebody knows; they are from everywhere among all, and the headers that show them go to `passes`.
pub fn make_secrets(tokens: usize, in_use: usize, passes: &Path) -> Result<Vec<([u8; 32], usize)>> {
    let prefix = TokenPrefix::parse("nrx")?;
    let mut lines = BufWriter::new(File::create(passes)?);
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

/// An id that is greater than those before it: a UUIDv7 of one millisecond each.
pub fn id(place: usize) -> Result<[u8; 16]> {
    let id = Id::<()>::new(time(place)?, &SystemRandom)?;
    Ok(*id.as_bytes())
}

/// When the row at this place was made.
pub fn time(place: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(
        (FIRST + i64::try_from(place)?) * 1000,
    ))
}

/// The id of the user at this place.
pub fn user_id(place: usize) -> [u8; 16] {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(place.to_be_bytes()) {
        *to = from;
    }
    id
}
