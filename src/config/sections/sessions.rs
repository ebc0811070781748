//! Settings of sessions and of their cookie.

use std::time::Duration;

use crate::config::{
    ConfigError, SessionLimits, SettingKey, Sources,
    setting_keys::{key, unset},
    values as value,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    unset(
        "NARTHEX_COOKIE_DOMAIN",
        "Share the session with sibling hosts of this domain",
    ),
    key(
        "NARTHEX_COOKIE_NAME",
        "narthex",
        "Name of the session cookie, after the prefix __Host- or __Secure- under https",
    ),
    key("NARTHEX_SESSION_IDLE", "2h", "Idle limit of a session"),
    key("NARTHEX_SESSION_MAX", "12h", "Absolute limit of a session"),
    key(
        "NARTHEX_REMEMBER_IDLE",
        "14d",
        "Idle limit of a session that is kept signed in",
    ),
    key(
        "NARTHEX_REMEMBER_MAX",
        "90d",
        "Absolute limit of a session that is kept signed in",
    ),
    key(
        "NARTHEX_CONFIRM_FOR",
        "15m",
        "Time for which a re-authentication counts",
    ),
    key(
        "NARTHEX_TRUST_BROWSER",
        "off",
        "Time for which a user may trust a browser, where a sign-in then needs no second factor; off \
         for never",
    ),
];

/// Settings of sessions and of their cookie.
#[derive(Clone)]
pub struct Sessions {
    /// `NARTHEX_COOKIE_DOMAIN`
    pub cookie_domain: Option<String>,
    /// `NARTHEX_COOKIE_NAME`
    pub cookie_name: String,
    /// `NARTHEX_SESSION_IDLE`, `NARTHEX_SESSION_MAX`
    pub limits: SessionLimits,
    /// `NARTHEX_REMEMBER_IDLE`, `NARTHEX_REMEMBER_MAX`
    pub remembered_limits: SessionLimits,
    /// `NARTHEX_CONFIRM_FOR`
    pub confirm_for: Duration,
    /// `NARTHEX_TRUST_BROWSER`. `None`: users cannot trust browsers.
    pub trust_browser: Option<Duration>,
}

impl Sessions {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            cookie_domain: sources.find("NARTHEX_COOKIE_DOMAIN", value::domain)?,
            cookie_name: sources.get("NARTHEX_COOKIE_NAME", value::cookie_name)?,
            limits: SessionLimits {
                idle: sources.get("NARTHEX_SESSION_IDLE", value::duration)?,
                max: sources.get("NARTHEX_SESSION_MAX", value::duration)?,
            },
            remembered_limits: SessionLimits {
                idle: sources.get("NARTHEX_REMEMBER_IDLE", value::duration)?,
                max: sources.get("NARTHEX_REMEMBER_MAX", value::cookie_age)?,
            },
            confirm_for: sources.get("NARTHEX_CONFIRM_FOR", value::duration)?,
            trust_browser: sources.get("NARTHEX_TRUST_BROWSER", value::cookie_age_or_off)?,
        })
    }
}
