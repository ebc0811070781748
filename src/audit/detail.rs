//! The data by which a user recognises an event.

use serde::{Deserialize, Serialize};

use super::{EventKind, TokenChangeDetail};
use crate::types::message::{Message, Text, label};

/// The data by which a user recognises an event. The log stores data and no sentence, so that each
/// reader sees it in their language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDetail {
    /// A text that the user entered, such as a token's name. It can be empty. Also the detail of a
    /// row that an earlier version wrote.
    Entered(String),
    /// The device of a new session.
    Device(DeviceDetail),
    /// The number of credentials that were revoked.
    Revoked(RevokedDetail),
    /// The changes of a token.
    TokenChange(TokenChangeDetail),
}

/// The device of a new session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceDetail {
    /// The browser, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The operating system, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

impl DeviceDetail {
    /// Returns the name of the device, such as `Firefox on Linux`.
    #[must_use]
    pub fn message(&self) -> Message {
        match (self.browser.clone(), self.system.clone()) {
            (Some(browser), Some(system)) => label::browser_on_system(browser, system),
            (Some(browser), None) => label::browser(browser),
            (None, Some(system)) => label::unknown_browser_on_system(system),
            (None, None) => label::unknown_client(),
        }
    }
}

/// The number of credentials that were revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedDetail {
    /// The number of sessions.
    pub sessions: u64,
    /// The number of tokens.
    pub tokens: u64,
    /// The number of browsers whose trust ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trusted_browsers: u64,
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl RevokedDetail {
    /// Returns the message that has these numbers.
    #[must_use]
    pub fn message(self, message: fn(u64, u64, u64) -> Message) -> Message {
        message(self.sessions, self.tokens, self.trusted_browsers)
    }
}

impl EventDetail {
    /// Returns the text for users.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Entered(text) => Text::Verbatim(text.clone()),
            Self::Device(device) => Text::Message(device.message()),
            Self::Revoked(count) => Text::Message(count.message(label::revoked)),
            Self::TokenChange(change) => Text::Verbatim(change.token.clone()),
        }
    }

    /// Returns the detail of one row that counts this event and `earlier`.
    pub(super) fn after(&self, earlier: Self) -> Self {
        match (self, earlier) {
            (Self::TokenChange(change), Self::TokenChange(earlier)) => {
                Self::TokenChange(change.clone().after(earlier))
            }
            (latest, _) => latest.clone(),
        }
    }

    /// Returns the form that is stored: an entered text as it is, other data as a JSON object.
    pub(super) fn to_stored(&self) -> String {
        let json = match self {
            Self::Entered(text) => return text.clone(),
            Self::Device(device) => serde_json::to_string(device),
            Self::Revoked(count) => serde_json::to_string(count),
            Self::TokenChange(change) => serde_json::to_string(change),
        };
        json.unwrap_or_default()
    }

    /// Reads the stored form. The kind of the event decides how it is read, because a user can
    /// enter a name that looks like JSON. Earlier versions stored a sentence, which is no JSON
    /// object.
    pub(super) fn from_stored(kind: EventKind, stored: String) -> Self {
        let read = match kind {
            EventKind::SignedIn | EventKind::SignedInOnNewDevice | EventKind::SignInRecognised => {
                serde_json::from_str(&stored).ok().map(Self::Device)
            }
            EventKind::CredentialsEnded => serde_json::from_str(&stored).ok().map(Self::Revoked),
            EventKind::TokenChanged => serde_json::from_str(&stored).ok().map(Self::TokenChange),
            _ => None,
        };
        read.unwrap_or(Self::Entered(stored))
    }
}

impl From<String> for EventDetail {
    fn from(entered: String) -> Self {
        Self::Entered(entered)
    }
}

impl From<&str> for EventDetail {
    fn from(entered: &str) -> Self {
        Self::Entered(entered.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::token_change::NewExpiry;

    #[test]
    fn stored_details_are_read_back() {
        let device = DeviceDetail {
            browser: Some("Firefox".to_owned()),
            system: None,
        };
        let count = RevokedDetail {
            sessions: 2,
            tokens: 1,
            trusted_browsers: 3,
        };
        let change = TokenChangeDetail {
            token: "CI".to_owned(),
            renamed_from: None,
            added: vec!["orders:read".to_owned()],
            removed: Vec::new(),
            expiry: Some(NewExpiry::Never),
        };
        for (kind, detail) in [
            (EventKind::TokenChanged, EventDetail::TokenChange(change)),
            (EventKind::SignedIn, EventDetail::Device(device)),
            (EventKind::CredentialsEnded, EventDetail::Revoked(count)),
            (EventKind::TokenCreated, r#"{"sessions":1}"#.into()),
            (EventKind::PasswordChanged, "".into()),
        ] {
            let stored = detail.to_stored();
            assert_eq!(EventDetail::from_stored(kind, stored), detail);
        }
    }

    #[test]
    fn sentences_of_earlier_versions_are_kept() {
        for (kind, sentence) in [
            (EventKind::SignedIn, "Firefox on Linux"),
            (EventKind::SignedInOnNewDevice, "An unknown client"),
            (EventKind::CredentialsEnded, "2 sessions and 1 token"),
            (EventKind::TokenChanged, "CI"),
        ] {
            let detail = EventDetail::from_stored(kind, sentence.to_owned());
            assert_eq!(detail.text(), Text::Verbatim(sentence.to_owned()));
        }
    }

    #[test]
    fn members_of_later_versions_are_ignored() {
        let stored = r#"{"browser":"Firefox","system":"Linux","model":"x"}"#;
        let detail = EventDetail::from_stored(EventKind::SignedIn, stored.to_owned());
        assert!(matches!(detail, EventDetail::Device(_)));
    }
}
