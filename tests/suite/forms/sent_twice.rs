//! Forms of a signed-in browser that are sent twice: a new password, a new token, a new secret.

use futures_util::future::join;
use narthex::{
    credentials::{Principal, authenticate},
    crypto::secret::SecretString,
    error::Error,
    passwords::{
        self,
        change::{PasswordChange, PasswordChanged},
        policy::NewPassword,
    },
    sessions::SessionSecret,
    types::credential_kind::CredentialType,
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
async fn a_password_form_sent_again_has_the_same_result() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in(ADA).await;
    let key = here.get("/account/profile").await.field("form_key");
    let form = change(&key);
    for _ in 0..2 {
        let changed = here.post("/account/password", &form).await;
        let page = here
            .follow(&changed.expect_redirect("/account/profile"))
            .await;
        page.expect_text("Your password is changed. Ended: 1 session.");
    }
    let events = event_types(&here).await;
    let count = |of: &str| events.iter().filter(|kind| *kind == of).count();
    assert_eq!(count("password.changed"), 1);
    assert_eq!(count("credentials.ended"), 1);
    assert_eq!(count("password.refused"), 0);
    // With other boxes, another password or another key it is another form.
    let mut more = form.clone();
    more.push(("also", "tokens"));
    let mut other = form.clone();
    other[1].1 = "another very long password";
    for different in [more, other, change(&"A".repeat(22)), change("")] {
        let page = here.post("/account/password", &different).await;
        expect_field_errors(page, &["current_password"]);
    }
    app.advance(60 * SECOND);
    expect_field_errors(
        here.post("/account/password", &form).await,
        &["current_password"],
    );
}

/// Changes the password as a form with this key does. Returns the result and the secret that it may have set.
async fn changed(
    app: &TestApp,
    caller: &Principal,
    key: u8,
) -> Result<(PasswordChanged, SessionSecret), Error> {
    let secret = SessionSecret::generate(app.context.random()).unwrap();
    let change = PasswordChange {
        current: SecretString::new(PASSWORD.to_owned()),
        new: NewPassword::parse(SecretString::new(NEW.to_owned()), None, None).unwrap(),
        end_sessions: false,
        end_tokens: false,
        renewed: secret.digest(),
        form_key: Some([key; 16]),
    };
    let changed = passwords::change::change_password(&app.context, caller, change).await?;
    Ok((changed, secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_change_password_keep_the_session() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    // Both were let in before either was done.
    let caller = caller(&app, &browser).await;
    let (first, second) = join(changed(&app, &caller, 1), changed(&app, &caller, 1)).await;
    let third = changed(&app, &caller, 1).await;
    for clicked in [first, second, third] {
        let (changed, secret) = clicked.unwrap();
        assert!(changed.is_renewed);
        let checked =
            authenticate::check(&app.context, CredentialType::Session, secret.digest(), None);
        let found = checked.await.unwrap().ok().unwrap();
        assert_eq!(found.credential.id, caller.credential.id);
    }
    // The old secret is dead to every other form, and to this one after a minute.
    assert!(changed(&app, &caller, 2).await.is_err());
    app.advance(60 * SECOND);
    assert!(changed(&app, &caller, 1).await.is_err());
    assert_eq!(browser.get("/account").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_on_make_or_rotate_a_token_act_once() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let make = "/account/tokens";
    let key = here.get("/account/tokens/new").await.field("form_key");
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", &*key)];
    let (one, other) = join(here.post(make, &form), here.post(make, &form)).await;
    acted_once(&here, [one, other], "made already").await;
    let tokens = fetch_list(&here, "/api/v1/tokens").await;
    assert_eq!(tokens.len(), 1);

    let page = format!("{make}/{}", tokens[0]["id"].as_str().unwrap());
    let rotate = format!("{page}/rotate");
    let key = here.get(&page).await.field("form_key");
    let form = [("overlap", "0"), ("form_key", &*key)];
    let (one, other) = join(here.post(&rotate, &form), here.post(&rotate, &form)).await;
    acted_once(&here, [one, other], "has its new secret already").await;
    let events = event_types(&here).await;
    let rotations = events.iter().filter(|kind| *kind == "token.rotated");
    assert_eq!(rotations.count(), 1);
}

/// One answer shows the secret. The other one leads to the token, says that it was done, and what to do if the
/// browser has shown this answer alone.
async fn acted_once(browser: &Browser, answers: [Answer; 2], told: &str) {
    let [shown, again] = match answers {
        [one, other] if one.status == 200 => [one, other],
        [one, other] => [other, one],
    };
    assert!(secret_in(&shown.text).starts_with("nrx_"));
    let page = browser.follow(&again.expect_status(303)).await;
    page.expect_text(told)
        .expect_text("If you did not see it, rotate the token")
        .expect_no_text(&secret_in(&shown.text));
}
