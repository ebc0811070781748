//! The headers that every answer has, whatever its status.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::{
    config::{ReportUri, Settings},
    http::{paths, response::error_response::ResponseFormat},
};

/// An answer of the API that somebody opens as a page can do nothing at all.
const API_POLICY: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'; sandbox";

/// On every answer. No handler sets one of these itself.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"),
    ),
];

/// The headers by which `/auth/verify` tells an app who is calling. Each is on every answer of it,
/// empty where nobody is: a proxy that copies them overwrites what the client itself may have sent
/// under these names.
pub const IDENTITY: [HeaderName; 5] = [
    HeaderName::from_static("remote-user"),
    HeaderName::from_static("remote-email"),
    HeaderName::from_static("remote-name"),
    HeaderName::from_static("remote-abilities"),
    HeaderName::from_static("remote-credential"),
];

/// The headers of one app, made once.
pub struct Headers {
    page_policy: HeaderValue,
    /// For the pages of [`LEADING_ON`].
    leading_policy: HeaderValue,
    endpoints: Option<HeaderValue>,
    /// `Strict-Transport-Security`, under https.
    hsts: Option<HeaderValue>,
}

/// The pages whose forms lead on to a page of an app.
const LEADING_ON: [&str; 4] = [paths::LOGIN, paths::REGISTER, paths::CONFIRM, paths::LOGOUT];

impl Headers {
    /// The headers that `settings` lead to.
    ///
    /// Pages load their stylesheet, icon and scripts (files, none in a page) from here and nothing else
    /// from anywhere, are framed by nobody, and send their forms nowhere else. Chromium applies
    /// `form-action` also to every redirect that follows (CSP 3, section 6.4.1), and an app may redirect
    /// to any origin. So the pages whose forms lead on to an app have none. Violations are reported to
    /// the operator's collector, if one is set (CSP 3, section 6.5): by `report-to`, which Chromium
    /// follows under https alone and then instead of `report-uri`, and by `report-uri`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let https = settings.is_https();
        let collector = settings.csp_report_uri.as_ref().map(ReportUri::as_str);
        let report = collector.map_or_else(String::new, |uri| {
            let report_to = if https { "; report-to policy" } else { "" };
            format!("; report-uri {uri}{report_to}")
        });
        let policy = |forms: &str| {
            let policy = format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; {forms}\
                 object-src 'none'; base-uri 'none'; frame-ancestors 'none'{report}"
            );
            HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(API_POLICY))
        };
        let endpoints = collector
            .filter(|_| https)
            .and_then(|uri| HeaderValue::from_str(&format!("policy=\"{uri}\"")).ok());
        Self {
            page_policy: policy("form-action 'self'; "),
            leading_policy: policy(""),
            endpoints,
            hsts: https
                .then(|| HeaderValue::from_str(&settings.hsts).ok())
                .flatten(),
        }
    }

    /// Puts them on. Where a handler says who may keep its answer, or what is told of where it was, that
    /// stays.
    pub fn apply(&self, headers: &mut HeaderMap, path: &str) {
        // Once, and not each time that the table is full.
        headers.reserve(ALWAYS.len() + IDENTITY.len());
        for (name, value) in ALWAYS {
            // Not `insert`, which hands over what was there, two hundred bytes of it: nothing is.
            headers.append(name, value);
        }
        let same_origin = HeaderValue::from_static("same-origin");
        put(headers, header::REFERRER_POLICY, same_origin);
        // Whoever says one of these says all.
        let [first, ..] = &IDENTITY;
        if path == paths::VERIFY && !headers.contains_key(first) {
            for name in IDENTITY {
                headers.insert(name, HeaderValue::from_static(""));
            }
        }
        let policy = match ResponseFormat::of(path) {
            ResponseFormat::Html => {
                if let Some(endpoints) = &self.endpoints {
                    let name = HeaderName::from_static("reporting-endpoints");
                    put(headers, name, endpoints.clone());
                }
                if LEADING_ON.contains(&path) {
                    self.leading_policy.clone()
                } else {
                    self.page_policy.clone()
                }
            }
            ResponseFormat::Json => HeaderValue::from_static(API_POLICY),
        };
        // The operator's logo has a policy of its own.
        put(headers, header::CONTENT_SECURITY_POLICY, policy);
        // Nothing that is made for one caller is kept by anybody; assets say otherwise themselves.
        put(
            headers,
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        );
        if let Some(hsts) = &self.hsts {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
