//! The return address: the page after signing in or confirming.

use url::Url;

use std::borrow::Cow;

use super::{address::Address, paths};
use crate::{
    config::{Mount, Origin, Settings},
    types::fields::Fields,
};

/// A whole path on this origin, or a URL on a trusted origin. The path can be that of an app that
/// embeds Narthex, so it need not be below the mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Parses a return address. Returns `None` for an address on another origin.
    ///
    /// The text is resolved like a `Location` in a browser, and the origin of the result is
    /// compared. A search for suspicious prefixes has missed attacks too often (`/\evil.example`, a
    /// tab after the slash).
    ///
    /// A query that makes the address too long is dropped, so that the page itself is still
    /// reached.
    #[must_use]
    pub fn parse(text: &str, settings: &Settings) -> Option<Self> {
        let text = escaped(text)?;
        let text = paths::truncate_return_address(&text)?;
        // Two slashes begin a host name (RFC 3986, section 4.2). The host could be the placeholder
        // below, which the comparison of origins would accept.
        if text.starts_with("//") {
            return None;
        }
        if text.starts_with('/') {
            let own = Url::parse("http://narthex.invalid").ok()?;
            let target = own.join(text).ok()?;
            return (target.origin() == own.origin()).then(|| Self(text.to_owned()));
        }
        let mut target = Url::parse(text).ok()?;
        // Percent-encoding has made the text longer, and it is parsed again in the next request.
        if target.as_str().len() > paths::MAX_RETURN_ADDRESS {
            target.set_query(None);
            target.set_fragment(None);
        }
        let origin = Origin::of(&target);
        let trusted = matches!(target.scheme(), "http" | "https")
            && target.username().is_empty()
            && target.password().is_none()
            && settings.server.trusted_origins.contains(&origin)
            && target.as_str().len() <= paths::MAX_RETURN_ADDRESS;
        trusted.then(|| Self(target.into()))
    }

    /// Returns the host of a URL. `None` for a path on this origin.
    #[cfg(feature = "pages")]
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        url.host_str().map(str::to_owned)
    }

    /// Takes the field `next` of a query or a form.
    pub fn take(fields: &mut Fields, settings: &Settings) -> Option<Self> {
        Self::parse(&fields.one("next")?, settings)
    }

    /// Takes the field `next` of a form, or else of the query. A program may send the form to the
    /// address of the page, without the hidden field.
    #[cfg(feature = "pages")]
    pub fn take_either(form: &mut Fields, query: &mut Fields, settings: &Settings) -> Option<Self> {
        Self::take(form, settings).or_else(|| Self::take(query, settings))
    }

    /// Returns the text for a `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `path` with the return address `next`.
    #[must_use]
    pub fn append_to(path: &str, next: Option<&Self>) -> String {
        next.map_or_else(|| path.to_owned(), |next| paths::with_next(path, &next.0))
    }

    /// Returns the text for a `Location`.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Encodes a backslash after the first `?` or `#` as `%5C`, because browsers send it unchanged
/// there. Before that, browsers read it as a slash, so it is refused, like each byte that is not
/// allowed in a URL.
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

/// Returns the address of `next`, or of `page`, which is relative to the mount.
#[must_use]
pub fn or_page(next: Option<ReturnTo>, mount: &Mount, page: &str) -> Address {
    let page = || Address::of(mount, page);
    next.map_or_else(page, |next| Address::whole(next.0))
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
    fn own_paths_and_urls_of_trusted_origins_are_accepted() {
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
    fn backslash_in_a_query_is_encoded() {
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
    fn query_that_is_too_long_is_dropped() {
        let long = "a".repeat(3000);
        for (text, read) in [
            (format!("/a?x={long}"), "/a"),
            (format!("/a#{long}"), "/a"),
            (
                format!("https://app.example.com/a?x={long}"),
                "https://app.example.com/a",
            ),
            // Encoding makes it longer.
            (
                format!("https://app.example.com/a?x={}", "\"".repeat(1000)),
                "https://app.example.com/a",
            ),
        ] {
            assert_eq!(next(&text).as_deref(), Some(read));
        }
        // A selection without its query selects everything.
        assert_eq!(next(&format!("{}?id={long}", paths::SIGN_OUT)), None);
    }

    #[test]
    fn other_origins_and_invalid_texts_are_refused() {
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
