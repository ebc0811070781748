//! Who can reach it, and by which way.

use std::{
    io,
    net::{IpAddr, TcpListener},
};

use rustix::fs::{Access, access};

use super::{Findings, files::folder_of};
use crate::config::{ListenAddress, PublicUrl, Registration, Settings};

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    listen(settings, findings);
    public_url(settings, findings);
    if !settings.trusted_proxies.is_empty() || has_proxy(settings) {
        proxies(settings, findings);
    }
    throttling(settings, findings);
    registration(settings, findings);
    if let Some(metrics) = settings.metrics_listen {
        if metrics.ip().is_loopback() {
            findings.ok("metrics", format!("{metrics}, for this machine alone"));
        } else {
            findings.warn(
                "metrics",
                format!("whoever reaches {metrics} can read them: let nobody else reach it"),
            );
        }
    }
}

fn listen(settings: &Settings, findings: &mut Findings) {
    let listen = &settings.listen;
    let possible = match listen {
        // Any port of the address: the one that is set may be taken, by the server that this is about.
        ListenAddress::Tcp(address) => TcpListener::bind((address.ip(), 0)).map(drop),
        ListenAddress::Unix(path) => {
            let folder = access(folder_of(path), Access::WRITE_OK | Access::EXEC_OK);
            folder.map_err(io::Error::from)
        }
    };
    if let Err(error) = possible {
        findings.fail("listen", format!("cannot listen on {listen}: {error}"));
    } else if listen.is_local() {
        findings.ok("listen", format!("{listen}, for this machine alone"));
    } else {
        findings.ok(
            "listen",
            format!("{listen}, for whoever reaches this machine"),
        );
    }
}

fn public_url(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "public url";
    match &settings.public_url {
        Some(url) if url.is_https() => findings.ok(CHECK, url.origin().as_str()),
        Some(url) if is_local(url) => findings.ok(CHECK, url.origin().as_str()),
        Some(url) => findings.warn(
            CHECK,
            format!(
                "{}: passwords, cookies and tokens cross the network for everybody to read; use \
                 https",
                url.origin()
            ),
        ),
        None if settings.listen.is_local() => {
            findings.ok(CHECK, settings.base_url());
        }
        None => findings.warn(
            CHECK,
            "NARTHEX_PUBLIC_URL is not set: only requests to a loopback name or the very address \
             that is listened on are answered; set it to what people type",
        ),
    }
}

/// Whether clients come through a proxy: people type https, or another port than the server's.
fn has_proxy(settings: &Settings) -> bool {
    let Some(url) = &settings.public_url else {
        return false;
    };
    let port = url
        .authority()
        .rsplit_once(':')
        .map_or(Ok(80), |(_, port)| port.parse());
    let own = settings.listen.tcp().map(|address| address.port());
    url.is_https() || own.is_none() || own != port.ok()
}

fn proxies(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "proxies";
    if settings.trusted_proxies.is_empty() && settings.listen.tcp().is_none() {
        findings.ok(CHECK, "the proxy on the socket is trusted to say who calls");
    } else if settings.trusted_proxies.is_empty() {
        findings.warn(
            CHECK,
            "NARTHEX_TRUSTED_PROXIES is not set, and NARTHEX_PUBLIC_URL needs a proxy: its \
             X-Forwarded-For is ignored, and all clients share the proxy's address",
        );
    } else if settings.trusted_proxies.contain_all() {
        findings.warn(
            CHECK,
            "NARTHEX_TRUSTED_PROXIES names everybody, who can then claim any address; name the \
             proxy alone",
        );
    } else {
        findings.ok(CHECK, "some are trusted to say who calls");
    }
}

/// Nothing is said of what is as it should be: most never heard of it.
fn throttling(settings: &Settings, findings: &mut Findings) {
    if settings.throttle_exempt.contain_all() {
        findings.warn(
            "throttling",
            "NARTHEX_THROTTLE_EXEMPT names everybody: one network may try one password on every \
             account; name the office, or the load test, alone",
        );
    }
}

fn registration(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "registration";
    let is_reached = match &settings.public_url {
        Some(url) => !is_local(url),
        None => !settings.listen.is_local(),
    };
    match settings.registration {
        Registration::Closed => findings.ok(CHECK, "closed: accounts are made by you"),
        Registration::Open if is_reached => findings.warn(
            CHECK,
            "open: whoever reaches it can make an account; if that is not wanted, set \
             NARTHEX_REGISTRATION=closed",
        ),
        Registration::Open => findings.ok(CHECK, "open, and only this machine reaches it"),
    }
}

/// Whether only this machine gets there by that URL.
fn is_local(url: &PublicUrl) -> bool {
    let host = url.host().trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_some_and(|ip| ip.is_loopback())
}
