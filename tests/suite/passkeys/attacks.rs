//! Attacks on passkeys.

use serde_json::json;

use super::second_step::with_passkey;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Authenticator, enter_password, turn_on};
use crate::support::page::{ADA, GRACE};
use crate::support::passkey::{
    LOGIN, LOGIN_OPTIONS, OPTIONS, PASSKEYS, Passkey, options, second_step, try_to_register,
};

pub type Change = fn(&mut Passkey);

/// Answers that differ from the right one in one way.
pub const WRONG: [(&str, Change); 7] = [
    ("origin", |one| {
        one.origin = "http://localhost.evil.example".to_owned();
    }),
    ("scheme", |one| one.origin = "https://localhost".to_owned()),
    ("subdomain", |one| {
        one.origin = "http://a.localhost".to_owned();
    }),
    ("relying party", |one| {
        one.relying_party = "evil.example".to_owned();
    }),
    ("frame", |one| one.cross_origin = true),
    ("type", |one| one.client_type = Some("payment.get")),
    ("handle", |one| one.handle = Some("AAAA".to_owned())),
];

#[tokio::test(flavor = "multi_thread")]
async fn altered_answer_is_refused() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let mut right = Passkey::new(1);
    with_passkey(&app, &mut right).await;
    let mut browser = enter_password(&app, ADA).await;
    for (number, (what, change)) in WRONG.into_iter().enumerate() {
        if number % 2 == 0 {
            app.advance(std::time::Duration::from_secs(3600));
            browser = enter_password(&app, ADA).await;
        }
        let mut wrong = right.clone();
        change(&mut wrong);
        let refused = second_step(&browser, &wrong).await;
        assert_eq!(refused.status, 422, "{what}: {refused}");
    }
    app.advance(std::time::Duration::from_secs(3600));
    let browser = enter_password(&app, ADA).await;
    second_step(&browser, &right).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn used_up_answers_of_a_sign_in_are_mailed() {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let owner = app.sign_in(ADA).await;
    let mut right = Passkey::new(1);
    let added = try_to_register(&owner, &mut right).await;
    added.expect_status(200);
    let browser = enter_password(&app, ADA).await;
    let mut wrong = right.clone();
    wrong.cross_origin = true;
    for _ in 0..5 {
        second_step(&browser, &wrong).await.expect_status(422);
    }
    app.advance(std::time::Duration::from_secs(60));
    app.state.job_wakeup().notify_one();
    let subject = "Narthex: second factor refused at a sign-in";
    server.wait_for_mail(|mail| mail.subject() == subject);
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_registration_is_refused() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let kinds: [(&str, Change); 3] = [
        ("algorithm none", |one| one.algorithm = 0),
        ("algorithm not offered", |one| one.algorithm = -35),
        ("type of an assertion", |one| {
            one.client_type = Some("webauthn.get");
        }),
    ];
    // A registration names no handle.
    let wrong = WRONG.into_iter().filter(|(what, _)| *what != "handle");
    for (what, change) in wrong.chain(kinds) {
        let mut passkey = Passkey::new(1);
        change(&mut passkey);
        let refused = try_to_register(&browser, &mut passkey).await;
        assert_eq!(refused.status, 422, "{what}: {refused}");
    }
    app.sign_in(ADA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_is_accepted_once() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let open = options(&browser, OPTIONS).await;
    for (number, status) in [(1, 200), (2, 422)] {
        let body = json!({ "credential": Passkey::new(number).create(&open) });
        browser
            .post_json(PASSKEYS, &body)
            .await
            .expect_status(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_of_another_session_is_refused() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let other = app.sign_in(ADA).await;
    let grace = app.register(GRACE).await;
    for from in [&other, &grace] {
        let open = options(from, OPTIONS).await;
        let body = json!({ "credential": Passkey::new(1).create(&open) });
        ada.post_json(PASSKEYS, &body).await.expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_of_another_sign_in_is_refused() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let account = with_passkey(&app, &mut passkey).await;
    let (first, second) = (
        enter_password(&app, ADA).await,
        enter_password(&app, ADA).await,
    );
    let of_other = options(&first, LOGIN_OPTIONS).await;
    let of_registration = options(&account, OPTIONS).await;
    for open in [of_other, of_registration] {
        let body = json!({ "credential": passkey.get(&open) });
        let refused = second.post_json(LOGIN, &body).await;
        refused.expect_status(422);
    }
    assert!(!second.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_of_another_user_is_refused() {
    let app = TestApp::start();
    let mut right = Passkey::new(1);
    with_passkey(&app, &mut right).await;
    let grace = app.register(GRACE).await;
    let mut other = Passkey::new(2);
    try_to_register(&grace, &mut other).await.expect_status(200);
    let browser = enter_password(&app, ADA).await;
    for wrong in [&other, &Passkey::new(3)] {
        second_step(&browser, wrong).await.expect_status(422);
    }
    // Another key with the ID of the right one.
    let mut forged = Passkey::new(3);
    forged.id.clone_from(&right.id);
    forged.handle.clone_from(&right.handle);
    second_step(&browser, &forged).await.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_answers_end_a_sign_in() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let browser = enter_password(&app, ADA).await;
    for _ in 0..5 {
        let open = options(&browser, LOGIN_OPTIONS).await;
        let wrong = json!({ "credential": Passkey::new(9).get(&open) });
        browser.post_json(LOGIN, &wrong).await.expect_status(422);
        app.advance(std::time::Duration::from_secs(60));
    }
    let over = browser.post_json(LOGIN_OPTIONS, &json!({})).await.json();
    assert!(over["location"].is_string(), "{over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_answer_is_refused_without_a_fault() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for body in [
        json!({}),
        json!({ "credential": {} }),
        json!({ "credential": "x" }),
        json!({ "credential": { "id": "", "rawId": "", "type": "public-key", "response": {
            "clientDataJSON": "e30", "attestationObject": "AA" } } }),
    ] {
        let refused = browser.post_json(PASSKEYS, &body).await;
        refused.expect_status(422);
    }
    let large = json!({ "credential": "x".repeat(70_000) });
    browser.post_json(PASSKEYS, &large).await.expect_status(413);
}

/// It parses, so only its length can refuse it.
#[tokio::test(flavor = "multi_thread")]
async fn oversized_attestation_is_refused() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for (padding, status) in [(1024, 200), (64 * 1024, 413)] {
        let mut passkey = Passkey::new(1);
        passkey.padding = padding;
        let answer = try_to_register(&browser, &mut passkey).await;
        answer.expect_status(status);
    }
}

/// Otherwise the password alone could add a factor, and remove the others with it.
#[tokio::test(flavor = "multi_thread")]
async fn password_alone_cannot_add_a_further_factor() {
    let app = TestApp::start();
    let thief = app.register(ADA).await;
    let owner = app.sign_in(ADA).await;
    turn_on(&app, owner).await;
    let confirm = "/account/confirm?next=%2Faccount%2Fsecurity";
    thief.get(confirm).await.expect_status(200);
    for pause in [0, 20 * 60] {
        app.advance(std::time::Duration::from_secs(pause));
        let confirmed = thief.post("/account/confirm", &[("password", PASSWORD)]);
        confirmed.await.expect_status(303);
        let refused = thief.post_json(OPTIONS, &json!({})).await;
        let status = refused.status;
        assert!([401, 403].contains(&status), "{refused}");
    }

    let app = TestApp::start();
    let thief = app.register(GRACE).await;
    let owner = app.sign_in(GRACE).await;
    // The page was shown before the owner had a factor.
    let page = thief.get("/account/security/totp").await;
    let authenticator = Authenticator::scan(&page.expect_status(200));
    let open = options(&thief, OPTIONS).await;
    let first = try_to_register(&owner, &mut Passkey::new(1)).await;
    first.expect_status(200);
    thief
        .get("/account/security/totp")
        .await
        .expect_redirect("/account/confirm?acr=2&next=%2Faccount%2Fsecurity%2Ftotp");
    let code = authenticator.code(&app);
    let form = [("code", &*code)];
    let refused = thief.post("/account/security/totp", &form).await;
    let location = refused.expect_status(303).location().to_owned();
    assert!(location.starts_with("/account/confirm?acr=2"), "{location}");
    let body = json!({"credential": Passkey::new(2).create(&open), "also": []});
    let refused = thief.post_json(PASSKEYS, &body).await;
    let status = refused.status;
    assert!([401, 403].contains(&status), "{refused}");
}
