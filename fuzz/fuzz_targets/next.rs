//! The return address after a sign-in.
#![no_main]

use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use libfuzzer_sys::fuzz_target;
use narthex::{config::Settings, http::return_to::ReturnTo};
use narthex_fuzz::settings;
use url::Url;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    settings(&[
        ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
        (
            "NARTHEX_TRUSTED_ORIGINS",
            "https://app.example.com,http://localhost:3000",
        ),
    ])
});

fuzz_target!(|text: &str| {
    let Some(next) = ReturnTo::parse(text, &SETTINGS) else {
        return;
    };
    let location = next.as_str();
    // The sign-in page contains the address and parses it again.
    assert_eq!(ReturnTo::parse(location, &SETTINGS).as_ref(), Some(&next));
    assert!(HeaderValue::from_str(location).is_ok());
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
    for page in [
        "https://id.example.com/login?next=%2F",
        "http://127.0.0.1:8080/account/confirm",
    ] {
        let page = Url::parse(page).expect("a URL");
        let origin = page.join(location).expect("a URL").origin();
        let trusted = ["https://app.example.com", "http://localhost:3000"];
        assert!(
            origin == page.origin() || trusted.contains(&&*origin.ascii_serialization()),
            "{location:?} leads to {origin:?}"
        );
        // A path belongs to the origin of the page, for every client that resolves it.
        if location.starts_with('/') {
            assert!(origin == page.origin() && !location.starts_with("//"));
        }
    }
});
