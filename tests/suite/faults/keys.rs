//! A key file that changes while the server runs. The tests in `operations/settings` cover a start
//! with a key file that is readable by others or that contains no key.

use super::{ADA, ada_with_a_token};
use crate::support::binary::Narthex;
use crate::support::user_agents::FIREFOX_ON_LINUX;

#[tokio::test]
async fn new_signing_key_ends_sessions_and_keeps_tokens() {
    let narthex = Narthex::installed();
    let key = narthex.directory().join("narthex.key");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let first = std::fs::read(&key).unwrap();

    for damage in [&b"changed"[..], b""] {
        std::fs::write(&key, damage).unwrap();
        assert!(
            serving.is_signed_in(&browser).await,
            "the server keeps the key in memory"
        );
    }
    serving.stop().expect_code(0);
    let Err(outcome) = narthex.try_serve(&[]) else {
        panic!("the server started without a key")
    };
    let line = outcome.expect_error();
    assert!(line.contains("contains no valid key"), "{line}");

    std::fs::remove_file(&key).unwrap();
    let serving = narthex.serve();
    assert_ne!(
        std::fs::read(&key).unwrap(),
        first,
        "the start creates a new key"
    );
    let (moved, client) = (
        browser.moved_to(&serving.url),
        client.moved_to(&serving.url),
    );
    moved
        .get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
    client.get("/api/v1/user").await.expect_status(200);
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
}
