//! Derives a device from a user agent.
//!
//! Browsers have reduced their user agents to a few fixed words. A short list of words therefore
//! recognises them better than a database of devices. (`woothee` calls an iPad a smartphone.
//! `ua-parser` compiles 1,175 expressions and misses Vivaldi.) The kind of a session decides which
//! revocations by kind reach it. So the kind comes only from a word in the user agent, and is
//! `other` without such a word.

use super::program;
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
    /// The browser or the program, such as `Firefox` or `curl`.
    pub browser: Option<String>,
    /// The operating system, such as `Linux`.
    pub system: Option<String>,
}

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

/// Words of televisions. Brands come before words that several brands send.
const TELEVISIONS: &[(&str, &str)] = &[
    ("Tizen", "Samsung TV"),
    ("Web0S", "LG TV"),
    ("BRAVIA", "Sony TV"),
    ("AppleTV", "Apple TV"),
    ("; AFT", "Fire TV"),
    ("CrKey", "Chromecast"),
    ("SMART-TV", "TV"),
    ("SmartTV", "TV"),
    ("Smart TV", "TV"),
    ("GoogleTV", "TV"),
    ("Android TV", "TV"),
    ("HbbTV", "TV"),
];

/// Browsers that run on televisions. A television also sends the words of browsers that it does not
/// have.
const ON_TELEVISIONS: &[&str] = &["Samsung Internet", "Silk", "Opera"];

/// Consoles and headsets.
const OTHER_DEVICES: &[(&str, &str)] = &[
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
    ("Tizen", "Tizen", CredentialKind::Mobile),
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
        if program::is_program(user_agent) {
            return Self {
                browser: program::name(user_agent),
                ..Self::UNKNOWN
            };
        }
        let has = |word: &str| user_agent.contains(word);
        let first = |list: &'static [(&str, &'static str)]| {
            list.iter()
                .find_map(|(word, name)| has(word).then_some(*name))
        };
        let browser = first(BROWSERS);
        if let Some(television) = first(TELEVISIONS)
            && !is_samsung_phone(user_agent)
        {
            let browser = browser.filter(|browser| ON_TELEVISIONS.contains(browser));
            return Self {
                browser: browser.map(str::to_owned),
                system: Some(television.to_owned()),
                ..Self::UNKNOWN
            };
        }
        let (system, kind) = system(user_agent, browser.is_some());
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

/// Returns whether the user agent is one of a phone or a watch with Tizen. Televisions with Tizen do
/// not send `Mobile`.
fn is_samsung_phone(user_agent: &str) -> bool {
    user_agent.contains("Tizen") && user_agent.contains("Mobile")
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
    // Browsers on Android send `Mobile` on phones only, not on tablets. Samsung Internet names
    // another system if the user requests desktop sites, and no version for Linux exists.
    if has("Android") || (has("X11;") && has("SamsungBrowser/")) {
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
