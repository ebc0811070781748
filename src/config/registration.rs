//! `NARTHEX_REGISTRATION`: the policy for new accounts.

/// Whether visitors may create accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationPolicy {
    /// Every visitor.
    Open,
    /// Only an operator, on the command line.
    Closed,
}
