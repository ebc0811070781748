//! Derives a device from a user agent.
//!
//! Browsers have reduced their user agents to a few fixed words. A short list of words therefore
//! recognises them better than a database of devices. The kind of a session decides which
//! revocations by kind reach it. So the kind comes only from a word in the user agent, and is
//! `other` without such a word.

use crate::{
    audit::DeviceDetail,
    types::{credential_kind::CredentialKind, message::Message},
};

/// The maximum number of characters of a user agent that are stored.
pub const MAX_USER_AGENT_LENGTH: usize = 512;

/// A device as its user agent describes it. It helps the owner to recognise a session. A client can
/// send any user agent, so that no security decision may depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The kind of the session.
    pub kind: CredentialKind,
    /// The browser, such as `Firefox`.
    pub browser: Option<String>,
    /// The operating system, such as `Linux`.
    pub system: Option<String>,
}

/// Words in the user agents of crawlers, monitors and programs that begin with a browser's product
/// token.
const PROGRAMS: &[&str] = &[
    "+http",
    "bot/",
    "Bot/",
    "bot;",
    "crawler",
    "spider",
    "Spider",
    "facebookexternalhit",
    "Lighthouse",
    "PowerShell",
];

/// Browsers. Each comes before the browsers whose words it also sends.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("Opera/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Brave/", "Brave"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("YaBrowser/", "Yandex Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("UCBrowser/", "UC Browser"),
    ("Silk/", "Silk"),
    ("OculusBrowser/", "Meta Quest Browser"),
    ("GSA/", "Google app"),
    ("SeaMonkey/", "SeaMonkey"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
    ("Epiphany/", "Epiphany"),
    ("Safari/", "Safari"),
];

/// Televisions, consoles and headsets. Their browsers run on a device of no named kind.
const OTHER_DEVICES: &[(&str, &str)] = &[
    ("SMART-TV", "TV"),
    ("SmartTV", "TV"),
    ("Smart TV", "TV"),
    ("GoogleTV", "TV"),
    ("Android TV", "TV"),
    ("AppleTV", "TV"),
    ("BRAVIA", "TV"),
    ("HbbTV", "TV"),
    ("Web0S", "TV"),
    ("CrKey", "TV"),
    ("; AFT", "TV"),
    ("PlayStation", "PlayStation"),
    ("Xbox", "Xbox"),
    ("Nintendo", "Nintendo"),
    ("Quest", "Meta Quest"),
];

/// Words that only browsers on iOS and iPadOS send. Together with `Macintosh` they identify an iPad
/// that requests desktop sites.
const ON_IOS: &[&str] = &["CriOS/", "FxiOS/", "EdgiOS/", "OPT/", "GSA/", "Mobile/"];

/// Systems whose devices all have one kind.
const SYSTEMS: &[(&str, &str, CredentialKind)] = &[
    ("iPad", "iPadOS", CredentialKind::Tablet),
    ("iPhone", "iOS", CredentialKind::Mobile),
    ("iPod", "iOS", CredentialKind::Mobile),
    ("KAIOS/", "KaiOS", CredentialKind::Mobile),
    ("Windows Phone", "Windows Phone", CredentialKind::Mobile),
];

/// Systems of desktop computers.
const DESKTOPS: &[(&str, &str)] = &[
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("NetBSD", "NetBSD"),
    ("Linux", "Linux"),
];

impl Device {
    const UNKNOWN: Self = Self {
        kind: CredentialKind::Other,
        browser: None,
        system: None,
    };

    /// Derives the device from a user agent.
    #[must_use]
    pub fn of(user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.unwrap_or_default();
        // The user agent of every browser begins with one of these (RFC 9110, section 10.1.5,
        // product tokens that others imitate). Libraries and apps send their own names.
        let is_browser = ["Mozilla/", "Opera/"]
            .iter()
            .any(|beginning| user_agent.starts_with(beginning));
        let has = |word: &str| user_agent.contains(word);
        if !is_browser || PROGRAMS.iter().any(|word| has(word)) {
            return Self::UNKNOWN;
        }
        let mut browsers = BROWSERS.iter();
        let browser = browsers.find_map(|(word, name)| has(word).then_some(*name));
        let (system, kind) = system(user_agent, browser.is_some());
        if system == Some("TV") {
            // A television sends the words of several browsers and is none of them.
            return Self {
                system: system.map(str::to_owned),
                ..Self::UNKNOWN
            };
        }
        Self {
            kind,
            browser: browser.map(str::to_owned),
            system: system.map(str::to_owned),
        }
    }

    /// Returns the name of the device, such as `Firefox on Linux`.
    #[must_use]
    pub fn message(self) -> Message {
        self.detail().message()
    }

    /// Returns the detail of an event about this device.
    #[must_use]
    pub fn detail(self) -> DeviceDetail {
        DeviceDetail {
            browser: self.browser,
            system: self.system,
        }
    }
}

fn system(user_agent: &str, browser_is_known: bool) -> (Option<&'static str>, CredentialKind) {
    let has = |word: &str| user_agent.contains(word);
    for (word, name) in OTHER_DEVICES {
        if has(word) {
            return (Some(name), CredentialKind::Other);
        }
    }
    for (word, name, kind) in SYSTEMS {
        if has(word) {
            return (Some(name), *kind);
        }
    }
    if has("Macintosh") && ON_IOS.iter().any(|word| has(word)) {
        return (Some("iPadOS"), CredentialKind::Tablet);
    }
    if has("OpenHarmony") || has("HarmonyOS") {
        let kind = match () {
            () if has("Tablet") => CredentialKind::Tablet,
            () if has("Phone;") || has("Mobile") => CredentialKind::Mobile,
            () if has("PC;") => CredentialKind::Desktop,
            () => CredentialKind::Other,
        };
        return (Some("HarmonyOS"), kind);
    }
    // Browsers on Android send `Mobile` on phones only, not on tablets.
    if has("Android") {
        let kind = match browser_is_known {
            _ if has("Mobile") => CredentialKind::Mobile,
            true => CredentialKind::Tablet,
            false => CredentialKind::Other,
        };
        return (Some("Android"), kind);
    }
    let mut desktops = DESKTOPS.iter();
    let system = desktops.find_map(|(word, name)| has(word).then_some(*name));
    let kind = match system {
        Some("Linux") if has("Mobile") => CredentialKind::Mobile,
        Some(_) if browser_is_known => CredentialKind::Desktop,
        _ => CredentialKind::Other,
    };
    (system, kind)
}
