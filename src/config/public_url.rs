//! `NARTHEX_PUBLIC_URL`, and the origins of pages.

use std::{fmt, net::IpAddr};

use url::Url;

/// Scheme, host and port of a page (RFC 6454), as browsers write it in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin. A URL with a path other than `/` is not one.
    pub(super) fn parse(text: &str) -> Option<(Self, Url)> {
        let url = Url::parse(text).ok()?;
        let bare = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        bare.then(|| (Self(url.origin().ascii_serialization()), url))
    }

    /// Returns the origin as text, without a final slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the origin of a URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The URL that users type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Origin,
    host: String,
    https: bool,
}

impl PublicUrl {
    /// Parses `https://host` or `http://host:port`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (origin, url) = Origin::parse(text).ok_or(
            "give scheme and host without a path, such as https://accounts.example.com: \
                    Narthex serves its pages at the root of that host",
        )?;
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Self {
            origin,
            host,
            https: url.scheme() == "https",
        })
    }

    /// Returns the origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the host name without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the host if it is a domain name of several labels and not an address. Only such a
    /// host can share cookies with sibling hosts.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        let is_name = self.host.contains('.')
            && !self.host.starts_with('[')
            && self.host.parse::<IpAddr>().is_err();
        is_name.then_some(&self.host)
    }

    /// Returns host and port as in a `Host` header, without the default port of the scheme.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin
            .0
            .split_once("://")
            .map_or("", |(_, authority)| authority)
    }

    /// Returns whether the scheme is https.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }
}
