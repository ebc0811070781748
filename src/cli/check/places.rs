//! Checks the age of the file with the places of IP addresses.

use std::time::Duration;

use super::Findings;
use crate::{cli::text, config::Settings, util::clock::Clock};

const PLACES: &str = "places";

/// The age from which on many addresses belong to other networks. The licence of MaxMind requires
/// that an older file is deleted 30 days after the next one.
const OLD: Duration = Duration::from_secs(90 * 24 * 3600);

pub(super) fn check(settings: &Settings, clock: &dyn Clock, findings: &mut Findings) {
    let Some(file) = &settings.places else {
        return;
    };
    let (shown, now) = (file.path().display(), clock.now());
    let Some(built) = file.places().built_at() else {
        return findings.warn(PLACES, format!("{shown} does not say when it was built"));
    };
    let detail = format!("{shown}, built {}", text::ago(now, built));
    if now.saturating_duration_since(built) > OLD {
        findings.warn(PLACES, format!("{detail}: replace it by a newer one"));
    } else {
        findings.ok(PLACES, detail);
    }
}
