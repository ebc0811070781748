//! The users that need a second factor.

/// The users that must set up a second factor before they can do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequireSecondFactor {
    /// All users.
    All,
    /// None: each user decides.
    None,
}

impl RequireSecondFactor {
    /// Parses the value of `NARTHEX_REQUIRE_SECOND_FACTOR`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            _ => Err("give all or none"),
        }
    }
}
