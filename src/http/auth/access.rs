//! The access rules of routes.

/// The access rule of a route. The route table names one for each route; there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every client. No credential is read.
    Public,
    /// Every client. A session is recognised if the request has one.
    OptionalSession,
    /// A page for a signed-in browser. Other clients are redirected to the sign-in page.
    SessionPage,
    /// An API call for every credential, whatever its abilities.
    AnyCredential,
    /// An API call for sessions only.
    SessionOnly,
    /// An API call for credentials with all these abilities.
    Abilities(&'static [&'static str]),
    /// Like `Abilities`, for an OAuth client. The client may also send its token as the password of
    /// HTTP Basic.
    OAuthClient(&'static [&'static str]),
}
