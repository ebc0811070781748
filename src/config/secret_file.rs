//! Secrets that are kept in a file: `NARTHEX_SECRET_KEY_FILE` names one with the value of
//! `NARTHEX_SECRET_KEY`.
//!
//! Docker, Kubernetes and systemd mount such files with modes of their own (0444, 0440 with a group, 0400),
//! which are taken as they are. `narthex check` warns of a file that every user can read.

use std::{fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use super::{
    ConfigError,
    keys::{self, KEYS},
    sources::{Sources, one_line},
};

/// More than any secret has, so that a wrong file is not read to its end.
const MAX_BYTES: u64 = 64 * 1024;

/// Sets each secret whose `_FILE` setting names a file.
///
/// # Errors
/// When a secret and its file are both set, or when a file cannot be read.
pub(super) fn read_all(sources: &mut Sources) -> Result<(), ConfigError> {
    for key in KEYS.iter().filter(|key| key.is_secret()) {
        let file = keys::file_of(key).and_then(|file| sources.given(file.env));
        let Some((path, place)) = file else { continue };
        if let Some((_, other)) = sources.given(key.env) {
            return Err(one_line(format!(
                "{other} and {place} are both set: leave one of them out"
            )));
        }
        let path = path.trim();
        let secret = read(Path::new(path))
            .map_err(|why| one_line(format!("{place} is \"{path}\": {why}")))?;
        let place = format!("the content of {place}");
        sources.set(key.env, secret.to_string(), place);
    }
    Ok(())
}

/// The text of a file without the line end behind it.
fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("it cannot be read ({error}); name a file with the secret"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!(
            "it has more than {MAX_BYTES} bytes; name a file with the secret alone"
        ));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.trim().is_empty() {
        return Err("it is empty; name a file with the secret".to_owned());
    }
    Ok(Zeroizing::new(line.to_owned()))
}
