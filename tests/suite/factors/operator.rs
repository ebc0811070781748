//! Second factors on the command line.

use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::authenticator::enrol;
use crate::support::binary::Outcome;
use crate::support::page::{ADA, event_types};

fn json_of(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_lists_and_removes_a_factor() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let list = || app.command_line().run(&["user", "factors", ADA, "--json"]);
    let factors = json_of(&list());
    assert_eq!(factors[0]["kind"], "totp");
    assert_eq!(
        (&factors[1]["kind"], &factors[1]["left"]),
        (&"recovery_code".into(), &10.into())
    );
    let id = factors[0]["id"].as_str().expect("an id");
    let remove = ["user", "remove-factor", ADA, id, "--reason", "Lost phone"];
    let run = |arguments: &[&str]| app.command_line().run(arguments);
    run(&remove).expect_code(0);
    let refused = run(&remove).expect_error();
    assert!(refused.contains("has no factor with this ID"), "{refused}");
    assert_eq!(json_of(&list()), serde_json::json!([]));
    app.sign_in(ADA).await;
    assert!(
        event_types(&ada.browser)
            .await
            .contains(&"factor.removed".to_owned())
    );
    let activity = ada.browser.get("/account/activity").await;
    activity.expect_text("Lost phone");
}
