//! The device of a user agent: the kind of the session, and its description for the user.

use narthex::{
    i18n::{Language, text},
    sessions::Device,
};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::ADA;
use crate::support::user_agents::{CHROME_ON_WINDOWS, TABLE};

#[test]
fn current_user_agents_are_recognised() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(user_agent, kind, words)| {
            let device = Device::of(Some(user_agent));
            let actual = (
                device.kind.as_str(),
                text(Language::english(), &device.message()),
            );
            let expected = (*kind, (*words).to_owned());
            (actual != expected).then(|| format!("{user_agent:?}: {actual:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(Device::of(None), Device::of(Some("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_that_only_its_hint_names_is_recognised() {
    let app = TestApp::start();
    app.register(ADA).await;
    let browser = app.browser().with_user_agent(CHROME_ON_WINDOWS);
    let login = browser.request(reqwest::Method::POST, "/login");
    let hint = r#""Brave";v="150", "Chromium";v="150", "Not A Brand";v="99""#;
    let login = login.header("sec-ch-ua", hint);
    let signed_in = login.form(&[("email", ADA), ("password", PASSWORD)]);
    browser.send(signed_in).await.expect_status(303);
    let list = browser.get("/account/sessions").await;
    list.expect_text("Brave on Windows");
}
