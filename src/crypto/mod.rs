//! Cryptography: password hashing, digests, randomness and secret values.

pub mod argon2_buffer;
pub mod digest;
pub mod password_hash;
pub mod rng;
pub mod secret;
