//! A password hash of another system, as an import reads it. A verification within these bounds ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use narthex::crypto::password_hash::{Argon2Parameters, HashScheme, StoredHash};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(hash) = StoredHash::parse_foreign(text) else {
        return;
    };
    assert_eq!(hash.as_str(), text);
    assert!(!hash.is_absent());
    match hash.scheme().expect("the scheme of an accepted hash") {
        HashScheme::Argon2id(parameters) | HashScheme::Argon2i(parameters) => {
            let Argon2Parameters {
                memory_kib,
                passes,
                lanes,
            } = parameters;
            assert!(memory_kib <= 128 * 1024 && passes <= 10 && lanes <= 8);
        }
        HashScheme::Bcrypt { cost } | HashScheme::BcryptSha256 { cost } => {
            assert!((4..=15).contains(&cost));
        }
        HashScheme::Pbkdf2Sha256 { iterations } => {
            assert!((1000..=2_000_000).contains(&iterations));
        }
        HashScheme::Scrypt { log_n, r, p } => {
            let bytes = 128 * u64::from(r) << log_n;
            assert!(log_n < 32 && bytes <= 64 << 20 && p <= 8);
        }
        HashScheme::BetterAuth => {}
    }
});
