//! The page of an error: how the user gets on.

use crate::support::app::TestApp;
use crate::support::page::ADA;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_position_in_a_list_leads_to_its_newest_rows() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (list, query, link) in [
        ("/account/sessions", "cursor=x", "Show the newest sessions"),
        (
            "/account/tokens",
            "state=ended&cursor=x",
            "Show the newest tokens",
        ),
        ("/account/activity", "cursor=x", "Show the newest activity"),
        ("/account/sessions", "kind=none", "Show the newest sessions"),
        ("/account/activity", "newer=x", "Show the newest activity"),
    ] {
        let page = ada.get(&format!("{list}?{query}")).await;
        let page = page.expect_status(422).expect_no_text("cursor:");
        let page = page.expect_text("This page is no longer there");
        assert!(
            page.text.contains(&format!("{list}\">{link}</a>")),
            "{page}"
        );
        // The user is signed in, so the page has the menu and the name.
        page.expect_text("Sign out everywhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_date_is_named_and_other_pages_have_no_list() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let page = ada.get("/account/tokens/x").await;
    page.expect_status(404).expect_no_text("Show the newest");
    let page = ada.get("/account/activity?since=x&cursor=x").await;
    let page = page.expect_status(422).expect_text("since: ");
    page.expect_text("Show the newest activity");
    let page = ada.get("/account/sign-out?kind=none").await;
    page.expect_status(422).expect_no_text("Show the newest");
}
