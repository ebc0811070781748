//! The suite below a mount: with `NARTHEX_TEST_MOUNT=/auth`, each server in the test process has this
//! mount.
//!
//! Tests name paths without it. Clients add it to each request and remove it from each response, and
//! a response with an address that lacks it fails the test.

use narthex::config::Mount;
use reqwest::header::{HeaderValue, LOCATION};

use super::answer::Answer;

/// The addresses for password managers and browsers.
const OF_ORIGIN: [&str; 3] = [
    "/.well-known/change-password",
    "/.well-known/passkey-endpoints",
    "/.well-known/webauthn",
];

/// The mount of the environment, empty by default.
#[expect(
    clippy::disallowed_methods,
    reason = "it selects the mount of the suite, which is no setting"
)]
pub fn from_environment() -> Mount {
    let text = std::env::var("NARTHEX_TEST_MOUNT").unwrap_or_default();
    Mount::parse(&text).unwrap_or_else(|error| panic!("NARTHEX_TEST_MOUNT={text}: {error}"))
}

/// The whole path of a request.
pub fn add_to(mount: &Mount, path: &str) -> String {
    // They are about the whole origin.
    if OF_ORIGIN.contains(&path) {
        return path.to_owned();
    }
    mount.url(path)
}

/// Removes the mount from each address in a response of the server at `origin`. `next` is the return
/// address of the request, which may be a page of another app on the same origin.
pub fn remove_from(mount: &Mount, origin: &str, next: Option<&str>, answer: &mut Answer) {
    if mount.as_str().is_empty() {
        return;
    }
    let missing = address_without(mount, next, answer);
    assert_eq!(missing, None, "an address lacks the mount: {answer}");
    if let Some(location) = answer.header("location").map(str::to_owned) {
        let relative = without(mount, origin, &location);
        assert!(
            relative.is_some() || next.is_some() || !location.starts_with('/'),
            "the location lacks the mount: {answer}"
        );
        let relative = relative.unwrap_or(location);
        let relative = HeaderValue::try_from(shortened(mount, &relative));
        answer.headers.insert(LOCATION, relative.expect("a header"));
    }
    answer.text = shortened(mount, &answer.text);
}

/// The first address in a page, or type of a problem, without the mount, other than `next`.
fn address_without(mount: &Mount, next: Option<&str>, answer: &Answer) -> Option<String> {
    [" href=\"", " src=\"", " action=\"", "\"type\":\""]
        .iter()
        .flat_map(|attribute| answer.text.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .find(|&address| {
            address.starts_with('/') && mount.relative(address).is_none() && Some(address) != next
        })
        .map(str::to_owned)
}

/// A location without the mount, on any origin.
fn without(mount: &Mount, origin: &str, location: &str) -> Option<String> {
    let path = location.strip_prefix(origin);
    let relative = mount.relative(path.unwrap_or(location))?;
    Some(match path {
        Some(_) => format!("{origin}{relative}"),
        None => relative.to_owned(),
    })
}

/// The return address of the request, which tests write without the mount.
pub fn next_of(request: &reqwest::Request) -> Option<String> {
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let texts = [request.url().query().map(str::as_bytes), body];
    let mut pairs = texts
        .into_iter()
        .flatten()
        .flat_map(url::form_urlencoded::parse);
    pairs.find_map(|(name, next)| (name == "next").then(|| next.into_owned()))
}

/// The text without the mount in its addresses, plain or encoded in a query.
fn shortened(mount: &Mount, text: &str) -> String {
    let plain = format!("{}/", mount.as_str());
    let encoded: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
    text.replace(&plain, "/").replace(&encoded, "%2F")
}
