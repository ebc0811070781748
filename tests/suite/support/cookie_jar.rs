//! The cookies that a browser keeps for one server, byte by byte as they were received.

/// A cookie from a `Set-Cookie` header.
#[derive(Debug, Clone, PartialEq)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    /// The attributes as they were written: `HttpOnly`, `Max-Age=7200`.
    pub attributes: Vec<String>,
}

impl Cookie {
    /// Parses the value of a `Set-Cookie` header.
    pub fn parse(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts
            .next()
            .and_then(|pair| pair.split_once('='))
            .unwrap_or_else(|| panic!("not a cookie: {header}"));
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            attributes: parts.map(str::to_owned).collect(),
        }
    }

    /// `Some("")` for a flag (`Secure`), `Some("/")` for `Path=/`, `None` for an absent attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find_map(|attribute| {
            let (known, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Returns whether the cookie tells the browser to remove it. `Max-Age` decides. Without it, an
    /// `Expires` before the `Date` of the response does.
    fn is_removal(&self, answered_at: Option<&str>) -> bool {
        if let Some(seconds) = self.attribute("Max-Age") {
            return seconds.parse::<i64>().expect("Max-Age is a number") <= 0;
        }
        let time = |text| {
            jiff::fmt::rfc2822::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        match (self.attribute("Expires"), answered_at) {
            (Some(expires), Some(now)) => time(expires) <= time(now),
            _ => false,
        }
    }

    /// The reason for which a browser silently drops this cookie, if it does.
    fn rejection_reason(&self) -> Option<&'static str> {
        let secure = self.attribute("Secure").is_some();
        let host = self.name.starts_with("__Host-");
        if (host || self.name.starts_with("__Secure-")) && !secure {
            return Some("the prefix of its name asks for `Secure`");
        }
        if host && (self.attribute("Path") != Some("/") || self.attribute("Domain").is_some()) {
            return Some("`__Host-` asks for `Path=/` and no `Domain`");
        }
        if self.attribute("SameSite") == Some("None") && !secure {
            return Some("`SameSite=None` asks for `Secure`");
        }
        let long = self.name.len() + self.value.len() > 4096;
        long.then_some("it is longer than 4096 bytes")
    }
}

/// All cookies of one server. The jar has no clock: a cookie leaves it when the server removes it,
/// never because time has passed.
#[derive(Debug, Clone, Default)]
pub struct CookieJar(Vec<Cookie>);

impl CookieJar {
    /// Applies one `Set-Cookie` header. `answered_at` is the `Date` of the response.
    #[track_caller]
    pub fn take(&mut self, header: &str, answered_at: Option<&str>) {
        let cookie = Cookie::parse(header);
        if let Some(reason) = cookie.rejection_reason() {
            panic!("a browser would not keep this cookie, {reason}: {header}");
        }
        self.forget(&cookie.name);
        if !cookie.is_removal(answered_at) {
            self.0.push(cookie);
        }
    }

    pub fn forget(&mut self, name: &str) {
        self.0.retain(|known| known.name != name);
    }

    pub fn get(&self, name: &str) -> Option<&Cookie> {
        self.0.iter().find(|cookie| cookie.name == name)
    }

    /// The `Cookie` header for a request to that path, or `None` if no cookie matches.
    pub fn header_for(&self, path: &str) -> Option<String> {
        let covers = |cookie: &&Cookie| match cookie.attribute("Path") {
            None | Some("/") => true,
            Some(scope) => path.strip_prefix(scope).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || rest.starts_with('?')
            }),
        };
        let pairs = self.0.iter().filter(covers);
        let pairs: Vec<_> = pairs
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Option<&str> = Some("Sun, 22 Nov 2026 12:00:00 GMT");

    fn jar_with(headers: &[&str]) -> CookieJar {
        let mut jar = CookieJar::default();
        for header in headers {
            jar.take(header, NOW);
        }
        jar
    }

    #[test]
    fn cookie_is_sent_back_byte_by_byte() {
        let jar = jar_with(&["narthex=a%20b=c; HttpOnly; SameSite=Lax; Path=/; Max-Age=7200"]);
        assert_eq!(
            jar.header_for("/account").as_deref(),
            Some("narthex=a%20b=c")
        );
        assert_eq!(jar.get("narthex").unwrap().attribute("httponly"), Some(""));
        assert_eq!(jar.get("narthex").unwrap().attribute("secure"), None);
    }

    #[test]
    fn newer_cookie_replaces_one_of_the_same_name() {
        let jar = jar_with(&["a=1", "b=2", "a=3"]);
        assert_eq!(jar.header_for("/").as_deref(), Some("b=2; a=3"));
    }

    #[test]
    fn cookie_is_removed_when_the_server_removes_it() {
        for removal in [
            "a=; Max-Age=0",
            "a=x; Max-Age=0; Expires=Mon, 22 Nov 2027 12:00:00 GMT",
            "a=; Expires=Sat, 22 Nov 2025 12:00:00 GMT",
        ] {
            assert_eq!(
                jar_with(&["a=1", removal]).header_for("/"),
                None,
                "{removal}"
            );
        }
        let jar = jar_with(&["a=1; Expires=Mon, 23 Nov 2026 12:00:00 GMT"]);
        assert_eq!(jar.header_for("/").as_deref(), Some("a=1"));
    }

    #[test]
    fn cookie_is_sent_below_its_path_only() {
        let jar = jar_with(&["a=1; Path=/api"]);
        assert!(jar.header_for("/api/v1/user").is_some());
        assert!(jar.header_for("/api?x=1").is_some());
        assert!(jar.header_for("/apis").is_none());
    }

    #[test]
    #[should_panic(expected = "asks for `Secure`")]
    fn cookie_that_a_browser_would_drop_fails_the_test() {
        jar_with(&["__Host-narthex=1; Path=/"]);
    }
}
