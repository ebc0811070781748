//! Secrets in files: `NARTHEX_SECRET_KEY_FILE` names a file with the value of `NARTHEX_SECRET_KEY`.
//!
//! Docker, Kubernetes and systemd mount such files with modes of their own (0444, 0440 with a
//! group, 0400), which are accepted. `narthex check` warns about a file that every user can read.

use std::{fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use super::{
    ConfigError, SettingKey, setting_keys,
    sources::{Sources, one_line},
};

/// Longer than any secret, so that a wrong file is not read to its end.
const MAX_BYTES: u64 = 64 * 1024;

/// Sets each secret whose `_FILE` setting names a file.
///
/// # Errors
/// Fails if a secret and its file are both set, or if a file cannot be read.
pub(super) fn read_all(sources: &mut Sources) -> Result<(), ConfigError> {
    for key in setting_keys::all().filter(|key| key.is_secret()) {
        let file = setting_keys::file_of(key).and_then(|file| sources.raw(file.env));
        let Some((path, source)) = file else { continue };
        if let Some((_, other)) = sources.raw(key.env) {
            return Err(one_line(format!(
                "{other} and {source} are both set: remove one of them"
            )));
        }
        read_into(sources, key, &path, &source)?;
    }
    Ok(())
}

/// Sets the secret `key` to the content of the file at `path`, which `source` names.
///
/// # Errors
/// Fails if the file cannot be read.
pub(super) fn read_into(
    sources: &mut Sources,
    key: &'static SettingKey,
    path: &str,
    source: &str,
) -> Result<(), ConfigError> {
    let path = path.trim();
    let secret = read(Path::new(path))
        .map_err(|cause| one_line(format!("{source} is \"{path}\": {cause}")))?;
    sources.set(
        key.env,
        secret.to_string(),
        format!("the content of {source}"),
    );
    Ok(())
}

/// Reads the text of a file without the final line end.
fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("it cannot be read ({error}); give a file with the secret"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!(
            "it has more than {MAX_BYTES} bytes; give a file with the secret alone"
        ));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.trim().is_empty() {
        return Err("it is empty; give a file with the secret".to_owned());
    }
    Ok(Zeroizing::new(line.to_owned()))
}
