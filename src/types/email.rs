//! E-mail addresses.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization as _;

/// The most octets of an address that can be sent to (RFC 5321, sections 4.5.3.1.1 to 4.5.3.1.3,
/// erratum 1690: a path of 256 less its angle brackets).
const MAX_LENGTH: usize = 254;

/// An e-mail address, as typed for people and folded for finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    typed: String,
    canonical: String,
}

impl Email {
    /// Takes an address as typed, trimming it.
    ///
    /// Two addresses that differ only in case, width or composition are one account: they look the
    /// same, and no mail service keeps them apart. Letters that merely look alike stay different.
    ///
    /// # Errors
    /// What to do about it, for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "Enter an e-mail address, such as ada@example.com.";
        let typed = text.trim();
        if typed.is_empty() {
            return Err("Enter your e-mail address.");
        }
        if typed.len() > MAX_LENGTH {
            return Err("Use an address of at most 254 characters.");
        }
        // Quotes and comments are allowed by the grammar and used by nobody but attackers.
        if typed
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "\"(),:;<>[\\]".contains(c))
        {
            return Err(WRONG);
        }
        let canonical: String = typed.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        // Folding must not make another address of it, as it would of a full-width ＠.
        let one_at = typed.matches('@').count() == 1 && canonical.matches('@').count() == 1;
        let options = Options::default()
            .without_display_text()
            .without_domain_literal();
        // The folded one is looked at: the crate takes letters, but not letters taken apart.
        let well_formed = EmailAddress::parse_with_options(&canonical, options).is_ok();
        if !one_at || !well_formed || canonical.len() > 2 * MAX_LENGTH {
            return Err(WRONG);
        }
        Ok(Self {
            typed: typed.to_owned(),
            canonical,
        })
    }

    /// As typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Folded: one for each account.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_the_same_are_one() {
        let one = Email::parse("zoe\u{308}@example.com").unwrap();
        for same in [
            "  ZOË@Example.COM ",
            "zo\u{eb}@example.com",
            "ｚoë@example.com",
        ] {
            assert_eq!(
                Email::parse(same).unwrap().canonical(),
                one.canonical(),
                "{same}"
            );
        }
    }

    #[test]
    fn letters_that_only_look_alike_stay_different() {
        for (one, other) in [
            ("mike@example.com", "mıke@example.com"),
            ("ss@example.com", "ß@example.com"),
        ] {
            assert_ne!(
                Email::parse(one).unwrap().canonical(),
                Email::parse(other).unwrap().canonical()
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c.com",
            "ada＠example.com",
            "a b@example.com",
            "a@example.com\r\nBcc: x@example.com",
            "a,b@example.com",
            "<a@example.com>",
            "Ada <a@example.com>",
            "a@[127.0.0.1]",
            "\"a b\"@example.com",
            "a\0@example.com",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
