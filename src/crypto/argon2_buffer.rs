//! Argon2 in a reused memory buffer.
//!
//! Each hash needs 19 MiB of aligned memory. The C library's allocator rarely reuses the space of
//! an earlier aligned block. It kept three blocks for each of its arenas: 300 MiB on a machine with
//! two cores. Each hashing thread therefore keeps one buffer. The next hash overwrites all data of
//! a password in it.

use std::cell::RefCell;

use argon2::{Argon2, Block, Error, Result};

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// The size of the buffer that a thread keeps, in blocks of 1 KiB. The hashes of Narthex fit. A
/// hash of another system can need six times as much, and is verified rarely.
const MAX_KEPT_BLOCKS: usize = 20 << 10;

/// Computes the tag of a password into `tag`. Each calling thread keeps a buffer, so it should run
/// on few threads.
pub(super) fn hash_into(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
) -> Result<()> {
    let blocks = argon2.params().block_count();
    if blocks > MAX_KEPT_BLOCKS {
        return argon2.hash_password_into(password, salt, tag);
    }
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() < blocks {
            // A new vector, because growing the old one would hold both for a moment.
            *memory = Vec::new();
            memory.resize(blocks, Block::new());
        }
        let memory = memory.get_mut(..blocks).ok_or(Error::MemoryTooLittle)?;
        argon2.hash_password_into_with_memory(password, salt, tag, memory)
    })
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, Version};

    use super::*;

    fn argon2(memory: u32) -> Argon2<'static> {
        let params = Params::new(memory, 2, 1, None).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    /// The test vector of the reference implementation's `test.c`: version 0x13, Argon2id, t=2,
    /// m=2^16, p=1.
    #[test]
    fn hash_matches_the_reference_vector() {
        let mut tag = [0; 32];
        hash_into(&argon2(1 << 16), b"password", b"somesalt", &mut tag).unwrap();
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
        );
    }

    #[test]
    fn reused_memory_gives_correct_hashes_of_any_size() {
        for memory in [64, 19_456, 128, 1 << 15, 64] {
            let (argon2, mut tag, mut expected) = (argon2(memory), [0; 32], [0; 32]);
            hash_into(&argon2, b"a password", &[7; 16], &mut tag).unwrap();
            argon2
                .hash_password_into(b"a password", &[7; 16], &mut expected)
                .unwrap();
            assert_eq!(tag, expected);
        }
    }
}
