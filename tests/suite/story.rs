//! The main job, as a person does it: sign in, see what can get in, end it.

use narthex::credentials::Kind;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::user_agents::SAFARI_ON_IPHONE;

#[tokio::test]
async fn a_person_ends_the_phones_session_and_keeps_the_token() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let phone = app.sign_in_with("ada@example.com", SAFARI_ON_IPHONE).await;
    let secret = app
        .token_of(&browser, "CI of the shop", &["account:read"])
        .await;

    let page = browser
        .get("/account/sign-out?kind=mobile")
        .await
        .expect_status(200);
    let form = [
        ("kind", Kind::Mobile.as_str()),
        ("digest", &page.field("digest")),
    ];
    let receipt = browser
        .post("/account/sign-out", &form)
        .await
        .expect_status(303);
    browser
        .follow(&receipt)
        .await
        .expect_status(200)
        .expect_text("1 session");

    phone.get("/account").await.expect_status(303);
    browser
        .get("/account")
        .await
        .expect_status(200)
        .expect_text("CI of the shop");
    assert_eq!(secret.len(), 40);
    assert_eq!(PASSWORD.len(), 28);
}
