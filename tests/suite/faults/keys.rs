//! A key file that changes under the program. What a start makes of one that others can read or that
//! holds no key is said in `settings`.

use super::{ADA, ada_with_a_token};
use crate::support::binary::Narthex;
use crate::support::user_agents::FIREFOX_ON_LINUX;

#[tokio::test]
async fn another_key_signs_browsers_out_at_the_next_start_and_no_program() {
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
            "it keeps the key that it has"
        );
    }
    serving.stop().expect_code(0);
    let Err(outcome) = narthex.try_serve(&[]) else {
        panic!("it started without a key")
    };
    let line = outcome.expect_error();
    assert!(line.contains("holds no key"), "{line}");

    std::fs::remove_file(&key).unwrap();
    let serving = narthex.serve();
    assert_ne!(std::fs::read(&key).unwrap(), first, "a new one is made");
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
