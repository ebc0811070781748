//! The file with the places of IP addresses.

use crate::{
    config::{ConfigError, SettingKey, Sources, setting_keys::unset},
    util::places::PlaceFile,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[unset(
    "NARTHEX_GEOIP",
    "A file in the format of MaxMind, from which pages show the place of an address",
)];

/// `NARTHEX_GEOIP`: the file with the places of IP addresses.
pub(in crate::config) fn read(sources: &Sources) -> Result<Option<PlaceFile>, ConfigError> {
    sources.find("NARTHEX_GEOIP", PlaceFile::open)
}
