//! The mount: the path below which an app serves all pages and calls of Narthex.

/// The path below which an app serves all pages and calls of Narthex: `/auth`. By default it is
/// empty, and Narthex has the whole origin.
///
/// The constants of `http::paths` are relative to it. A client sees, and sends, whole paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount(String);

impl Mount {
    /// The empty mount.
    pub const ROOT: Self = Self(String::new());

    /// Parses a path of plain segments without a final slash, or the empty text.
    ///
    /// Only unreserved characters are accepted (RFC 3986, section 2.3). All clients and proxies
    /// send them unchanged, so comparing bytes is enough.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_valid = text.is_empty()
            || text
                .strip_prefix('/')
                .is_some_and(|path| path.split('/').all(is_segment));
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err("give a path of letters, digits and -._~ without a final slash, such as /auth")
        }
    }

    /// Returns the whole path of `path`, as a client sees it. `path` may have a query.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        [&self.0, path].concat()
    }

    /// Returns the part of the whole path `path` after the mount, or `None` if the path is not
    /// below the mount. The mount itself is `/`.
    #[must_use]
    pub fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.0.is_empty() {
            return Some(path);
        }
        match path.strip_prefix(&*self.0)? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }

    /// Returns the mount as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Browsers remove the segments `.` and `..` from an address (WHATWG URL, section 4.4).
fn is_segment(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(text, "" | "." | "..") && text.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_is_empty_or_a_path_of_plain_segments() {
        for text in ["", "/auth", "/a/b-1", "/~id", "/v1.2", "/..."] {
            assert_eq!(Mount::parse(text).map(|mount| mount.0), Ok(text.to_owned()));
        }
        for text in [
            "/",
            "auth",
            "/auth/",
            "//auth",
            "/a//b",
            "/a/../b",
            "/.",
            "/a b",
            "/a?b",
            "/a#b",
            "/{a}",
            "/é",
            "/%61",
            "/a\\b",
            "https://example.com",
            "/a:b",
        ] {
            assert!(Mount::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn relative_path_is_the_inverse_of_the_whole_one() {
        for mount in ["", "/auth", "/a/b"] {
            let mount = Mount::parse(mount).unwrap();
            for path in ["/", "/login", "/login?next=%2F", "/auth/verify"] {
                assert_eq!(mount.relative(&mount.url(path)), Some(path));
            }
        }
    }

    #[test]
    fn path_outside_the_mount_has_no_relative_path() {
        let mount = Mount::parse("/auth").unwrap();
        assert_eq!(mount.relative("/auth"), Some("/"));
        for path in [
            "/",
            "/login",
            "/authors",
            "/aut",
            "/Auth/login",
            "auth/login",
            "*",
        ] {
            assert_eq!(mount.relative(path), None, "{path}");
        }
        assert_eq!(Mount::ROOT.relative("*"), Some("*"));
    }
}
