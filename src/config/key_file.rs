//! The keys that sign the session cookie, and the file that stores the key created at the first
//! start.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::ConfigError;
use crate::crypto::rng::{self, Random};

/// The minimum length of a key, and the length of a new one. The `cookie` crate needs this many
/// bytes and signs with HMAC-SHA-256 under the first half.
const KEY_BYTES: usize = 64;

/// The maximum number of symbolic links that are followed, the same as on Linux.
const MAX_LINKS: usize = 40;

/// The signing keys: the first one signs, all verify. The type has no `Debug`.
#[derive(Clone)]
pub struct SigningKeys {
    first: Zeroizing<Vec<u8>>,
    older: Vec<Zeroizing<Vec<u8>>>,
}

impl SigningKeys {
    /// Parses keys in base64, separated by commas.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const REMEDY: &str = "give 64 or more random bytes in base64, such as the output of \
                              `head -c 64 /dev/urandom | base64 -w0`";
        let mut keys = text
            .split(',')
            .map(|part| {
                BASE64_STANDARD
                    .decode(part.trim())
                    .ok()
                    .filter(|key| is_valid_key(key))
                    .map(Zeroizing::new)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(REMEDY)?
            .into_iter();
        let first = keys.next().ok_or(REMEDY)?;
        Ok(Self {
            first,
            older: keys.collect(),
        })
    }

    /// Returns the key that signs.
    #[must_use]
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    /// Returns the keys that only verify.
    pub fn older(&self) -> impl Iterator<Item = &[u8]> {
        self.older.iter().map(|key| key.as_slice())
    }
}

/// Returns whether a key is long enough and not a repeated byte, as in examples and placeholders.
fn is_valid_key(bytes: &[u8]) -> bool {
    bytes.len() >= KEY_BYTES && bytes.iter().any(|byte| Some(byte) != bytes.first())
}

/// Reads the key file, or creates it.
pub(super) fn read_or_create(path: &Path, random: &dyn Random) -> Result<SigningKeys, ConfigError> {
    if let Some(keys) = read(path)? {
        return Ok(keys);
    }
    create(&resolve_links(path), random)?;
    read(path)?
        .ok_or_else(|| ConfigError(format!("{} was removed during the start", path.display())))
}

/// Reads the key file. Returns `None` if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<SigningKeys>, ConfigError> {
    let failed = |error: io::Error| ConfigError(format!("{}: {error}", path.display()));
    if !path.try_exists().map_err(failed)? {
        return Ok(None);
    }
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(ConfigError(format!(
            "{} has mode {mode:o}: other users can read it; run chmod 600, and create a new key \
             if it may have been read",
            path.display()
        )));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    let keys = SigningKeys::parse(text.trim()).map_err(|remedy| {
        ConfigError(format!(
            "{} contains no valid key: {remedy}",
            path.display()
        ))
    })?;
    Ok(Some(keys))
}

/// Returns the path to which the symbolic links at `path` lead, even if no file is there yet. The
/// target is needed because `hard_link` creates no file through a link. `MAX_LINKS` bounds a cycle
/// of links.
fn resolve_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = path
            .parent()
            .map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    path
}

/// Writes a new key into a temporary file and links it to its path. A reader therefore finds a
/// whole key or none. If two processes start at once, the second one uses the key of the first.
fn create(path: &Path, random: &dyn Random) -> Result<(), ConfigError> {
    let failed =
        |error: io::Error| ConfigError(format!("{} cannot be created: {error}", path.display()));
    let key = Zeroizing::new(
        rng::bytes::<KEY_BYTES>(random).map_err(|error| ConfigError(error.to_string()))?,
    );
    let text = Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(*key)));
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&draft).map_err(failed)?;
    linked.map_err(failed)?;
    tracing::info!(file = %path.display(), "cookie signing key created");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn key_is_created_at_the_target_of_a_dangling_link() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (
            folder.path().join("narthex.key"),
            folder.path().join("elsewhere"),
        );
        std::os::unix::fs::symlink("elsewhere", &link).unwrap();
        let made =
            read_or_create(&link, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        let read =
            read_or_create(&target, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        assert_eq!(made.first(), read.first());
        assert!(link.is_symlink());
    }

    #[test]
    fn first_start_creates_a_key_that_later_starts_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("narthex.key");
        let made =
            read_or_create(&path, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        let read =
            read_or_create(&path, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        assert_eq!(made.first(), read.first());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no draft is left"
        );
    }

    #[test]
    fn key_file_that_is_readable_or_without_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("narthex.key");
        read_or_create(&path, &SystemRandom)
            .map(drop)
            .unwrap_or_else(|refused| panic!("{refused}"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            read_or_create(&path, &SystemRandom)
                .is_err_and(|refused| refused.0.contains("chmod 600"))
        );

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(read_or_create(&path, &SystemRandom).is_err());
    }

    #[test]
    fn short_constant_or_undecodable_keys_are_refused() {
        let constant = BASE64_STANDARD.encode([7; 64]);
        let short = BASE64_STANDARD.encode((0..63).collect::<Vec<u8>>());
        let good = BASE64_STANDARD.encode((0..64).collect::<Vec<u8>>());
        for text in [
            "",
            "x",
            &constant,
            &short,
            &format!("{good},"),
            &format!("{good},{short}"),
        ] {
            assert!(SigningKeys::parse(text).is_err(), "{text}");
        }
        assert!(SigningKeys::parse(&format!("{good}, {good}")).is_ok());
    }
}
