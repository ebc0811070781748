//! Checks which clients can reach the server, and how.

use std::{
    io,
    net::{IpAddr, TcpListener},
};

use rustix::fs::{Access, access};

use super::{Findings, files::folder_of};
use crate::config::{ListenAddress, PublicUrl, RegistrationPolicy, Settings};

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    listen(settings, findings);
    public_url(settings, findings);
    if !settings.server.trusted_proxies.is_empty() || has_proxy(settings) {
        proxies(settings, findings);
    }
    throttling(settings, findings);
    registration(settings, findings);
    if let Some(metrics) = settings.server.metrics_listen {
        if metrics.ip().is_loopback() {
            findings.ok(
                "metrics",
                format!("{metrics}, reachable only from this machine"),
            );
        } else {
            findings.warn(
                "metrics",
                format!("every client that reaches {metrics} can read them: restrict access to it"),
            );
        }
    }
}

fn listen(settings: &Settings, findings: &mut Findings) {
    let listen = &settings.server.listen;
    let possible = match listen {
        // Port 0 of the address, because the running server may hold the configured port.
        ListenAddress::Tcp(address) => TcpListener::bind((address.ip(), 0)).map(drop),
        ListenAddress::Unix(path) => {
            let folder = access(folder_of(path), Access::WRITE_OK | Access::EXEC_OK);
            folder.map_err(io::Error::from)
        }
    };
    if let Err(error) = possible {
        findings.fail("listen", format!("cannot listen on {listen}: {error}"));
    } else if listen.is_local() {
        findings.ok(
            "listen",
            format!("{listen}, reachable only from this machine"),
        );
    } else {
        findings.ok("listen", format!("{listen}, reachable from other machines"));
    }
}

fn public_url(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "public url";
    match &settings.server.public_url {
        Some(url) if url.is_https() => findings.ok(CHECK, url.origin().as_str()),
        Some(url) if is_local(url) => findings.ok(CHECK, url.origin().as_str()),
        Some(url) => findings.warn(
            CHECK,
            format!(
                "{}: passwords, cookies and tokens cross the network unencrypted; use https",
                url.origin()
            ),
        ),
        None if settings.server.listen.is_local() => {
            findings.ok(CHECK, settings.base_url());
        }
        None => findings.warn(
            CHECK,
            "NARTHEX_PUBLIC_URL is not set: only requests to a loopback name or to the listening \
             address are answered; set it to the URL that users type",
        ),
    }
}

/// Returns whether clients come through a proxy: the public URL has https or another port than the
/// server.
fn has_proxy(settings: &Settings) -> bool {
    let Some(url) = &settings.server.public_url else {
        return false;
    };
    let port = url
        .authority()
        .rsplit_once(':')
        .map_or(Ok(80), |(_, port)| port.parse());
    let own = settings.server.listen.tcp().map(|address| address.port());
    url.is_https() || own.is_none() || own != port.ok()
}

fn proxies(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "proxies";
    if settings.server.trusted_proxies.is_empty() && settings.server.listen.tcp().is_none() {
        findings.ok(
            CHECK,
            "the proxy on the socket is trusted to report client addresses",
        );
    } else if settings.server.trusted_proxies.is_empty() {
        findings.warn(
            CHECK,
            "NARTHEX_TRUSTED_PROXIES is not set, and NARTHEX_PUBLIC_URL needs a proxy: its \
             X-Forwarded-For is ignored, and all clients share the proxy's address",
        );
    } else if settings.server.trusted_proxies.contain_all() {
        findings.warn(
            CHECK,
            "NARTHEX_TRUSTED_PROXIES contains every address, so every client can claim any \
             address; name only the proxy",
        );
    } else {
        findings.ok(
            CHECK,
            "some networks are trusted to report client addresses",
        );
    }
}

/// Reports only a problem, because most operators never use this setting.
fn throttling(settings: &Settings, findings: &mut Findings) {
    if settings.rate_limits.exempt.contain_all() {
        findings.warn(
            "throttling",
            "NARTHEX_THROTTLE_EXEMPT contains every address: one network may try one password on \
             every account; name only the office or the load test",
        );
    }
}

fn registration(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "registration";
    let is_exposed = match &settings.server.public_url {
        Some(url) => !is_local(url),
        None => !settings.server.listen.is_local(),
    };
    match settings.accounts.registration {
        RegistrationPolicy::Closed => findings.ok(CHECK, "closed: operators create the accounts"),
        RegistrationPolicy::Open if is_exposed => findings.warn(
            CHECK,
            "open: every visitor can create an account; to prevent that, set \
             NARTHEX_REGISTRATION=closed",
        ),
        RegistrationPolicy::Open => {
            findings.ok(CHECK, "open, but reachable only from this machine");
        }
    }
}

/// Returns whether only this machine can reach the URL.
fn is_local(url: &PublicUrl) -> bool {
    let host = url.host().trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_some_and(|ip| ip.is_loopback())
}
