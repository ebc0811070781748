//! Second factors on the command line.

use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::authenticator::{enrol, enter_code, enter_password, suspend_app};
use crate::support::binary::Outcome;
use crate::support::page::{ADA, GRACE, event_types};

fn json_of(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_lists_and_removes_a_factor() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let list = || app.command_line().run(&["user", "factors", ADA, "--json"]);
    let factors = json_of(&list())["data"].take();
    assert_eq!(factors[0]["kind"], "totp");
    assert_eq!(
        (&factors[1]["kind"], &factors[1]["left"]),
        (&"recovery_code".into(), &10.into())
    );
    let id = factors[0]["id"].as_str().expect("an id");
    let remove = ["user", "remove-factor", ADA, id, "--reason", "Lost phone"];
    let run = |arguments: &[&str]| app.command_line().run(arguments);
    let secret = app.token_of(&ada.browser, "CI", &[]).await;
    let removed = run(&remove).expect_code(0);
    assert!(
        removed.stdout.contains("Revoked 1 session."),
        "{removed:#?}"
    );
    assert!(!ada.browser.is_signed_in().await);
    let token = app.api_client(&secret);
    token.get("/api/v1/user").await.expect_status(200);
    let refused = run(&remove).expect_error();
    assert!(refused.contains("has no factor with this ID"), "{refused}");
    assert_eq!(json_of(&list())["data"], serde_json::json!([]));
    let browser = app.sign_in(ADA).await;
    let events = event_types(&browser).await;
    assert!(events.contains(&"factor.removed".to_owned()), "{events:?}");
    let activity = browser.get("/account/activity").await;
    activity.expect_text("Lost phone");
}

#[tokio::test(flavor = "multi_thread")]
async fn app_is_suspended_until_an_operator_resumes_it() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let run = |arguments: &[&str]| app.command_line().run(arguments);
    let list = json_of(&run(&["user", "factors", ADA, "--json"]));
    let id = list["data"][0]["id"].as_str().expect("an id").to_owned();
    let resume = ["user", "resume-factor", ADA, &id, "--reason", "Wrong clock"];
    let unchanged = run(&resume);
    assert!(unchanged.stdout.contains("was not suspended"));
    suspend_app(&app);
    assert!(run(&["user", "factors", ADA]).stdout.contains("suspended"));
    run(&resume).expect_code(0);
    let browser = enter_password(&app, ADA).await;
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code)
        .await
        .expect_redirect("/account");
    let events = event_types(&ada.browser).await;
    let resumed = events.iter().filter(|kind| *kind == "factor.resumed");
    assert_eq!(resumed.count(), 1);
    app.add_user(GRACE).await;
    let foreign = ["user", "resume-factor", GRACE, &id, "--reason", "No reason"];
    let refused = run(&foreign).expect_error();
    assert!(refused.contains("has no factor with this ID"), "{refused}");
}
