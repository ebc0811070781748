//! Who may call a route.

/// What a route asks of its callers. The route table names one for every route; there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; nobody is looked at.
    Anyone,
    /// Anybody; who is signed in is recognised.
    Visitor,
    /// A page for a signed-in browser; others are sent to sign in.
    Browser,
    /// Any caller of the API, whatever its abilities.
    AnyCaller,
    /// A session that calls the API; not a token.
    Session,
    /// A caller of the API that has all these abilities.
    Can(&'static [&'static str]),
    /// The same for an OAuth client, which may show its token as the password of HTTP Basic too.
    Client(&'static [&'static str]),
}
