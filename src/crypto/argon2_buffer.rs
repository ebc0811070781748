//! Argon2 in a reused memory buffer.
//!
//! Each hash needs 19 MiB of aligned memory. The C library's allocator fits aligned blocks badly
//! into the space of earlier ones: it kept three for each of its arenas, 300 MiB on a machine with
//! two cores. Each hashing thread therefore keeps one buffer. The next hash overwrites all data of
//! a password in it.

use std::cell::RefCell;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        CustomizedPasswordHasher, Error, PasswordHasher, Result,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Hashes with Argon2id and these parameters. Verification uses the algorithm and the parameters of
/// the stored hash. Each thread that uses it keeps a buffer, so it should run on few threads.
pub(super) struct BufferedArgon2(pub(super) Params);

impl PasswordHasher<PasswordHash> for BufferedArgon2 {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash> {
        hash(
            Algorithm::Argon2id,
            Version::V0x13,
            self.0.clone(),
            password,
            salt,
        )
    }
}

impl CustomizedPasswordHasher<PasswordHash> for BufferedArgon2 {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?;
        let version = version.map(Version::try_from).transpose()?;
        hash(
            algorithm.unwrap_or_default(),
            version.unwrap_or_default(),
            params,
            password,
            salt,
        )
    }
}

fn hash(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> Result<PasswordHash> {
    let salt = Salt::new(salt)?;
    let mut buffer = [0; Output::MAX_LENGTH];
    let out = buffer
        .get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))
        .ok_or(Error::OutputSize)?;
    let params_string = ParamsString::try_from(&params)?;
    let blocks = params.block_count();
    let argon2 = Argon2::new(algorithm, version, params);
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() < blocks {
            // A new vector, because growing the old one would hold both for a moment.
            *memory = Vec::new();
            memory.resize(blocks, Block::new());
        }
        let working_memory = memory.get_mut(..blocks).ok_or(Error::Internal)?;
        argon2.hash_password_into_with_memory(password, &salt, out, working_memory)?;
        Ok::<_, Error>(())
    })?;
    Ok(PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: params_string,
        salt: Some(salt),
        hash: Some(Output::new(out)?),
    })
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier as _;

    use super::*;

    /// The test vector of the reference implementation's `test.c`: version 0x13, Argon2id, t=2,
    /// m=2^16, p=1.
    #[test]
    fn hash_matches_the_reference_vector() {
        let params = Params::new(1 << 16, 2, 1, None).unwrap();
        let made = BufferedArgon2(params).hash_password_with_salt(b"password", b"somesalt");
        assert_eq!(
            made.unwrap().to_string(),
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
             $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        );
    }

    #[test]
    fn reused_memory_gives_correct_hashes_of_any_size() {
        let salt = [7; 16];
        for memory in [64, 19_456, 128, 1 << 15, 64] {
            let params = Params::new(memory, 2, 1, None).unwrap();
            let made = BufferedArgon2(params.clone())
                .hash_password_with_salt(b"a password", &salt)
                .unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            argon2.verify_password(b"a password", &made).unwrap();
            BufferedArgon2(params.clone())
                .verify_password(b"a password", &made)
                .unwrap();
            let wrong = BufferedArgon2(params).verify_password(b"another one", &made);
            assert!(wrong.is_err());
        }
    }
}
