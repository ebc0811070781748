//! The headers of every response, whatever its status.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    config::{Mount, ReportUri, Settings},
    http::{extract::language, paths, response::error_response::ResponseFormat},
};

/// The policy of API responses. If a browser opens one as a page, the page can load and run
/// nothing.
const API_POLICY: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'; sandbox";

/// The headers of every response. No handler sets one of them.
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

/// The headers with which `/auth/verify` names the caller to an app. Each response of it has all of
/// them, with empty values if there is no caller. A proxy that copies them thereby overwrites
/// headers of the same names from the client.
pub const IDENTITY: [HeaderName; 7] = [
    HeaderName::from_static("remote-user"),
    HeaderName::from_static("remote-email"),
    HeaderName::from_static("remote-name"),
    HeaderName::from_static("remote-abilities"),
    HeaderName::from_static("remote-credential"),
    HeaderName::from_static("remote-assurance"),
    HeaderName::from_static("remote-email-verified"),
];

/// The headers of one app, built once.
pub struct Headers {
    mount: Mount,
    page_policy: HeaderValue,
    /// The policy for the pages of [`CONNECTING`].
    connecting_policy: HeaderValue,
    /// The policy for the pages of [`REDIRECTING`].
    redirecting_policy: HeaderValue,
    /// The policy for pages that are both in [`CONNECTING`] and in [`REDIRECTING`].
    redirecting_connecting_policy: HeaderValue,
    endpoints: Option<HeaderValue>,
    /// `Strict-Transport-Security`, if the public URL has https.
    hsts: Option<HeaderValue>,
}

/// The pages whose forms redirect to a page of an app.
const REDIRECTING: [&str; 5] = [
    paths::LOGIN,
    paths::LOGIN_VERIFY,
    paths::REGISTER,
    paths::CONFIRM,
    paths::LOGOUT,
];

/// The pages whose scripts ask the server for a challenge to a passkey, and answer it.
const CONNECTING: [&str; 5] = [
    paths::SECURITY,
    paths::TOTP,
    paths::LOGIN,
    paths::LOGIN_VERIFY,
    paths::CONFIRM,
];

impl Headers {
    /// Builds the headers from `settings`.
    ///
    /// Pages load stylesheets, icons and scripts from files of this server only, cannot be framed,
    /// and send forms to this server only. Their scripts send no requests, except for passkeys.
    /// Chromium applies `form-action` also to each redirect that follows (CSP 3, section 6.4.1),
    /// and an app may redirect to any origin. Pages whose forms redirect to an app therefore have
    /// no `form-action`. Violations are reported to the operator's collector, if one is set (CSP 3,
    /// section 6.5), with both `report-to` and `report-uri`. Chromium uses `report-to` over https
    /// only, and then ignores `report-uri`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let https = settings.is_https();
        let collector = settings
            .server
            .csp_report_uri
            .as_ref()
            .map(ReportUri::as_str);
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
            mount: settings.server.mount.clone(),
            page_policy: policy("form-action 'self'; "),
            connecting_policy: policy("form-action 'self'; connect-src 'self'; "),
            redirecting_policy: policy(""),
            redirecting_connecting_policy: policy("connect-src 'self'; "),
            endpoints,
            hsts: https
                .then(|| HeaderValue::from_str(&settings.server.hsts).ok())
                .flatten(),
        }
    }

    /// Adds the content security policy to a page that is the response of another route than
    /// Narthex's. The app's own middleware sets the other headers.
    pub fn protect_page(&self, headers: &mut HeaderMap) {
        let policy = self.page_policy.clone();
        insert_if_absent(headers, header::CONTENT_SECURITY_POLICY, policy);
    }

    /// Adds the headers to a response. A handler may set the cache policy, the referrer policy and
    /// the content security policy itself.
    pub fn apply(&self, headers: &mut HeaderMap, request: &HttpRequest) {
        let path = request.path();
        let relative = self.mount.relative(path);
        // Reserved once, so that the map does not grow several times.
        headers.reserve(ALWAYS.len() + IDENTITY.len());
        for (name, value) in ALWAYS {
            // Not `insert`, which returns the previous value in two hundred bytes. There is no
            // previous value.
            headers.append(name, value);
        }
        let same_origin = HeaderValue::from_static("same-origin");
        insert_if_absent(headers, header::REFERRER_POLICY, same_origin);
        // A handler sets all of these headers or none.
        let [first, ..] = &IDENTITY;
        if relative == Some(paths::VERIFY) && !headers.contains_key(first) {
            for name in IDENTITY {
                headers.insert(name, HeaderValue::from_static(""));
            }
        }
        let policy = match ResponseFormat::of(relative.unwrap_or(path)) {
            ResponseFormat::Html => {
                language::declare(request, headers);
                if let Some(endpoints) = &self.endpoints {
                    let name = HeaderName::from_static("reporting-endpoints");
                    insert_if_absent(headers, name, endpoints.clone());
                }
                let is_in = |pages: &[&str]| relative.is_some_and(|path| pages.contains(&path));
                let policy = match (is_in(&REDIRECTING), is_in(&CONNECTING)) {
                    (true, true) => &self.redirecting_connecting_policy,
                    (true, false) => &self.redirecting_policy,
                    (false, true) => &self.connecting_policy,
                    (false, false) => &self.page_policy,
                };
                policy.clone()
            }
            ResponseFormat::Json => HeaderValue::from_static(API_POLICY),
        };
        // The operator's logo has a policy of its own.
        insert_if_absent(headers, header::CONTENT_SECURITY_POLICY, policy);
        // Responses for one caller must not be stored. Assets set their own cache policy.
        insert_if_absent(
            headers,
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        );
        if let Some(hsts) = &self.hsts {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
    }
}

fn insert_if_absent(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
