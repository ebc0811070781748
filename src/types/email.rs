//! E-mail addresses.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization as _;

use super::message::{Message, field};

/// The maximum length of an address in octets (RFC 5321, sections 4.5.3.1.1 to 4.5.3.1.3, erratum
/// 1690: a path of 256 minus its angle brackets).
const MAX_LENGTH: usize = 254;

/// An e-mail address, as typed for display and in canonical form for lookups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    typed: String,
    canonical: String,
}

impl Email {
    /// Parses a typed address and trims it.
    ///
    /// Addresses that differ only in case, width or composition belong to one account, because they
    /// look the same and mail services do not distinguish them. Letters that merely look alike stay
    /// different.
    ///
    /// # Errors
    /// Returns the message for the user who typed the address.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let typed = text.trim();
        if typed.is_empty() {
            return Err(field::email_missing());
        }
        if typed.len() > MAX_LENGTH {
            return Err(field::email_too_long(MAX_LENGTH));
        }
        let canonical: String = typed.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        // The grammar allows quotes and comments, but only attackers use them. Wide ones become plain
        // ones in the canonical form.
        let is_refused =
            |c: char| c.is_control() || c.is_whitespace() || "\"(),:;<>[\\]".contains(c);
        if typed.contains(is_refused) || canonical.contains(is_refused) {
            return Err(field::email_malformed());
        }
        // Case folding must not create another address, as it would from a full-width ＠.
        let one_at = typed.matches('@').count() == 1 && canonical.matches('@').count() == 1;
        let options = Options::default()
            .without_display_text()
            .without_domain_literal();
        // The folded form is checked, because the crate does not accept decomposed letters.
        let well_formed = EmailAddress::parse_with_options(&canonical, options).is_ok();
        if !one_at || !well_formed || canonical.len() > 2 * MAX_LENGTH {
            return Err(field::email_malformed());
        }
        Ok(Self {
            typed: typed.to_owned(),
            canonical,
        })
    }

    /// Returns the address as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Returns the canonical form, which is unique for each account.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_the_same_are_equal() {
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
    fn malformed_address_is_refused() {
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
            "＂a＂@example.com",
            "a\0@example.com",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
