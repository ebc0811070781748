//! The keys that sign the cookies.

use super::{
    Findings,
    files::{could_be_made, is_private},
};
use crate::{config::Settings, kit::words::count};

const KEY: &str = "key";

pub(super) fn look(settings: &Settings, findings: &mut Findings) {
    let keys = match settings.existing_signing_keys() {
        Ok(keys) => keys,
        Err(refused) => return findings.fail(KEY, refused.to_string()),
    };
    let path = settings.key_file();
    let Some(keys) = keys else {
        let meaning =
            "the start makes a new one, and whoever was signed in by another is not any more";
        return could_be_made(&path, KEY, meaning, findings);
    };
    if settings.secret_keys.is_some() {
        let older = keys.older().count();
        return findings.ok(
            KEY,
            format!(
                "NARTHEX_SECRET_KEY holds one that signs and {} that {}",
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
                findings.ok(KEY, format!("{shown} holds one, for its owner alone"));
            }
        }
    }
}
