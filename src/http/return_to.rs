//! Where a browser goes after signing in or confirming.

use url::Url;

use std::borrow::Cow;

use super::paths;
use crate::{
    config::{Origin, Settings},
    types::fields::Fields,
};

/// A path on this origin, or a URL at a trusted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Reads where to go; what leads anywhere else is as if it had not been there.
    ///
    /// The text is resolved as a browser resolves a `Location`, and the origin of what comes out is
    /// compared: looking for suspicious beginnings has been got wrong too often (`/\evil.example`,
    /// a tab after the slash).
    ///
    /// A query that makes it too long is left out, so that the page itself is still reached.
    #[must_use]
    pub fn parse(text: &str, settings: &Settings) -> Option<Self> {
        let text = escaped(text)?;
        let text = paths::shortened(&text)?;
        // Two slashes begin a host name (RFC 3986, section 4.2), were it the one that stands for us here.
        if text.starts_with("//") {
            return None;
        }
        if text.starts_with('/') {
            let here = Url::parse("http://narthex.invalid").ok()?;
            let target = here.join(text).ok()?;
            return (target.origin() == here.origin()).then(|| Self(text.to_owned()));
        }
        let mut target = Url::parse(text).ok()?;
        // What had to be percent-encoded is longer now, and is read once more when it comes back.
        if target.as_str().len() > paths::LONGEST_NEXT {
            target.set_query(None);
            target.set_fragment(None);
        }
        let origin = Origin::of(&target);
        let trusted = matches!(target.scheme(), "http" | "https")
            && target.username().is_empty()
            && target.password().is_none()
            && settings.trusted_origins.contains(&origin)
            && target.as_str().len() <= paths::LONGEST_NEXT;
        trusted.then(|| Self(target.into()))
    }

    /// Takes the field `next` of a query or a form.
    pub fn take(fields: &mut Fields, settings: &Settings) -> Option<Self> {
        Self::parse(&fields.one("next")?, settings)
    }

    /// The text for a `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `path`, which leads on to `next` afterwards.
    #[must_use]
    pub fn carried(path: &str, next: Option<&Self>) -> String {
        next.map_or_else(|| path.to_owned(), |next| paths::with_next(path, &next.0))
    }

    /// The same text, given away.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Writes a backslash behind the first `?` or `#` as `%5C`, which is text there: browsers send it as
/// it was typed. In front of that they take it for a slash, so it is refused like every byte that no
/// URL holds.
fn escaped(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let (path, query) = text.split_at_checked(text.find(['?', '#'])?)?;
    let is_plain = !path.contains('\\');
    is_plain.then(|| Cow::Owned(format!("{path}{}", query.replace('\\', "%5C"))))
}

/// Where to go: `next`, or the account.
#[must_use]
pub fn or_account(next: Option<ReturnTo>) -> String {
    next.map_or_else(|| paths::ACCOUNT.to_owned(), |next| next.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn next(text: &str) -> Option<String> {
        let sources =
            Sources::of([("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]).unwrap();
        ReturnTo::parse(text, &Settings::read(&sources).unwrap()).map(|next| next.0)
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
    fn a_backslash_in_a_query_is_text() {
        for (text, read) in [
            (r"/a?x=\d", "/a?x=%5Cd"),
            (r"/a?\\evil.example", "/a?%5C%5Cevil.example"),
            (r"/a#\d", "/a#%5Cd"),
            (
                r"https://app.example.com/?x=\d",
                "https://app.example.com/?x=%5Cd",
            ),
        ] {
            assert_eq!(next(text).as_deref(), Some(read));
        }
        for text in [
            r"/\?x",
            r"\?x",
            r"/a\b?x=\d",
            r"https:\\app.example.com?x",
            r"/\",
        ] {
            assert_eq!(next(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_query_that_is_too_long_is_left_out() {
        let long = "a".repeat(3000);
        for (text, read) in [
            (format!("/a?x={long}"), "/a"),
            (format!("/a#{long}"), "/a"),
            (
                format!("https://app.example.com/a?x={long}"),
                "https://app.example.com/a",
            ),
            // It is longer once it is encoded.
            (
                format!("https://app.example.com/a?x={}", "\"".repeat(1000)),
                "https://app.example.com/a",
            ),
        ] {
            assert_eq!(next(&text).as_deref(), Some(read));
        }
        // A selection without its query is a selection of everything.
        assert_eq!(next(&format!("{}?id={long}", paths::SIGN_OUT)), None);
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
