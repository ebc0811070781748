//! Checks the keys that sign the session cookie.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    Findings,
    files::{can_be_created, is_private},
};
use crate::{cli::text::count, config::Settings};

const KEY: &str = "key";

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    for (setting, path) in &settings.signing.secret_files {
        secret_file(setting, path, findings);
    }
    let keys = match settings.existing_signing_keys() {
        Ok(keys) => keys,
        Err(refused) => return findings.fail(KEY, refused.to_string()),
    };
    let path = settings.key_file();
    let Some(keys) = keys else {
        let meaning = "the start creates a new one, which ends every session of an earlier key";
        return can_be_created(&path, KEY, meaning, findings);
    };
    if settings.signing.keys.is_some() {
        let older = keys.older().count();
        return findings.ok(
            KEY,
            format!(
                "{} contains one that signs and {} that {}",
                source(settings),
                count(older, "older one"),
                if older == 1 { "verifies" } else { "verify" }
            ),
        );
    }
    match path.metadata() {
        Err(error) => findings.fail(KEY, format!("{}: {error}", path.display())),
        Ok(metadata) => {
            if is_private(&path, &metadata, KEY, findings) {
                let shown = path.display();
                findings.ok(KEY, format!("{shown}, readable only by its owner"));
            }
        }
    }
}

/// Returns the setting that the key comes from.
fn source(settings: &Settings) -> &'static str {
    const FILE: &str = "NARTHEX_SECRET_KEY_FILE";
    let in_a_file = settings
        .signing
        .secret_files
        .iter()
        .any(|(setting, _)| *setting == FILE);
    if in_a_file {
        FILE
    } else {
        "NARTHEX_SECRET_KEY"
    }
}

/// Warns if every user can read a secret file. Access for a group is accepted, because Kubernetes
/// and systemd use it. The settings were read from this file, so it exists.
fn secret_file(setting: &str, path: &Path, findings: &mut Findings) {
    let mode = path
        .metadata()
        .map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o007 != 0 {
        let shown = path.display();
        findings.warn(
            "secret file",
            format!(
                "{setting} names {shown}, which has mode {mode:o}: every user of this machine can \
                 access it; run chmod o="
            ),
        );
    }
}
