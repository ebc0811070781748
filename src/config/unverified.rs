//! Accounts whose address is not verified.

/// The rights of an account with an unverified address, if mail is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// The account creates no token, and forward auth refuses it.
    Withhold,
    /// Everything.
    Allow,
}

impl Unverified {
    /// Parses the value of `NARTHEX_UNVERIFIED`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "withhold" => Ok(Self::Withhold),
            "allow" => Ok(Self::Allow),
            _ => Err("give withhold or allow"),
        }
    }
}
