//! Who may call a route.

/// What a route asks of its callers. The route table names one for every route; there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; nobody is looked at.
    Public,
    /// Anybody; who is signed in is recognised.
    OptionalSession,
    /// A page for a signed-in browser; others are sent to sign in.
    SessionPage,
    /// Any caller of the API, whatever its abilities.
    AnyCredential,
    /// A session that calls the API; not a token.
    SessionOnly,
    /// A caller of the API that has all these abilities.
    Abilities(&'static [&'static str]),
    /// The same for an OAuth client, which may show its token as the password of HTTP Basic too.
    OAuthClient(&'static [&'static str]),
}
