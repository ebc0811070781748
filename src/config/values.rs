//! Parses the values of settings. Each error states what a valid value is.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use url::{Host, Url};

use super::{Origin, RegistrationPolicy, listen};
#[cfg(feature = "postgres")]
use crate::db::postgres::url as postgres_url;
use crate::{
    db::{self, Engine},
    util::{duration, networks::Networks},
};

const MAX_ENTRIES: usize = 100_000_000;
const MAX_CONNECTIONS: usize = 1_000_000;
const MAX_CHANGES: u32 = 1_000_000;
const MAX_BYTES: usize = 64 << 30;
/// Browsers limit the life of a cookie to 400 days (draft-ietf-httpbis-rfc6265bis, section 5.5).
const MAX_COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 3600);

/// The collector of reports about violations of the content security policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportUri(String);

impl ReportUri {
    /// Parses an absolute URL that can be part of a directive and of a quoted string in a header.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .filter(|url| url.username().is_empty() && url.password().is_none())
            .map(String::from)
            .filter(|url| {
                url.bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b";,\"\\#".contains(&byte))
            })
            .map(Self)
            .ok_or(
                "give the http or https URL of a collector without user, fragment, semicolon and \
                 comma, such as https://csp.example.com/report",
            )
    }

    /// Returns the URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn database(text: &str) -> Result<db::DatabaseUrl, &'static str> {
    let target = db::DatabaseUrl::parse(text).map_err(|error| match error {
        db::Error::NotCompiledIn(Engine::Sqlite) => {
            "this program was built without SQLite; turn on the feature sqlite of narthex, or give \
             postgres://USER:PASSWORD@HOST/NAME"
        }
        db::Error::NotCompiledIn(Engine::Postgres) => {
            "this program was built without PostgreSQL; turn on the feature postgres of narthex, or give \
             sqlite://PATH"
        }
        _ => "give sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME",
    })?;
    match &target {
        // libpq would refuse some of these URLs with a less clear error, and would connect to the
        // rest unencrypted.
        #[cfg(feature = "postgres")]
        db::DatabaseUrl::Postgres(url)
            if !postgres_url::TLS && postgres_url::asks_for_tls(url.as_str()) =>
        {
            Err(
                "it requires TLS, but this narthex was built without it; build it with cargo \
                 build --release --features pg-tls, which needs OpenSSL's headers (libssl-dev)",
            )
        }
        _ => Ok(target),
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    listen::tcp(text).ok_or("give an address and a port, such as 127.0.0.1:8080")
}

pub(super) fn registration(text: &str) -> Result<RegistrationPolicy, &'static str> {
    match text {
        "open" => Ok(RegistrationPolicy::Open),
        "closed" => Ok(RegistrationPolicy::Closed),
        _ => Err("give open or closed"),
    }
}

pub(super) fn networks(text: &str) -> Result<Networks, String> {
    Networks::parse(text).map_err(|part| {
        format!("\"{part}\" is not a network; give addresses or CIDRs, such as 10.0.0.0/8")
    })
}

pub(super) fn origins(text: &str) -> Result<Vec<Origin>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            Origin::parse(part)
                .map(|(origin, _)| origin)
                .ok_or_else(|| {
                    format!(
                        "\"{part}\" is not an origin; give scheme and host, such as \
                         https://app.example.com"
                    )
                })
        })
        .collect()
}

pub(super) fn domain(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix('.').unwrap_or(text);
    let is_valid = matches!(Host::parse(name), Ok(Host::Domain(host)) if host == name && host.contains('.'))
        && name.parse::<IpAddr>().is_err();
    if is_valid {
        Ok(name.to_owned())
    } else {
        Err("give a domain name, such as example.com")
    }
}

/// Parses a duration over zero, or `never`, which is `None`.
///
/// # Errors
/// Returns a description of a valid value.
pub(super) fn duration_or_never(text: &str) -> Result<Option<Duration>, &'static str> {
    if text == "never" {
        return Ok(None);
    }
    duration(text)
        .map(Some)
        .map_err(|_| "give a length of time over zero, such as 365d, or never")
}

/// Narthex itself adds the prefixes that browsers enforce (draft-ietf-httpbis-rfc6265bis, section
/// 4.1.3).
pub(super) fn cookie_name(text: &str) -> Result<String, &'static str> {
    let is_valid = (1..=64).contains(&text.len())
        && !text.starts_with("__")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err(
            "give 1 to 64 letters, digits, - or _, not beginning with __; Narthex itself adds \
             __Host- or __Secure- under https",
        )
    }
}

/// Parses the value of `Strict-Transport-Security` (RFC 6797, section 6.1). It accepts the
/// directives that browsers know, each once.
pub(super) fn hsts(text: &str) -> Result<String, &'static str> {
    let mut age = None;
    let (mut sub_domains, mut preload) = (false, false);
    let all_known =
        text.split(';')
            .map(str::trim)
            .all(|directive| match directive.split_once('=') {
                Some((name, value)) if name.eq_ignore_ascii_case("max-age") && age.is_none() => {
                    age = value.parse::<u32>().ok();
                    age.is_some()
                }
                None if directive.eq_ignore_ascii_case("includeSubDomains") => {
                    !std::mem::replace(&mut sub_domains, true)
                }
                None if directive.eq_ignore_ascii_case("preload") => {
                    !std::mem::replace(&mut preload, true)
                }
                _ => false,
            });
    match age.filter(|_| all_known) {
        Some(age) => {
            let directives = [(sub_domains, "; includeSubDomains"), (preload, "; preload")];
            let directives = directives.iter().filter(|(is_set, _)| *is_set);
            let rest: String = directives.map(|(_, directive)| *directive).collect();
            Ok(format!("max-age={age}{rest}"))
        }
        None => Err("give max-age=SECONDS, optionally with ; includeSubDomains and ; preload"),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    duration::parse(text)
        .filter(|duration| !duration.is_zero())
        .ok_or("give a length of time over zero, such as 30s, 15m, 2h or 90d")
}

pub(super) fn cookie_age(text: &str) -> Result<Duration, &'static str> {
    duration(text)
        .ok()
        .filter(|duration| *duration <= MAX_COOKIE_AGE)
        .ok_or("give a length of time of at most 400d, because browsers keep no cookie longer")
}

pub(super) fn cookie_age_or_off(text: &str) -> Result<Option<Duration>, &'static str> {
    if text == "off" {
        return Ok(None);
    }
    cookie_age(text)
        .map(Some)
        .map_err(|_| "give a length of time of at most 400d, such as 30d, or off")
}

pub(super) fn count(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|count| *count <= MAX_ENTRIES)
        .ok_or("give a whole number up to 100000000, such as 100000")
}

pub(super) fn connections(text: &str) -> Result<u32, &'static str> {
    text.parse()
        .ok()
        .filter(|count| (2..=1000).contains(count))
        .ok_or("give a whole number from 2 to 1000, such as 12")
}

pub(super) fn client_connections(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|count| (1..=MAX_CONNECTIONS).contains(count))
        .ok_or("give a whole number from 1 to 1000000, such as 1024")
}

pub(super) fn rate(text: &str) -> Result<u32, &'static str> {
    text.parse()
        .ok()
        .filter(|count| (1..=MAX_CHANGES).contains(count))
        .ok_or("give a whole number from 1 to 1000000, such as 600")
}

/// Parses a size in units of 1024 (IEC 80000-13). Only the larger units are accepted.
pub(super) fn size(text: &str) -> Result<usize, &'static str> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    units
        .iter()
        .find_map(|(unit, shift)| {
            let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            number
                .checked_mul(1 << shift)
                .filter(|bytes| *bytes > 0 && *bytes <= MAX_BYTES)
        })
        .ok_or("give a whole number of KiB, MiB or GiB up to 64GiB, such as 64MiB")
}
