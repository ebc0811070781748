//! The page of an error: how the user gets on.

use reqwest::Method;

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
async fn refused_request_of_a_user_keeps_the_menu() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let long = "x".repeat(300_000);
    let stranger = "019ab6b0-0000-7000-8000-000000000000";
    let put = ada.request(Method::PUT, "/account");
    let profile = "/account/profile";
    for (status, answer) in [
        (404, ada.get("/account/nothing").await),
        (405, ada.send(put).await),
        (409, ada.post(profile, &[("user", stranger)]).await),
        (413, ada.post(profile, &[("name", &*long)]).await),
        (
            415,
            ada.send(ada.request(Method::POST, profile).body("{}"))
                .await,
        ),
    ] {
        let page = answer.expect_status(status);
        page.expect_text("Sign out everywhere").expect_text(ADA);
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
