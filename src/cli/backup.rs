//! `narthex backup`: copies an SQLite database while a server uses it.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{CliError, OutputFormat, check::folder_of, ensure_exists, json, output};
use crate::{
    config::Settings,
    db::{DatabaseUrl, sqlite::backup},
    error::Error,
};

pub(super) fn backup(
    settings: &Settings,
    file: &Path,
    format: OutputFormat,
) -> Result<(), CliError> {
    let DatabaseUrl::Sqlite(database) = &settings.database.url else {
        return Err(CliError::message(
            "DATABASE_URL names a PostgreSQL database: back it up with pg_dump or with the tools \
             of its server",
        ));
    };
    ensure_exists(&settings.database.url)?;
    let file = std::path::absolute(file)?;
    // SQLite takes the name as text.
    if file.to_str().is_none() {
        return Err(CliError::message("the name of the file is not UTF-8"));
    }
    let shown = file.display();
    let failed =
        |error: io::Error| CliError::Message(format!("{shown} cannot be created: {error}"));
    // The copy contains addresses and password hashes, so it is created with access for its owner
    // only.
    let copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .map_err(failed)?;
    let done = write(settings, &file, &copy);
    if done.is_err() {
        fs::remove_file(&file)?;
    }
    let bytes = done?;
    let key_file = key_file(settings);
    if format.json {
        return output::json(&json::backup(&file, bytes, key_file.as_deref()));
    }
    output::line(format!(
        "Copied {} to {shown} ({bytes} bytes).",
        database.display()
    ))?;
    output::print_note(reminder(key_file));
    Ok(())
}

/// Fills the empty file. Returns when the copy is on the disk.
fn write(settings: &Settings, file: &Path, copy: &File) -> Result<u64, CliError> {
    backup::copy_to(&settings.database.url, file).map_err(Error::from)?;
    copy.sync_all()?;
    File::open(folder_of(file))?.sync_all()?;
    Ok(copy.metadata()?.len())
}

/// Returns the file with the signing key, unless a setting contains the key.
pub(super) fn key_file(settings: &Settings) -> Option<PathBuf> {
    let is_in_file = settings.signing.keys.is_none();
    is_in_file.then(|| settings.key_file())
}

fn reminder(key_file: Option<PathBuf>) -> String {
    let key = match key_file {
        Some(path) => path.display().to_string(),
        None => "NARTHEX_SECRET_KEY".to_owned(),
    };
    format!(
        "{key} belongs with it: without that key every session ends when the backup is \
             restored."
    )
}
