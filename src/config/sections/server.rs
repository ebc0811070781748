//! The server: its addresses, the proxies in front of it, its connections.

use std::{net::SocketAddr, time::Duration};

use crate::{
    config::{
        ConfigError, ListenAddress, Mount, Origin, PublicUrl, ReportUri, SettingKey, Sources,
        setting_keys::{key, unset},
        values as value,
    },
    util::networks::Networks,
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_LISTEN",
        "127.0.0.1:8080",
        "Address and port, or a Unix socket: unix:/run/narthex.sock",
    ),
    unset(
        "NARTHEX_PUBLIC_URL",
        "URL that users type; decides Secure cookies, links and the allowed origin",
    ),
    unset(
        "NARTHEX_TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For and Forwarded are used",
    ),
    unset(
        "NARTHEX_TRUSTED_ORIGINS",
        "Further origins whose pages may use the session cookie",
    ),
    key(
        "NARTHEX_HSTS",
        "max-age=31536000",
        "Strict-Transport-Security under https, such as max-age=31536000; includeSubDomains",
    ),
    unset(
        "NARTHEX_CSP_REPORT_URI",
        "URL of a collector to which browsers report violations of the content security policy",
    ),
    key(
        "NARTHEX_CONNECTIONS_PER_CLIENT",
        "1024",
        "Maximum number of connections of one client network",
    ),
    unset(
        "NARTHEX_DRAIN",
        "Time for which a stopping server continues to serve after it reports that it is not ready",
    ),
    unset("NARTHEX_METRICS_LISTEN", "Address and port for /metrics"),
];

/// The server: its addresses, the proxies in front of it, its connections.
#[derive(Clone)]
pub struct Server {
    /// `NARTHEX_LISTEN`
    pub listen: ListenAddress,
    /// `NARTHEX_PUBLIC_URL`, if it is set
    pub public_url: Option<PublicUrl>,
    /// `NARTHEX_TRUSTED_PROXIES`
    pub trusted_proxies: Networks,
    /// `NARTHEX_TRUSTED_ORIGINS`
    pub trusted_origins: Vec<Origin>,
    /// `NARTHEX_HSTS`
    pub hsts: String,
    /// `NARTHEX_CSP_REPORT_URI`
    pub csp_report_uri: Option<ReportUri>,
    /// `NARTHEX_CONNECTIONS_PER_CLIENT`
    pub connections_per_client: usize,
    /// `NARTHEX_DRAIN`
    pub drain: Option<Duration>,
    /// `NARTHEX_METRICS_LISTEN`
    pub metrics_listen: Option<SocketAddr>,
    /// The path below which an app serves all pages and calls. It is set from code only.
    pub mount: Mount,
    /// Whether every `Host` is accepted. Only tests of an app set it, because a test request has
    /// none.
    pub any_host: bool,
}

impl Server {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: sources.get("NARTHEX_LISTEN", ListenAddress::parse)?,
            public_url: sources.find("NARTHEX_PUBLIC_URL", PublicUrl::parse)?,
            trusted_proxies: sources
                .find("NARTHEX_TRUSTED_PROXIES", value::networks)?
                .unwrap_or_default(),
            trusted_origins: sources
                .find("NARTHEX_TRUSTED_ORIGINS", value::origins)?
                .unwrap_or_default(),
            hsts: sources.get("NARTHEX_HSTS", value::hsts)?,
            csp_report_uri: sources.find("NARTHEX_CSP_REPORT_URI", ReportUri::parse)?,
            connections_per_client: sources
                .get("NARTHEX_CONNECTIONS_PER_CLIENT", value::client_connections)?,
            drain: sources.find("NARTHEX_DRAIN", value::duration)?,
            metrics_listen: sources.find("NARTHEX_METRICS_LISTEN", value::address)?,
            mount: Mount::ROOT,
            any_host: false,
        })
    }
}
