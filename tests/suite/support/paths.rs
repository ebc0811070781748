//! What lives at a path.

/// Whether people with a browser go there, and not programs.
pub fn is_page(path: &str) -> bool {
    let programs = [
        "/api/",
        "/auth/",
        "/oauth/",
        "/.well-known/",
        "/healthz",
        "/readyz",
    ];
    !programs.iter().any(|beginning| path.starts_with(beginning))
}
