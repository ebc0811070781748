//! Revocation by filter: preview, digest, receipt.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::api::{Token, expect_members, text};
use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::user_agents::{SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";
const PREVIEW: &str = "/api/v1/sign-out/preview";
const SIGN_OUT: &str = "/api/v1/sign-out";

async fn preview(browser: &Browser, filter: &Value) -> Answer {
    let answer = browser.call(Method::POST, PREVIEW, Some(filter)).await;
    answer.expect_status(200)
}

async fn revoke(browser: &Browser, filter: &Value) -> Answer {
    browser.call(Method::POST, SIGN_OUT, Some(filter)).await
}

async fn active_ids(browser: &Browser) -> Vec<String> {
    let list = browser.call(Method::GET, "/api/v1/credentials", None).await;
    list.expect_status(200).ids()
}

/// Ada with one credential of most kinds, made a day apart, oldest first.
struct Fixture {
    app: TestApp,
    ada: Browser,
    desk: String,
    phone: String,
    tablet: String,
    ci: Token,
    made_by_ci: String,
    device: Token,
}

impl Fixture {
    /// The time at which the phone signed in.
    const PHONE_AT: &str = "2026-11-23T12:30:00Z";

    async fn new() -> Self {
        let app = TestApp::start_with(&[
            ("NARTHEX_SESSION_IDLE", "30d"),
            ("NARTHEX_SESSION_MAX", "30d"),
            ("NARTHEX_CONFIRM_FOR", "30d"),
            ("NARTHEX_TRUSTED_PROXIES", "127.0.0.0/8"),
        ]);
        let day = Duration::from_secs(24 * 3600);
        let ada = app.register(ADA).await;
        app.advance(day);
        let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
        app.advance(Duration::from_secs(1));
        let from_afar = phone
            .request(Method::GET, "/api/v1/sessions/current")
            .header("x-forwarded-for", "203.0.113.7");
        let phone = text(&phone.send(from_afar).await.json()["id"]);
        app.advance(day);
        let tablet = app
            .sign_in_with(ADA, SAFARI_ON_IPAD)
            .await
            .session_id()
            .await;
        app.advance(day);
        let ci = app
            .token(&ada, "CI", &["tokens:write", "orders:read"])
            .await;
        app.advance(day);
        let body = json!({"name": "By CI", "abilities": ["orders:read"]});
        let made_by_ci = ci.client.post("/api/v1/tokens", &body).await.json();
        app.advance(day);
        let device = app.device(ADA, "Phone app").await;
        Self {
            desk: ada.session_id().await,
            made_by_ci: text(&made_by_ci["token"]["id"]),
            app,
            ada,
            phone,
            tablet,
            ci,
            device,
        }
    }

    /// The labels of the credentials that an answer lists, newest first.
    fn labels(&self, answer: &Answer) -> Vec<&'static str> {
        let names = [
            (&self.desk, "desk"),
            (&self.phone, "phone"),
            (&self.tablet, "tablet"),
            (&self.ci.id, "ci"),
            (&self.made_by_ci, "made by ci"),
            (&self.device.id, "device"),
        ];
        let name_of = |id: &String| names.iter().find(|(known, _)| *known == id).unwrap().1;
        answer.ids().iter().map(name_of).collect()
    }
}

const EVERYTHING: [&str; 6] = ["device", "made by ci", "ci", "tablet", "phone", "desk"];

#[tokio::test]
async fn filter_matches_credentials_that_fit_all_its_fields() {
    let fixture = Fixture::new().await;
    let (phone, ci) = (&*fixture.phone, &*fixture.ci.id);
    for (filter, labels) in [
        (json!({}), &EVERYTHING[..]),
        (json!({"class": "session"}), &["tablet", "phone", "desk"]),
        (json!({"class": ["token"]}), &["device", "made by ci", "ci"]),
        (json!({"class": ["session", "token"]}), &EVERYTHING),
        (json!({"kind": "mobile"}), &["phone"]),
        (json!({"kind": ["mobile", "device"]}), &["device", "phone"]),
        (json!({"kind": "service"}), &[]),
        (json!({"id": phone}), &["phone"]),
        (json!({"id": [phone, ci]}), &["ci", "phone"]),
        (json!({"id": [phone, ci], "class": "token"}), &["ci"]),
        (
            json!({"except": "current", "class": "session"}),
            &["tablet", "phone"],
        ),
        (
            json!({"except": ["current", ci, phone]}),
            &["device", "made by ci", "tablet"],
        ),
        (json!({"id": phone, "except": phone}), &[]),
        (json!({"unused_since": "3d"}), &["phone"]),
        (
            json!({"unused_since": "2026-11-24T12:30:02Z"}),
            &["tablet", "phone"],
        ),
        (json!({"created_before": Fixture::PHONE_AT}), &["desk"]),
        (
            json!({"created_before": "2026-11-23T13:30:00.000001+01:00"}),
            &["phone", "desk"],
        ),
        (json!({"created_before": "2026-11-24"}), &["phone", "desk"]),
        (
            json!({"created_before": "9999-12-31T23:59:59Z"}),
            &EVERYTHING,
        ),
        (json!({"from": "203.0.113.0/24"}), &["phone"]),
        (json!({"from": "203.0.113.7"}), &["phone"]),
        (json!({"from": ["203.0.113.8", "::/0"]}), &[]),
        (json!({"made_by": ci}), &["made by ci"]),
        (json!({"made_by": fixture.desk}), &["made by ci", "ci"]),
        (
            json!({"ability": "orders:read", "class": "token"}),
            &["device", "made by ci", "ci"],
        ),
        (
            json!({"ability": "tokens:write", "class": "token"}),
            &["device", "ci"],
        ),
        (
            json!({"ability": ["*"]}),
            &["device", "tablet", "phone", "desk"],
        ),
    ] {
        let shown = preview(&fixture.ada, &filter).await;
        assert_eq!(fixture.labels(&shown), labels, "{filter}");
    }
}

#[tokio::test]
async fn filter_means_the_same_in_query_body_and_list() {
    let fixture = Fixture::new().await;
    let by_query = "class=session&kind=mobile&kind=tablet&except=current";
    let body = json!({"class": "session", "kind": ["mobile", "tablet"], "except": "current"});
    let path = format!("{PREVIEW}?{by_query}");
    let by_query_preview = fixture.ada.call(Method::POST, &path, None).await;
    let by_body = preview(&fixture.ada, &body).await;
    assert_eq!(by_query_preview.text, by_body.text);
    let listed = format!("/api/v1/credentials?{by_query}");
    let listed = fixture.ada.call(Method::GET, &listed, None).await;
    assert_eq!(fixture.labels(&listed), ["tablet", "phone"]);
    let body = json!({"kind": ["mobile", "tablet"]});
    let ended = fixture
        .ada
        .call(Method::DELETE, "/api/v1/sessions", Some(&body));
    let ended = ended.await.expect_status(200);
    assert_eq!(fixture.labels(&ended), ["tablet", "phone"]);
}

#[tokio::test]
async fn revocation_with_digest_revokes_the_previewed_credentials() {
    let fixture = Fixture::new().await;
    let filter = json!({"class": "token"});
    let shown = preview(&fixture.ada, &filter).await;
    expect_members(&shown.text, &["digest", "trusted_browsers", "credentials"]);
    assert_eq!(
        active_ids(&fixture.ada).await.len(),
        6,
        "a preview revokes nothing"
    );

    let with_digest = json!({"class": "token", "digest": shown.json()["digest"]});
    let receipt = revoke(&fixture.ada, &with_digest).await.expect_status(200);
    expect_members(
        &receipt.text,
        &[
            "id",
            "at",
            "reason",
            "by",
            "sessions_ended",
            "tokens_ended",
            "trusted_browsers_ended",
            "credentials",
        ],
    );
    assert_eq!(receipt.ids(), shown.ids());
    let receipt = receipt.json();
    assert_eq!(
        receipt,
        json!({
            "id": receipt["id"], "at": "2026-11-27T12:30:01Z", "reason": "signed_out",
            "by": fixture.desk, "sessions_ended": 0, "tokens_ended": 3,
            "trusted_browsers_ended": 0,
            "credentials": receipt["credentials"],
        })
    );
    for row in receipt["credentials"].as_array().unwrap() {
        assert_eq!(
            (&row["class"], &row["receipt_id"]),
            (&json!("token"), &receipt["id"])
        );
        assert_eq!(row["ended_at"], receipt["at"]);
    }
    assert!(
        !fixture.ci.client.is_authenticated().await
            && !fixture.device.client.is_authenticated().await
    );
    let path = format!("/api/v1/receipts/{}", text(&receipt["id"]));
    let kept = fixture.ada.call(Method::GET, &path, None).await;
    assert_eq!(kept.expect_status(200).json(), receipt);
}

#[tokio::test]
async fn outdated_digest_revokes_nothing() {
    let fixture = Fixture::new().await;
    let shown = preview(&fixture.ada, &json!({"class": "token"}))
        .await
        .json();
    let newer = fixture.app.token(&fixture.ada, "Newer", &[]).await;
    let with_digest = json!({"class": "token", "digest": shown["digest"]});
    let answer = revoke(&fixture.ada, &with_digest).await;
    answer.expect_problem(409, "preview-outdated");
    assert!(newer.client.is_authenticated().await && fixture.ci.client.is_authenticated().await);
    for digest in ["", "x", &"A".repeat(43)] {
        let answer = revoke(&fixture.ada, &json!({"class": "token", "digest": digest})).await;
        answer.expect_problem(409, "preview-outdated");
    }
    assert_eq!(active_ids(&fixture.ada).await.len(), 7);

    let path = format!("/api/v1/tokens/{}", newer.id);
    fixture.ada.call(Method::DELETE, &path, None).await;
    let answer = revoke(&fixture.ada, &with_digest).await;
    answer.expect_status(200).expect_text("\"tokens_ended\":3");
}

#[tokio::test]
async fn empty_filter_revokes_everything_including_the_caller() {
    let fixture = Fixture::new().await;
    let grace = fixture.app.register("grace@example.com").await;
    let graces = fixture.app.token(&grace, "Grace's", &[]).await;
    let answer = revoke(&fixture.ada, &json!({})).await;
    let answer = answer.expect_status(200);
    assert_eq!(fixture.labels(&answer), EVERYTHING);
    assert_eq!(fixture.ada.cookie("narthex"), None);
    assert!(
        !fixture.ci.client.is_authenticated().await
            && !fixture.device.client.is_authenticated().await
    );
    assert!(grace.is_signed_in().await && graces.client.is_authenticated().await);
}

#[tokio::test]
async fn token_can_revoke_everything_including_itself() {
    let fixture = Fixture::new().await;
    let client = fixture
        .app
        .client(&fixture.ada, &["sessions:write", "tokens:write"])
        .await;
    let answer = client.post(SIGN_OUT, &json!({"except": "current"})).await;
    assert_eq!(fixture.labels(&answer.expect_status(200)), EVERYTHING);
    let answer = client.post(SIGN_OUT, &json!({})).await;
    answer.expect_status(200).expect_text("\"tokens_ended\":1");
    assert!(!client.is_authenticated().await && !fixture.ada.is_signed_in().await);
}

#[tokio::test]
async fn invalid_filter_is_refused_and_revokes_nothing() {
    let fixture = Fixture::new().await;
    for (filter, field) in [
        (json!({"class": "cookie"}), "class"),
        (json!({"class": ""}), "class"),
        (json!({"class": null}), "class"),
        (json!({"class": []}), "class"),
        (json!({"kind": "phone"}), "kind"),
        (json!({"kind": ["mobile", "phone"]}), "kind"),
        (json!({"kind": 1}), "kind"),
        (json!({"class": "token", "kind": "mobile"}), "kind"),
        (
            json!({"class": "session", "kind": ["mobile", "device"]}),
            "kind",
        ),
        (json!({"id": ""}), "id"),
        (json!({"id": []}), "id"),
        (json!({"id": ["current"]}), "id"),
        (json!({"id": [fixture.phone.to_uppercase()]}), "id"),
        (json!({"id": {"not": fixture.phone}}), "id"),
        (json!({"except": "me"}), "except"),
        (json!({"except": []}), "except"),
        (json!({"unused_since": "a while"}), "unused_since"),
        (json!({"unused_since": "-3d"}), "unused_since"),
        (
            json!({"unused_since": "2026-11-22T12:30:00"}),
            "unused_since",
        ),
        (json!({"unused_since": ["3d", "4d"]}), "unused_since"),
        (json!({"unused_since": 3}), "unused_since"),
        (json!({"created_before": "yesterday"}), "created_before"),
        (json!({"created_before": "2026-02-30"}), "created_before"),
        (json!({"from": "203.0.113.0/33"}), "from"),
        (json!({"from": "example.com"}), "from"),
        (json!({"made_by": "CI"}), "made_by"),
        (json!({"ability": "everything"}), "ability"),
        (json!({"digest": null}), "digest"),
        (json!({"digest": ["a", "b"]}), "digest"),
        (json!({"reason": "x"}), "reason"),
        (json!({"user_id": fixture.phone}), "user_id"),
        (json!({"Class": "token"}), "Class"),
        (json!(["token"]), "body"),
        (json!(null), "body"),
        (json!("token"), "body"),
    ] {
        revoke(&fixture.ada, &filter)
            .await
            .expect_invalid_fields(&[field]);
        if field != "digest" {
            let answer = fixture.ada.call(Method::POST, PREVIEW, Some(&filter)).await;
            answer.expect_invalid_fields(&[field]);
        }
    }
    let two = json!({"class": "x", "made_by": "y", "z": "z"});
    revoke(&fixture.ada, &two)
        .await
        .expect_invalid_fields(&["class", "made_by", "z"]);
    assert_eq!(active_ids(&fixture.ada).await.len(), 6);
}

#[tokio::test]
async fn ambiguous_or_misplaced_filter_is_refused() {
    let fixture = Fixture::new().await;
    let send = async |method: Method, path: &str, kind: &str, body: &str| {
        let request = fixture
            .ada
            .request(method, path)
            .header("content-type", kind);
        fixture.ada.send(request.body(body.to_owned())).await
    };
    let json = "application/json";
    // A repeated member: if only one value were read, an excluded credential would be revoked.
    let twice = format!(
        r#"{{"except":"{}","except":"{}"}}"#,
        fixture.ci.id, fixture.phone
    );
    let answer = send(Method::POST, SIGN_OUT, json, &twice).await;
    answer.expect_invalid_fields(&["except"]);
    // A filter in both the query and the body.
    let answer = send(Method::POST, "/api/v1/sign-out?class=token", json, "{}").await;
    answer.expect_problem(400, "malformed");
    // A media type that is not read.
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let answer = send(Method::DELETE, "/api/v1/tokens", kind, "kind=device").await;
        answer.expect_problem(415, "wrong-media-type");
    }
    let answer = send(Method::DELETE, "/api/v1/tokens", json, "{\"kind\":").await;
    answer.expect_problem(400, "malformed");
    let answer = send(Method::POST, "/api/v1/sign-out?id=%ff", json, "").await;
    answer.expect_problem(400, "malformed");
    // A filter on a path that already names one credential.
    let one = format!("/api/v1/tokens/{}", fixture.ci.id);
    for path in [&*one, "/api/v1/sessions/current"] {
        let answer = send(Method::DELETE, path, json, r#"{"kind":"device"}"#).await;
        answer.expect_invalid_fields(&["kind"]);
        let answer = send(Method::DELETE, &format!("{path}?kind=device"), json, "").await;
        answer.expect_invalid_fields(&["kind"]);
    }
    assert_eq!(active_ids(&fixture.ada).await.len(), 6);
}

#[tokio::test]
async fn id_of_another_user_matches_nothing() {
    let fixture = Fixture::new().await;
    let grace = fixture.app.register("grace@example.com").await;
    let graces = fixture.app.token(&grace, "Grace's", &[]).await;
    let filter = json!({"id": [graces.id, grace.session_id().await]});
    let shown = preview(&fixture.ada, &filter).await;
    assert_eq!(shown.ids(), Vec::<String>::new());
    let receipt = revoke(&fixture.ada, &filter).await.expect_status(200);
    assert_eq!(receipt.ids(), Vec::<String>::new());
    assert!(grace.is_signed_in().await && graces.client.is_authenticated().await);

    let by_grace = revoke(&grace, &json!({"id": graces.id})).await.json();
    let path = format!("/api/v1/receipts/{}", text(&by_grace["id"]));
    grace
        .call(Method::GET, &path, None)
        .await
        .expect_status(200);
    let answer = fixture.ada.call(Method::GET, &path, None).await;
    let unknown_path = "/api/v1/receipts/0196b2f0-0000-7000-8000-000000000000";
    let unknown = fixture.ada.call(Method::GET, unknown_path, None).await;
    let (answer, unknown) = (
        answer.expect_problem(404, "not-found"),
        unknown.expect_problem(404, "not-found"),
    );
    assert_eq!(answer.text, unknown.text);
}

#[tokio::test]
async fn session_needs_reauthentication_to_revoke_more_than_itself() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "CI", &[]).await;
    let own = ada.session_id().await;
    app.advance(Duration::from_secs(15 * 60));
    preview(&ada, &json!({})).await;
    for filter in [
        json!({}),
        json!({"except": "current"}),
        json!({"class": "session"}),
        json!({"id": [own, token.id]}),
    ] {
        let answer = revoke(&ada, &filter).await;
        answer.expect_problem(403, "confirm-password");
    }
    assert!(ada.is_signed_in().await && token.client.is_authenticated().await);
    revoke(&ada, &json!({"id": own})).await.expect_status(200);
    assert!(!ada.is_signed_in().await && token.client.is_authenticated().await);
}

#[tokio::test]
async fn revoked_credentials_are_not_revoked_again() {
    let fixture = Fixture::new().await;
    let first = revoke(&fixture.ada, &json!({"class": "token"}))
        .await
        .json();
    let second = revoke(&fixture.ada, &json!({"class": "token"})).await;
    let second = second.expect_status(200).expect_text("\"tokens_ended\":0");
    assert_eq!(second.ids(), Vec::<String>::new());
    let path = format!("/api/v1/receipts/{}", text(&first["id"]));
    let kept = fixture.ada.call(Method::GET, &path, None).await;
    assert_eq!(kept.json(), first, "the first receipt stands");
}

/// A client whose body was lost on the way must not revoke everything.
#[tokio::test]
async fn revocation_without_query_and_body_is_refused() {
    let fixture = Fixture::new().await;
    for (method, path) in [
        (Method::POST, SIGN_OUT),
        (Method::DELETE, "/api/v1/sessions"),
        (Method::DELETE, "/api/v1/tokens"),
        (Method::DELETE, "/api/v1/tokens?"),
    ] {
        for kind in ["application/json", "text/plain"] {
            let request = fixture.ada.request(method.clone(), path);
            let request = request.header("content-type", kind);
            let answer = fixture.ada.send(request.body("")).await;
            answer.expect_problem(400, "malformed");
        }
        let answer = fixture.ada.call(method.clone(), path, None).await;
        answer.expect_problem(400, "malformed");
    }
    assert_eq!(active_ids(&fixture.ada).await.len(), 6);
    let shown = fixture.ada.call(Method::POST, PREVIEW, None).await;
    let shown = shown.expect_status(200);
    assert_eq!(
        fixture.labels(&shown),
        EVERYTHING,
        "a preview revokes nothing"
    );
}

#[tokio::test]
async fn empty_object_and_all_select_everything() {
    let tokens = ["device", "made by ci", "ci"];
    let sessions = ["tablet", "phone", "desk"];
    for (method, path, body, labels) in [
        (Method::POST, SIGN_OUT, Some(json!({})), &EVERYTHING[..]),
        (Method::POST, "/api/v1/sign-out?all=true", None, &EVERYTHING),
        (Method::DELETE, "/api/v1/tokens", Some(json!({})), &tokens),
        (Method::DELETE, "/api/v1/tokens?all=true", None, &tokens),
        (
            Method::DELETE,
            "/api/v1/sessions",
            Some(json!({})),
            &sessions,
        ),
        (Method::DELETE, "/api/v1/sessions?all=true", None, &sessions),
    ] {
        let fixture = Fixture::new().await;
        let receipt = fixture.ada.call(method, path, body.as_ref()).await;
        assert_eq!(
            fixture.labels(&receipt.expect_status(200)),
            labels,
            "{path}"
        );
    }
}

#[tokio::test]
async fn all_combined_with_a_filter_is_refused() {
    let fixture = Fixture::new().await;
    for (path, field) in [
        ("/api/v1/tokens?all=true&kind=device", "all"),
        ("/api/v1/tokens?all=false", "all"),
        ("/api/v1/tokens?all=", "all"),
        ("/api/v1/tokens?all=true&all=true", "all"),
        ("/api/v1/sessions?all=true&except=current", "all"),
    ] {
        let answer = fixture.ada.call(Method::DELETE, path, None).await;
        answer.expect_invalid_fields(&[field]);
    }
    let shown = preview(&fixture.ada, &json!({})).await.json();
    let path = format!("{SIGN_OUT}?all=true&digest={}", text(&shown["digest"]));
    fixture.app.sign_in(ADA).await;
    let outdated = fixture.ada.call(Method::POST, &path, None).await;
    outdated.expect_problem(409, "preview-outdated");
    assert_eq!(active_ids(&fixture.ada).await.len(), 7);
}

/// The session of an intruder makes a token, which makes another one, and so on.
#[tokio::test]
async fn made_by_includes_tokens_that_such_tokens_made() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let intruder = app.sign_in(ADA).await;
    let own = app.token(&ada, "Her own", &["tokens:write"]).await;
    let first = app.token(&intruder, "1", &["tokens:write"]).await;
    let mut chain = vec![first];
    for depth in 2..6 {
        app.advance(Duration::from_secs(1));
        let body = json!({"name": depth.to_string(), "abilities": ["tokens:write"]});
        let last = chain.last().expect("a token");
        let made = last.client.post("/api/v1/tokens", &body).await;
        chain.push(app.token_from(&made.expect_status(201).json()));
    }
    // A revoked token in the middle of the chain does not hide its descendants.
    let path = format!("/api/v1/tokens/{}", chain[1].id);
    let ended = ada.call(Method::DELETE, &path, None).await;
    ended.expect_status(204);
    let remaining = [4, 3, 2, 0].map(|place| chain[place].id.clone());
    let filter = json!({"made_by": intruder.session_id().await});
    let shown = preview(&ada, &filter).await;
    assert_eq!(shown.ids(), remaining);
    for list in ["credentials", "tokens"] {
        let list = format!("/api/v1/{list}?made_by={}", text(&filter["made_by"]));
        let listed = ada.call(Method::GET, &list, None).await;
        assert_eq!(listed.expect_status(200).ids(), remaining, "{list}");
    }
    let page = format!("/account/sign-out?made_by={}", text(&filter["made_by"]));
    ada.get(&page).await.expect_text("4 tokens");
    let from_the_middle = json!({"made_by": chain[2].id});
    let shown = preview(&ada, &from_the_middle).await;
    assert_eq!(shown.ids(), remaining[..2]);
    revoke(&ada, &filter).await.expect_status(200);
    for token in &chain {
        assert!(!token.client.is_authenticated().await);
    }
    assert!(own.client.is_authenticated().await && intruder.is_signed_in().await);
}
