//! Where a browser goes after signing in or confirming.

use url::Url;

use crate::{
    config::{Origin, Settings},
    urls,
};

/// A path on this origin, or a URL at a trusted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// Reads where to go; what leads anywhere else is as if it had not been there.
    ///
    /// The text is resolved as a browser resolves a `Location`, and the origin of what comes out is
    /// compared: looking for suspicious beginnings has been got wrong too often (`/\evil.example`,
    /// a tab after the slash).
    #[must_use]
    pub fn parse(text: &str, settings: &Settings) -> Option<Self> {
        let plain = !text.is_empty()
            && text.len() <= urls::LONGEST_NEXT
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !plain {
            return None;
        }
        // Two slashes begin a host name (RFC 3986, section 4.2), were it the one that stands for us here.
        if text.starts_with("//") {
            return None;
        }
        if text.starts_with('/') {
            let here = Url::parse("http://narthex.invalid").ok()?;
            let target = here.join(text).ok()?;
            return (target.origin() == here.origin()).then(|| Self(text.to_owned()));
        }
        let target = Url::parse(text).ok()?;
        let origin = Origin::of(&target);
        let trusted = matches!(target.scheme(), "http" | "https")
            && target.username().is_empty()
            && target.password().is_none()
            && settings.trusted_origins.contains(&origin)
            // What had to be percent-encoded is longer now, and is read once more when it comes back.
            && target.as_str().len() <= urls::LONGEST_NEXT;
        trusted.then(|| Self(target.into()))
    }

    /// The text for a `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where to go: `next`, or the account.
#[must_use]
pub fn or_account(next: Option<Next>) -> String {
    next.map_or_else(|| urls::ACCOUNT.to_owned(), |next| next.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn next(text: &str) -> Option<String> {
        let sources =
            Sources::of([("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]).unwrap();
        Next::parse(text, &Settings::read(&sources).unwrap()).map(|next| next.0)
    }

    #[test]
    fn paths_here_and_urls_at_trusted_origins_are_taken() {
        for text in [
            "/",
            "/account/tokens?kind=device",
            "/x@evil",
            "https://app.example.com/a?b=c",
        ] {
            assert_eq!(next(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn whatever_leads_elsewhere_is_dropped() {
        let long = format!("/{}", "a".repeat(3000));
        let longer = format!("https://app.example.com/{}", "\"".repeat(1000));
        for text in [
            "",
            "account",
            "//evil.example",
            "///evil.example",
            "//narthex.invalid",
            "//narthex.invalid/account",
            "/\\evil.example",
            "\\evil.example",
            "/\t/evil.example",
            "/ /evil",
            "https:evil.example",
            "https://evil.example",
            "https://app.example.com.evil.example",
            "https://app.example.com@evil.example",
            "https://evil@app.example.com",
            "http://app.example.com",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=y",
            "/é",
            &long,
            &longer,
        ] {
            assert_eq!(next(text), None, "{text:?}");
        }
    }
}
