//! Which device a user agent speaks of.

use std::fmt;

use woothee::parser::Parser;

use crate::credentials::Kind;

/// The most characters of a user agent that are kept.
pub const LONGEST_USER_AGENT: usize = 512;

/// What a user agent says of itself, as far as it can be believed: enough for its owner to
/// recognise it, not enough to decide anything by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The sort of session.
    pub kind: Kind,
    /// The browser, such as `Firefox`.
    pub browser: Option<String>,
    /// The system, such as `Linux`.
    pub system: Option<String>,
}

impl Device {
    /// Reads a user agent.
    #[must_use]
    pub fn of(user_agent: Option<&str>) -> Self {
        let unknown = Self {
            kind: Kind::Other,
            browser: None,
            system: None,
        };
        let Some(user_agent) = user_agent else {
            return unknown;
        };
        let Some(found) = Parser::new().parse(user_agent) else {
            return unknown;
        };
        let has = |word: &str| user_agent.contains(word);
        let kind = match found.category {
            _ if has("iPad") => Kind::Tablet,
            "pc" | "smartphone" | "mobilephone" if has("Android") && !has("Mobile") => Kind::Tablet,
            "smartphone" | "mobilephone" => Kind::Mobile,
            "pc" => Kind::Desktop,
            _ => Kind::Other,
        };
        if kind == Kind::Other {
            // A crawler or a library that happens to be in the tables; its own words say more.
            return unknown;
        }
        let system = match found.os {
            _ if has("iPad") => Some("iPadOS"),
            _ if has("CrOS") => Some("ChromeOS"),
            "iPhone" | "iPod" | "iOS" => Some("iOS"),
            "Mac OSX" => Some("macOS"),
            os if os.starts_with("Windows") => Some("Windows"),
            "UNKNOWN" | "" => None,
            os => Some(os),
        };
        let browser = match found.name {
            _ if has("Edg/") || has("EdgA/") || has("EdgiOS/") => Some("Edge"),
            _ if has("FxiOS/") => Some("Firefox"),
            _ if has("CriOS/") => Some("Chrome"),
            _ if has("HeadlessChrome/") => Some("Chrome"),
            "Internet Explorer" => Some("Internet Explorer"),
            "UNKNOWN" | "" => None,
            name => Some(name),
        };
        Self {
            kind,
            browser: browser.map(str::to_owned),
            system: system.map(str::to_owned),
        }
    }
}

/// `Firefox on Linux`, `Firefox`, `A browser on Linux`, `An unknown client`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.browser, &self.system) {
            (Some(browser), Some(system)) => write!(f, "{browser} on {system}"),
            (Some(browser), None) => f.write_str(browser),
            (None, Some(system)) => write!(f, "A browser on {system}"),
            (None, None) => f.write_str("An unknown client"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognised() {
        for (user_agent, kind, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                Kind::Desktop,
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                Kind::Desktop,
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
                Kind::Desktop,
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
                Kind::Desktop,
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                Kind::Mobile,
                "Safari on iOS",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                Kind::Tablet,
                "Safari on iPadOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
                Kind::Mobile,
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                Kind::Tablet,
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Android 16; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0",
                Kind::Tablet,
                "Firefox on Android",
            ),
            (
                "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                Kind::Mobile,
                "Firefox on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0 Mobile/15E148 Safari/604.1",
                Kind::Mobile,
                "Chrome on iOS",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
                Kind::Desktop,
                "Chrome on Linux",
            ),
        ] {
            let device = Device::of(Some(user_agent));
            assert_eq!(
                (device.kind, &*device.to_string()),
                (kind, words),
                "{user_agent}"
            );
        }
    }

    #[test]
    fn what_is_no_browser_is_other() {
        for user_agent in [
            None,
            Some(""),
            Some("curl/8.10.1"),
            Some("python-requests/2.32"),
            Some("Googlebot/2.1 (+http://www.google.com/bot.html)"),
        ] {
            let device = Device::of(user_agent);
            assert_eq!(device.kind, Kind::Other, "{user_agent:?}");
        }
    }
}
