//! The codes that a user enters: of the authenticator app, or a recovery code.

use zeroize::Zeroizing;

use super::recovery_code::EnteredRecoveryCode;
use crate::types::message::{Message, field};

/// The number of digits of a code of an authenticator app.
const DIGITS: usize = 6;

/// A code as a user entered it. Its form decides what it is.
#[derive(Clone)]
pub enum Code {
    /// Six digits of an authenticator app.
    App(Zeroizing<String>),
    /// A recovery code.
    Recovery(EnteredRecoveryCode),
}

impl Code {
    /// Parses a code. Spaces and dashes are ignored, because apps and pages show codes in groups.
    ///
    /// # Errors
    /// Returns a description of valid codes. A text that cannot be a code guesses nothing, so no
    /// limit counts it.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let compact: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|typed| !typed.is_whitespace() && *typed != '-')
                .collect(),
        );
        if compact.len() == DIGITS && compact.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::App(compact));
        }
        EnteredRecoveryCode::parse(&compact)
            .map(Self::Recovery)
            .ok_or_else(field::code_malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_of_a_code_decides_its_kind() {
        let kind = |text: &str| match Code::parse(text) {
            Ok(Code::App(digits)) => format!("app {}", *digits),
            Ok(Code::Recovery(code)) => {
                let readings = code.into_readings();
                let locators = readings.iter().map(|code| code.locator.as_str());
                format!("recovery {}", locators.collect::<Vec<_>>().join(" "))
            }
            Err(_) => "none".to_owned(),
        };
        for (text, expected) in [
            ("123456", "app 123456"),
            (" 123 456 ", "app 123456"),
            ("abcde-fghjk-mnpqr-stvwx", "recovery ABCDE =abcde"),
            ("", "none"),
            ("12345", "none"),
            ("1234567", "none"),
            ("+12345", "none"),
            ("１２３４５６", "none"),
            ("abcde-fghjk-mnpqr", "none"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
