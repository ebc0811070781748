//! Cryptography: password hashing, digests, sealing, randomness and secret values.

pub mod argon2_buffer;
pub mod digest;
pub mod password_hash;
pub mod rng;
pub mod sealing;
pub mod secret;
