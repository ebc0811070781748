//! The link that undoes a change of the e-mail address, in the mail to the previous address.

use std::time::Duration;

use narthex::accounts;

use super::email_change::{MINUTE, NEW, Scene, expect_void, follow};
use crate::support::answer::Answer;
use crate::support::app::PASSWORD;
use crate::support::authenticator::{
    Enrolled, enter_code, enter_password, recovery_codes_in, turn_on,
};
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types, expect_field_errors};

const OTHER_PASSWORD: &str = "a quite different sentence";
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn undo_puts_the_old_address_back_and_ends_everything() {
    let scene = Scene::new().await;
    let (app, thief) = (&scene.app, scene.app.sign_in(ADA).await);
    let token = app.token_of(&scene.ada, "CI", &["*"]).await;
    scene.change(&[]).await;
    let mail = scene.mail(ADA, "/email/undo");
    assert_eq!(mail.subject(), "Narthex: your email address was changed");
    assert!(mail.text().contains(NEW), "{}", mail.text());
    let owner = app.browser();
    follow(&owner, &mail.link())
        .await
        .expect_redirect("/password/reset");
    for browser in [&scene.ada, &thief] {
        assert_eq!(browser.get("/api/v1/user").await.status, 401);
    }
    assert_eq!(app.api_client(&token).get("/api/v1/user").await.status, 401);
    let page = owner.get("/password/reset").await.expect_status(200);
    page.expect_text(ADA);
    let form = [("password", OTHER_PASSWORD)];
    let set = owner.post("/password/reset", &form).await;
    set.expect_redirect("/login");
    let form = [("email", ADA), ("password", OTHER_PASSWORD)];
    owner
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    let events = event_types(&owner).await;
    assert!(
        events.contains(&"account.email_change_undone".to_owned()),
        "{events:?}"
    );
    let tokens = owner.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"][0]["paused"], true, "{tokens}");
    expect_void(app, &mail.link()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_works_after_a_password_change_and_for_seven_days() {
    let scene = Scene::new().await;
    scene.change(&[]).await;
    let link = scene.undo();
    let form = [("current_password", PASSWORD), ("password", OTHER_PASSWORD)];
    let changed = scene.ada.post("/account/password", &form).await;
    changed.expect_redirect("/account/profile");
    scene.app.advance(7 * 24 * 60 * MINUTE - MINUTE);
    let undone = follow(&scene.app.browser(), &link).await;
    undone.expect_redirect("/password/reset");
    let scene = Scene::new().await;
    scene.change(&[]).await;
    let link = scene.undo();
    scene.app.advance(7 * 24 * 60 * MINUTE);
    expect_void(&scene.app, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_of_an_earlier_change_makes_later_ones_void() {
    let scene = Scene::new().await;
    scene.change(&[]).await;
    let first = scene.undo();
    scene.app.advance(MINUTE);
    scene.enter("third@example.com", &[]).await;
    let second = scene.mail("third@example.com", "/email/confirm").link();
    follow(&scene.ada, &second).await.expect_status(303);
    let later = scene.mail(NEW, "/email/undo").link();
    follow(&scene.app.browser(), &first)
        .await
        .expect_redirect("/password/reset");
    expect_void(&scene.app, &later).await;
    let user = scene.app.user_id(ADA).await;
    let account = accounts::find(&scene.app.state, user).await.unwrap();
    assert_eq!(account.user.email, ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_of_the_old_address_does_not_prevent_an_undo() {
    let scene = Scene::new().await;
    scene.change(&[]).await;
    let link = scene.undo();
    let form = [
        ("name", "Thief"),
        ("email", ADA),
        ("password", OTHER_PASSWORD),
    ];
    let registered = scene.app.browser().post("/register", &form).await;
    registered.expect_redirect("/verify-email");
    let undone = follow(&scene.app.browser(), &link).await;
    undone.expect_redirect("/password/reset");
    assert!(scene.can_sign_in(ADA).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_removes_the_factor_of_an_intruder() {
    for is_added_first in [true, false] {
        let scene = Scene::new().await;
        let thief = scene.app.sign_in(ADA).await;
        if is_added_first {
            turn_on(&scene.app, thief).await;
            scene.change(&[]).await;
        } else {
            scene.change(&[]).await;
            turn_on(&scene.app, thief).await;
        }
        let owner = scene.app.browser();
        let undone = follow(&owner, &scene.undo()).await;
        undone.expect_redirect("/password/reset");
        let form = [("password", OTHER_PASSWORD)];
        let set = owner.post("/password/reset", &form).await;
        set.expect_redirect("/login");
        let form = [("email", ADA), ("password", OTHER_PASSWORD)];
        let signed_in = owner.post("/login", &form).await;
        signed_in.expect_redirect("/account");
        let events = event_types(&owner).await;
        assert!(events.contains(&"factor.removed".to_owned()), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_keeps_a_factor_that_is_older_than_a_day() {
    let mut scene = Scene::new().await;
    let app = &scene.app;
    let authenticator = turn_on(app, scene.ada).await.authenticator;
    app.advance(DAY);
    scene.ada = enter_password(app, ADA).await;
    let code = authenticator.code(app);
    let signed_in = enter_code(&scene.ada, &code).await;
    signed_in.expect_redirect("/account");
    scene.change(&[]).await;
    scene.app.advance(MINUTE);
    let pending = scene.app.browser();
    let form = [("email", NEW), ("password", PASSWORD)];
    let entered = pending.post("/login", &form).await;
    entered.expect_redirect("/login/verify");
    let visitor = scene.app.browser();
    let undone = follow(&visitor, &scene.undo()).await;
    undone.expect_redirect("/password/reset");
    let form = [("password", OTHER_PASSWORD)];
    let refused = visitor.post("/password/reset", &form).await;
    expect_field_errors(refused, &["code"]);
    // The undo ends a sign-in that waits for its code.
    let code = authenticator.code(&scene.app);
    enter_code(&pending, &code).await.expect_redirect("/login");
    let form = [("password", OTHER_PASSWORD), ("code", &*code)];
    let set = visitor.post("/password/reset", &form).await;
    set.expect_redirect("/login");
}

/// A scene in which Ada has had an authenticator app and recovery codes for a day.
async fn scene_with_older_codes() -> (Scene, Enrolled) {
    let mut scene = Scene::new().await;
    let ada = turn_on(&scene.app, scene.ada).await;
    // A code that was used more than a day before the change is no reason for doubt.
    let browser = enter_password(&scene.app, ADA).await;
    let used = enter_code(&browser, &ada.recovery_codes[9]).await;
    used.expect_status(303);
    scene.app.advance(DAY + MINUTE);
    scene.ada = enter_password(&scene.app, ADA).await;
    let signed_in = enter_code(&scene.ada, &ada.authenticator.code(&scene.app)).await;
    signed_in.expect_redirect("/account");
    scene.app.advance(MINUTE);
    (scene, ada)
}

/// Undoes the change, and enters a recovery code with the new password.
async fn undo_and_reset(scene: &Scene, code: &str) -> (Browser, Answer) {
    let visitor = scene.app.browser();
    let undone = follow(&visitor, &scene.undo()).await;
    undone.expect_redirect("/password/reset");
    let form = [("password", OTHER_PASSWORD), ("code", code)];
    let answer = visitor.post("/password/reset", &form).await;
    (visitor, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_removes_recovery_codes_of_an_intruder() {
    for (is_used, is_before_change) in [(false, true), (false, false), (true, true), (true, false)]
    {
        let (scene, ada) = scene_with_older_codes().await;
        if !is_before_change {
            scene.change(&[]).await;
        }
        let shown = if is_used {
            let thief = scene.app.browser();
            let email = if is_before_change { ADA } else { NEW };
            let form = [("email", email), ("password", PASSWORD)];
            thief.post("/login", &form).await.expect_status(303);
            let used = enter_code(&thief, &ada.recovery_codes[0]).await;
            thief.follow(&used.expect_status(303)).await
        } else {
            let path = "/account/security/recovery-codes";
            let made = scene.ada.post(path, &[]).await.expect_status(303);
            scene.ada.follow(&made).await
        };
        let of_thief = recovery_codes_in(&shown.expect_status(200));
        if is_before_change {
            scene.change(&[]).await;
        }
        let (visitor, refused) = undo_and_reset(&scene, &of_thief[0]).await;
        expect_field_errors(refused, &["code"]);
        let code = ada.authenticator.code(&scene.app);
        let form = [("password", OTHER_PASSWORD), ("code", &*code)];
        let set = visitor.post("/password/reset", &form).await;
        set.expect_redirect("/login");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_keeps_recovery_codes_that_are_older_than_a_day() {
    let (scene, ada) = scene_with_older_codes().await;
    scene.change(&[]).await;
    let (_, set) = undo_and_reset(&scene, &ada.recovery_codes[1]).await;
    set.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_removes_the_second_address() {
    let scene = Scene::new().await;
    let second = "thief@example.com";
    let form = [("name", "Ada"), ("email", ADA), ("notice_email", second)];
    let saved = scene.ada.post("/account/profile", &form).await;
    saved.expect_redirect("/account/profile");
    let link = scene.mail(second, "/email/notices").link();
    follow(&scene.ada, &link).await.expect_status(303);
    scene.change(&[]).await;
    let owner = scene.app.browser();
    let undone = follow(&owner, &scene.undo()).await;
    undone.expect_redirect("/password/reset");
    let form = [("password", OTHER_PASSWORD)];
    owner
        .post("/password/reset", &form)
        .await
        .expect_redirect("/login");
    let form = [("email", ADA), ("password", OTHER_PASSWORD)];
    owner
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    let page = owner.get("/account/profile").await;
    assert_eq!(page.field("notice_email"), "");
}
