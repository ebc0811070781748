//! The keys that sign the session cookie, and the file that keeps one made at the first start.

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

/// The least number of bytes in a key, and how many are made: what the `cookie` crate's key takes,
/// whose first half signs with HMAC-SHA-256.
const KEY_BYTES: usize = 64;

/// How many symbolic links are followed: as many as Linux follows.
const LINKS: usize = 40;

/// The first key signs; all verify. Cannot be printed.
#[derive(Clone)]
pub struct SigningKeys {
    first: Zeroizing<Vec<u8>>,
    older: Vec<Zeroizing<Vec<u8>>>,
}

impl SigningKeys {
    /// Reads keys in base64, comma separated.
    ///
    /// # Errors
    /// What would do.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WHAT_WOULD_DO: &str = "give 64 or more random bytes in base64, such as `head -c 64 /dev/urandom | base64 -w0` makes";
        let mut keys = text
            .split(',')
            .map(|part| {
                BASE64_STANDARD
                    .decode(part.trim())
                    .ok()
                    .filter(|key| is_a_key(key))
                    .map(Zeroizing::new)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(WHAT_WOULD_DO)?
            .into_iter();
        let first = keys.next().ok_or(WHAT_WOULD_DO)?;
        Ok(Self {
            first,
            older: keys.collect(),
        })
    }

    /// The key that signs.
    #[must_use]
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    /// The keys that only verify.
    pub fn older(&self) -> impl Iterator<Item = &[u8]> {
        self.older.iter().map(|key| key.as_slice())
    }
}

/// Long enough, and not one byte over and over, as examples and forgotten placeholders are.
fn is_a_key(bytes: &[u8]) -> bool {
    bytes.len() >= KEY_BYTES && bytes.iter().any(|byte| Some(byte) != bytes.first())
}

/// Reads the key file, or makes it.
pub(super) fn read_or_make(path: &Path, random: &dyn Random) -> Result<SigningKeys, ConfigError> {
    if let Some(keys) = read(path)? {
        return Ok(keys);
    }
    make(&followed(path), random)?;
    read(path)?.ok_or_else(|| ConfigError(format!("{} was removed again", path.display())))
}

/// Reads the key file; `None`, where there is none.
pub(super) fn read(path: &Path) -> Result<Option<SigningKeys>, ConfigError> {
    let failed = |error: io::Error| ConfigError(format!("{}: {error}", path.display()));
    if !path.try_exists().map_err(failed)? {
        return Ok(None);
    }
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(ConfigError(format!(
            "{} has mode {mode:o}: others can read it; make it yours with chmod 600, and make a new \
             key if they may have",
            path.display()
        )));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    let keys = SigningKeys::parse(text.trim()).map_err(|what_would_do| {
        ConfigError(format!("{} holds no key: {what_would_do}", path.display()))
    })?;
    Ok(Some(keys))
}

/// Returns the path to which the symbolic links at `path` lead, also if no file is there yet: `hard_link`
/// makes no file through a link. `LINKS` bounds links that lead in a circle.
fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = path
            .parent()
            .map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    path
}

/// Writes a new key beside its place and links it there: a reader finds a whole key or none, and of
/// two processes that start at once the second uses the first one's.
fn make(path: &Path, random: &dyn Random) -> Result<(), ConfigError> {
    let failed =
        |error: io::Error| ConfigError(format!("{} cannot be made: {error}", path.display()));
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
    tracing::info!(file = %path.display(), "made a key for signing cookies");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rng::SystemRandom;

    #[test]
    fn key_is_made_where_a_dangling_link_leads() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (
            folder.path().join("narthex.key"),
            folder.path().join("elsewhere"),
        );
        std::os::unix::fs::symlink("elsewhere", &link).unwrap();
        let made = read_or_make(&link, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        let read =
            read_or_make(&target, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        assert_eq!(made.first(), read.first());
        assert!(link.is_symlink());
    }

    #[test]
    fn the_first_start_makes_a_key_that_later_starts_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("narthex.key");
        let made = read_or_make(&path, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
        let read = read_or_make(&path, &SystemRandom).unwrap_or_else(|refused| panic!("{refused}"));
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
    fn a_key_file_that_others_can_read_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("narthex.key");
        read_or_make(&path, &SystemRandom)
            .map(drop)
            .unwrap_or_else(|refused| panic!("{refused}"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            read_or_make(&path, &SystemRandom)
                .is_err_and(|refused| refused.0.contains("chmod 600"))
        );

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(read_or_make(&path, &SystemRandom).is_err());
    }

    #[test]
    fn keys_that_are_short_constant_or_no_base64_are_refused() {
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
