//! Forms of a signed-in browser that are sent twice: password change, token creation, rotation.

use futures_util::future::join;
use narthex::{
    credentials::{Principal, authenticate},
    crypto::secret::SecretString,
    error::Error,
    factors::RevocationChoice,
    passwords::{
        self,
        change::{PasswordChange, PasswordChanged},
        policy::NewPassword,
    },
    sessions::SessionSecret,
    types::secret_form::SecretForm,
};

use super::second_click::{Form, SECOND, caller};
use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp, secret_in};
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types, expect_field_errors, fetch_list};

const NEW: &str = "a very new long password";

fn change(key: &str) -> Form<'_> {
    vec![
        ("current_password", PASSWORD),
        ("password", NEW),
        ("also", ""),
        ("also", "sessions"),
        ("form_key", key),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_password_form_has_the_same_result() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.sign_in(ADA).await;
    let key = browser.get("/account/profile").await.field("form_key");
    let form = change(&key);
    for _ in 0..2 {
        let changed = browser.post("/account/password", &form).await;
        let page = browser
            .follow(&changed.expect_redirect("/account/profile"))
            .await;
        page.expect_text("Password changed. 1 session signed out.");
    }
    let events = event_types(&browser).await;
    let count = |event_type: &str| events.iter().filter(|kind| *kind == event_type).count();
    assert_eq!(count("password.changed"), 1);
    assert_eq!(count("credentials.ended"), 1);
    assert_eq!(count("password.refused"), 0);
    // A form with other check boxes, another password or another form key is a different form.
    let mut more = form.clone();
    more.push(("also", "tokens"));
    let mut other = form.clone();
    other[1].1 = "another very long password";
    for different in [more, other, change(&"A".repeat(22)), change("")] {
        let page = browser.post("/account/password", &different).await;
        expect_field_errors(page, &["current_password"]);
    }
    app.advance(60 * SECOND);
    expect_field_errors(
        browser.post("/account/password", &form).await,
        &["current_password"],
    );
}

/// Changes the password as a form with this key does. Returns the result and the new secret.
async fn changed(
    app: &TestApp,
    caller: &Principal,
    key: u8,
) -> Result<(PasswordChanged, SessionSecret), Error> {
    let secret = SessionSecret::generate(app.state.random()).unwrap();
    let change = PasswordChange {
        current: SecretString::new(PASSWORD.to_owned()),
        new: NewPassword::parse(SecretString::new(NEW.to_owned()), None, None).unwrap(),
        revocation: RevocationChoice::default(),
        renewed: secret.digest(),
        form_key: Some([key; 16]),
    };
    let changed = passwords::change::change_password(&app.state, caller, change).await?;
    Ok((changed, secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_change_password_keep_the_session() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    // Both requests are authenticated before either changes the password.
    let caller = caller(&app, &browser).await;
    let (first, second) = join(changed(&app, &caller, 1), changed(&app, &caller, 1)).await;
    let third = changed(&app, &caller, 1).await;
    for result in [first, second, third] {
        let (changed, secret) = result.unwrap();
        assert!(changed.is_renewed);
        let checked =
            authenticate::authenticate(&app.state, SecretForm::Session, secret.digest(), None);
        let found = checked.await.unwrap().ok().unwrap();
        assert_eq!(found.credential().id, caller.credential().id);
    }
    // The previous secret is rejected for every other form, and after a minute for this form as
    // well.
    assert!(changed(&app, &caller, 2).await.is_err());
    app.advance(60 * SECOND);
    assert!(changed(&app, &caller, 1).await.is_err());
    assert_eq!(browser.get("/account").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_create_or_rotate_a_token_act_once() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let create = "/account/tokens";
    let key = browser.get("/account/tokens/new").await.field("form_key");
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", &*key)];
    let (one, other) = join(browser.post(create, &form), browser.post(create, &form)).await;
    expect_one_action(&browser, [one, other], "already created").await;
    let tokens = fetch_list(&browser, "/api/v1/tokens").await;
    assert_eq!(tokens.len(), 1);

    let page = format!("{create}/{}", tokens[0]["id"].as_str().unwrap());
    let rotate = format!("{page}/rotate");
    let key = browser.get(&page).await.field("form_key");
    let form = [("overlap", "0"), ("form_key", &*key)];
    let (one, other) = join(browser.post(&rotate, &form), browser.post(&rotate, &form)).await;
    expect_one_action(&browser, [one, other], "already has its new secret").await;
    let events = event_types(&browser).await;
    let rotations = events.iter().filter(|kind| *kind == "token.rotated");
    assert_eq!(rotations.count(), 1);
}

/// Asserts that one response shows the secret. The other one redirects to the token, with `message`
/// and with advice for a browser that has shown only this response.
async fn expect_one_action(browser: &Browser, answers: [Answer; 2], message: &str) {
    let [shown, again] = match answers {
        [one, other] if one.status == 200 => [one, other],
        [one, other] => [other, one],
    };
    assert!(secret_in(&shown.text).starts_with("nrx_"));
    let page = browser.follow(&again.expect_status(303)).await;
    page.expect_text(message)
        .expect_text("If you did not see it, rotate the token")
        .expect_no_text(&secret_in(&shown.text));
}
