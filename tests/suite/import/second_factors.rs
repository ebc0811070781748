//! Authenticator apps and recovery codes that an import brings.

use serde_json::{Value, json};

use super::{Export, content, import, import_all};
use crate::support::answer::Answer;
use crate::support::app::PASSWORD;
use crate::support::authenticator::{Authenticator, enter_code};
use crate::support::binary::RunningServer;
use crate::support::client::Browser;
use crate::support::database::Database;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
/// 80 bits, as Fortify generates them.
const SECRET: &str = "GEZDGNBVGY3TQOJQ";
const CODE: &str = "aB3dEfGhIj-K1mNoPqRsT";

/// The members of a user with an authenticator app and one recovery code.
fn with_app() -> Value {
    json!({
        "password": super::rows::bcrypt_hash(),
        "totp": SECRET,
        "totp_confirmed_at": "2024-07-02T10:00:00Z",
        "recovery_codes": [CODE],
    })
}

/// Enters the password and a code. Returns the answer to the code.
pub(super) async fn sign_in_with(serving: &RunningServer, email: &str, code: &str) -> Answer {
    let browser = Browser::at(&serving.url);
    let form = [("email", email), ("password", PASSWORD)];
    let answer = browser.post("/login", &form).await;
    answer.expect_redirect("/login/verify");
    enter_code(&browser, code).await
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_app_and_recovery_codes_open_sessions() {
    let operator = Operator::new();
    let export = Export::of_sanctum().user_with("1", ADA, with_app());
    let report = import_all(&operator, &export, &[]);
    assert_eq!(
        report["second_factors"],
        json!({"taken": 1, "left_out": 0, "recovery_codes": 1, "recovery_codes_left_out": 0})
    );
    let factors = operator.json(&["user", "factors", ADA])["data"].take();
    assert_eq!(factors[0]["kind"], "totp");
    assert_eq!(factors[0]["created_at"], "2024-07-02T10:00:00Z");
    assert_eq!(factors[1]["left"], 1);

    let serving = operator.serve();
    let code = Authenticator::of_secret(SECRET).code_now(0);
    let answer = sign_in_with(&serving, ADA, &code).await;
    answer.expect_status(303);
    // Case counts, and a used code is used.
    for (code, status) in [
        (CODE.to_lowercase().as_str(), 422),
        (CODE.replace('-', " ").as_str(), 303),
        (CODE, 422),
    ] {
        let answer = sign_in_with(&serving, ADA, code).await;
        assert_eq!(answer.status, status, "{code}: {answer:#?}");
    }
}

#[test]
fn user_with_an_unreadable_app_is_named_and_not_taken() {
    let operator = Operator::new();
    let unreadable = [
        json!(true),
        json!(5),
        json!("not base32"),
        json!("GEZDGNBV"),
    ];
    let mut export = Export::of_sanctum();
    for (number, totp) in unreadable.into_iter().enumerate() {
        let (id, email) = (format!("{number}"), format!("user{number}@example.com"));
        let user = export.user_with(&id, &email, json!({"totp": totp}));
        export = user.token(&id, &id);
    }
    let arguments = ["import", "sanctum", "-", "--check"];
    let outcome = operator.narthex.run_with_input(&arguments, &export.text());
    for number in 0..4 {
        let named = format!("user {number}: it has an authenticator app that cannot be read");
        assert!(outcome.stderr.contains(&named), "{outcome:#?}");
    }
    assert!(!outcome.stderr.contains("base32"), "{outcome:#?}");
    import(&operator, &export, &[]).expect_code(1);
    assert_eq!(content(&operator), Vec::<String>::new());

    let report = import_all(&operator, &export, &["--without-unreadable-apps"]);
    assert_eq!(report["users"]["taken"], 4);
    assert_eq!(report["tokens"]["taken"], 4);
    assert_eq!(report["second_factors"]["left_out"], 4);
    // They are here now, with the difference.
    let report = import_all(&operator, &export, &[]);
    assert_eq!(report["users"]["already_here"], 4);
    assert_eq!(report["differences"][3]["differs"], "second_factor");
}

#[test]
fn unusable_recovery_code_is_left_out_and_counted() {
    let operator = Operator::new();
    let codes = json!(["short", CODE, 5, "K1mNoPqRsT-aB3dEfGhIj"]);
    let export = Export::of_sanctum()
        .user_with("1", ADA, json!({"totp": SECRET, "recovery_codes": codes}))
        .user_with("2", GRACE, json!({"totp": SECRET, "recovery_codes": "x"}))
        .user_with(
            "3",
            "c@example.com",
            json!({"totp": null, "recovery_codes": [CODE]}),
        );
    let report = import_all(&operator, &export, &[]);
    assert_eq!(
        report["second_factors"],
        json!({"taken": 2, "left_out": 0, "recovery_codes": 2, "recovery_codes_left_out": 3})
    );
    assert_eq!(
        operator.json(&["user", "factors", ADA])["data"][1]["left"],
        2
    );
    let of_grace = operator.json(&["user", "factors", GRACE])["data"].take();
    assert_eq!(of_grace.as_array().expect("a list").len(), 1);
    assert_eq!(
        operator.json(&["user", "factors", "c@example.com"])["data"],
        json!([])
    );
}

#[test]
fn second_run_adds_no_factor_to_an_account() {
    let operator = Operator::new();
    operator.add_user(GRACE);
    let plain = Export::of_sanctum().user("1", ADA).user("2", GRACE);
    import_all(&operator, &plain, &["--attach-by-email"]);
    let before = content(&operator);
    let export = Export::of_sanctum()
        .user_with("1", ADA, with_app())
        .user_with("2", GRACE, with_app());
    let report = import_all(&operator, &export, &["--attach-by-email"]);
    assert_eq!(content(&operator), before);
    for line in 0..2 {
        let differs = report["differences"].as_array().expect("a list").iter();
        let of_line = differs.filter(|one| one["line"] == line + 2);
        let names: Vec<_> = of_line.map(|one| one["differs"].clone()).collect();
        assert!(names.contains(&json!("second_factor")), "{report}");
    }
}

#[test]
fn repeated_import_keeps_an_app_that_undo_deletes() {
    let operator = Operator::new();
    let export = Export::of_sanctum().user_with("1", ADA, with_app());
    import_all(&operator, &export, &["--check"]);
    assert_eq!(content(&operator), Vec::<String>::new());
    import_all(&operator, &export, &[]);
    let once = content(&operator);
    assert!(
        once.iter().any(|line| line.ends_with(" =aB3dE")),
        "{once:?}"
    );
    let report = import_all(&operator, &export, &[]);
    assert_eq!(content(&operator), once);
    assert_eq!(report["differences"], json!([]));
    operator.json(&["import", "undo", "--source", "sanctum"]);
    assert_eq!(content(&operator), Vec::<String>::new());
}

#[test]
fn app_of_a_database_counts_once_it_is_confirmed() {
    let app = Operator::on(Database::empty());
    for sql in [
        "CREATE TABLE users (id BIGINT, name TEXT, email TEXT, password TEXT, locale TEXT, \
         two_factor_secret TEXT, two_factor_confirmed_at TIMESTAMP, created_at TIMESTAMP)",
        "CREATE TABLE personal_access_tokens (id BIGINT, tokenable_type TEXT, tokenable_id BIGINT, name TEXT, \
         token TEXT, abilities TEXT, last_used_at TIMESTAMP, created_at TIMESTAMP)",
        "INSERT INTO users VALUES \
         (1, 'Ada', 'ada@example.com', NULL, 'de-at', 'x', NULL, '2024-07-01 12:00:00'), \
         (2, 'Grace', 'grace@example.com', NULL, NULL, 'x', '2024-07-01 12:00:00', '2024-07-01 12:00:00')",
    ] {
        app.execute(sql);
    }
    let operator = Operator::new();
    let url = app.database.address();
    let read = || operator.run(&["import", "sanctum", "--json", "--database", url]);
    let outcome = read().expect_code(3);
    let report = super::report(&outcome);
    assert_eq!(
        report["users"],
        json!({"taken": 1, "already_here": 0, "rejected": 1})
    );
    let named = "line 2: user 2: it has an authenticator app that cannot be read";
    let again = operator.run(&["import", "sanctum", "--database", url]);
    assert!(again.stderr.contains(named), "{again:#?}");
    let ada = &operator.json(&["user", "list"])["data"][0];
    assert_eq!(ada["email"], ADA);
    assert_eq!(ada["language"], "de-AT");

    // Without the column, the app has no option `confirm`.
    app.execute("ALTER TABLE users DROP COLUMN two_factor_confirmed_at");
    let report = super::report(&read().expect_code(3));
    assert_eq!(report["differences"][0]["differs"], "second_factor");
}
