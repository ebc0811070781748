//! `narthex user`: the operator manages accounts.

use crate::support::app::PASSWORD;
use crate::support::binary::Outcome;
use crate::support::client::Browser;
use crate::support::operator::Operator;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";

fn add(operator: &Operator, email: &str, input: &str) -> Outcome {
    let arguments = ["user", "add", email, "--name", "Ada Lovelace"];
    operator.narthex.run_with_input(&arguments, input)
}

#[tokio::test]
async fn user_add_reads_the_password_from_standard_input() {
    let operator = Operator::new();
    let outcome = add(&operator, ADA, &format!("{PASSWORD}\n")).expect_code(0);
    assert_eq!(outcome.stdout, "Created an account for ada@example.com.\n");
    assert_eq!(outcome.stderr, "");
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    assert!(serving.is_signed_in(&browser).await);
}

#[tokio::test]
async fn password_is_the_first_line_without_its_line_ending() {
    let operator = Operator::new();
    for (email, input, password) in [
        (
            "no-end@example.com",
            " spaces around it \t",
            " spaces around it \t",
        ),
        (
            "end@example.com",
            " spaces around it \n",
            " spaces around it ",
        ),
        ("crlf@example.com", "correct horse b\r\n", "correct horse b"),
        (
            "more@example.com",
            "correct horse b\nand more\n",
            "correct horse b",
        ),
    ] {
        add(&operator, email, input).expect_code(0);
        let serving = operator.serve();
        Browser::at(&serving.url)
            .post("/login", &[("email", email), ("password", password)])
            .await
            .expect_redirect("/account");
    }
}

#[test]
fn user_add_applies_the_password_policy() {
    let operator = Operator::new();
    for (input, word) in [
        ("", "standard input"),
        ("\n", "standard input"),
        ("too short", "15 characters"),
        ("ada@example.com", "your name, your address"),
    ] {
        let line = add(&operator, ADA, input).expect_error();
        assert!(line.contains(word), "{line}");
        assert!(input.trim().is_empty() || !line.contains(input), "{line}");
    }
    assert_eq!(
        operator.json(&["user", "list"])["data"],
        serde_json::json!([])
    );
}

#[test]
fn password_is_not_accepted_as_an_argument() {
    let operator = Operator::new();
    for arguments in [
        &["user", "add", ADA, "--name", "Ada", "--password", PASSWORD][..],
        &["user", "add", ADA, "--name", "Ada", PASSWORD],
    ] {
        operator.run(arguments).expect_code(2);
    }
}

#[test]
fn terminal_prompts_for_the_password_twice() {
    let operator = Operator::new();
    let arguments = "user add ada@example.com --name Ada";
    let (code, shown) =
        operator.at_a_terminal(arguments, &format!("{PASSWORD}\n{PASSWORD} typo\n"));
    assert_eq!(code, Some(1), "{shown}");
    let prompted = shown.contains("Password: ") && shown.contains("Repeat password: ");
    assert!(prompted, "{shown}");
    assert!(
        shown.contains("narthex: the two passwords differ"),
        "{shown}"
    );

    let (code, shown) = operator.at_a_terminal(arguments, &format!("{PASSWORD}\n{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn email_differing_in_case_only_is_a_duplicate() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let line = add(&operator, "Ada@EXAMPLE.com", PASSWORD).expect_error();
    assert_eq!(
        line,
        "there is already an account with the address Ada@EXAMPLE.com"
    );
}

#[test]
fn invalid_email_or_name_is_a_usage_error() {
    let operator = Operator::new();
    for arguments in [
        &["user", "add", "ada", "--name", "Ada"][..],
        &["user", "add", ADA, "--name", " "],
        &["user", "add", ADA, "--name", "A\nda"],
        &["user", "add", ADA],
        &["user", "add", "--name", "Ada"],
        &["user", "disable", "ada"],
        &["user", "no-such-verb"],
        &["user"],
    ] {
        let outcome = operator.run(arguments).expect_code(2);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    }
}

#[test]
fn users_are_listed_in_order_of_creation() {
    let operator = Operator::new();
    let outcome = operator.run(&["user", "list"]).expect_code(0);
    assert_eq!(outcome.stdout, "");
    assert_eq!(outcome.stderr, "There are no accounts.\n");

    operator.add_user(ADA);
    operator.add_user("grace.hopper@example.com");
    operator.run_ok(&["user", "disable", ADA]);
    let listed = operator.run_ok(&["user", "list"]);
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let now = "less than a minute ago";
    assert_eq!(
        rows,
        [
            vec!["E-MAIL", "CREATED", "STATE", "NAME"],
            vec![ADA, now, "disabled less than a minute ago", "Ada"],
            vec!["grace.hopper@example.com", now, "enabled", "Ada"],
        ]
    );
    let name = listed.find("NAME").expect("a heading");
    let aligned = listed
        .lines()
        .skip(1)
        .all(|line| line.find("Ada") == Some(name));
    assert!(aligned, "{listed}");
}

#[test]
fn user_list_supports_search_limit_and_count() {
    let operator = Operator::new();
    for email in [
        ADA,
        "grace@example.org",
        "a_b@example.net",
        "axb@example.net",
    ] {
        operator.add_user(email);
    }
    let rename = "UPDATE users SET name = 'Grace Hopper' WHERE email = 'grace@example.org'";
    operator.execute(rename);
    let found = |arguments: &[&str]| {
        let list = operator.json(&[&["user", "list"], arguments].concat());
        let rows = list["data"].as_array().unwrap().iter();
        let emails: Vec<_> = rows.map(|row| row["email"].as_str().unwrap()).collect();
        (emails.join(" "), list["total"].as_i64().unwrap())
    };
    for (arguments, emails, total) in [
        (&["--search", "HOPPER"][..], "grace@example.org", 1),
        (
            &["--search", "Example.NET"],
            "a_b@example.net axb@example.net",
            2,
        ),
        (&["--search", "a_b"], "a_b@example.net", 1),
        (&["--search", "%"], "", 0),
        (&["--search", "\\"], "", 0),
        (&["--limit", "1"], ADA, 4),
        (
            &["--search", "example.net", "--limit", "1"],
            "a_b@example.net",
            2,
        ),
        (&["--count"], "", 4),
    ] {
        assert_eq!(
            found(arguments),
            (emails.to_owned(), total),
            "{arguments:?}"
        );
    }

    let outcome = operator
        .run(&["user", "list", "--limit", "1"])
        .expect_code(0);
    assert_eq!(outcome.stdout.lines().count(), 2, "{outcome:#?}");
    assert_eq!(outcome.stderr, "Showed 1 of 4 accounts.\n");
    assert_eq!(
        operator.run_ok(&["user", "list", "--search", "axb", "--count"]),
        "1\n"
    );
    let outcome = operator
        .run(&["user", "list", "--search", "nobody"])
        .expect_code(0);
    assert_eq!(outcome.stderr, "No account matches.\n");
}

#[test]
fn user_json_equals_the_api_plus_disabled_at() {
    let operator = Operator::new();
    let arguments = ["user", "add", ADA, "--name", "Zoë", "--json"];
    let made = operator
        .narthex
        .run_with_input(&arguments, PASSWORD)
        .expect_code(0);
    let made: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    let keys: Vec<_> = made.as_object().unwrap().keys().collect();
    let members = [
        "id",
        "name",
        "email",
        "email_verified",
        "created_at",
        "language",
        "disabled_at",
    ];
    assert_eq!(keys, members);
    assert_eq!(
        (&made["name"], &made["email"]),
        (&"Zoë".into(), &ADA.into())
    );
    let listed = operator.json(&["user", "list"]);
    assert_eq!(
        listed,
        serde_json::json!({"data": [made], "next": null, "total": 1})
    );

    operator.run_ok(&["user", "disable", ADA]);
    assert!(operator.json(&["user", "list"])["data"][0]["disabled_at"].is_string());
    assert!(operator.json(&["user", "enable", ADA])["disabled_at"].is_null());
}

#[tokio::test]
async fn disabled_user_is_signed_out_until_enabled() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let secret = operator.add_token(ADA, "deploy", &[]);
    assert!(serving.is_signed_in(&browser).await && serving.accepts_token(&secret).await);

    let output = operator.run_ok(&["user", "disable", ADA]);
    assert!(
        output.starts_with("Disabled ada@example.com.\nThat revoked 1 session;"),
        "{output}"
    );
    assert!(!serving.is_signed_in(&browser).await);
    assert!(!serving.accepts_token(&secret).await);
    let form = [("email", ADA), ("password", PASSWORD)];
    Browser::at(&serving.url)
        .post("/login", &form)
        .await
        .expect_status(422);
    let output = operator.run_ok(&["user", "disable", ADA]);
    assert_eq!(output, "ada@example.com is already disabled.\n");

    assert_eq!(
        operator.run_ok(&["user", "enable", ADA]),
        "Enabled ada@example.com.\n"
    );
    assert_eq!(
        operator.run_ok(&["user", "enable", ADA]),
        "ada@example.com was not disabled.\n"
    );
    assert!(
        !serving.is_signed_in(&browser).await,
        "a revoked session stays revoked"
    );
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    assert!(serving.accepts_token(&secret).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_disabled_user_end_if_asked() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let serving = operator.serve();
    let secret = operator.add_token(ADA, "deploy", &[]);
    operator.run_ok(&["user", "disable", ADA]);
    let output = operator.run_ok(&["user", "disable", ADA, "--end"]);
    assert!(output.contains("That revoked 1 token;"), "{output}");
    operator.run_ok(&["user", "enable", ADA]);
    assert!(!serving.accepts_token(&secret).await);
}

#[test]
fn token_add_warns_about_a_disabled_user() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.run_ok(&["user", "disable", ADA]);
    let outcome = operator
        .run(&["token", "add", ADA, "--name", "x"])
        .expect_code(0);
    assert!(
        outcome.stderr.contains("The account is disabled"),
        "{outcome:#?}"
    );
}

#[tokio::test]
async fn deleted_user_is_signed_out_and_removed() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_user("grace@example.com");
    let serving = operator.serve();
    let secret = operator.add_token(ADA, "deploy", &[]);
    assert!(serving.accepts_token(&secret).await);

    let receipt = operator.json(&["user", "delete", ADA, "--yes"]);
    assert_eq!(receipt["reason"], "account_deleted");
    assert_eq!(
        (&receipt["sessions_ended"], &receipt["tokens_ended"]),
        (&0.into(), &1.into())
    );
    assert!(!serving.accepts_token(&secret).await);
    let remaining = operator.json(&["user", "list"]);
    assert_eq!(remaining["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        operator.run_err(&["user", "delete", ADA, "--yes"]),
        "there is no account with the address ada@example.com"
    );
    operator.add_user(ADA);
}

#[test]
fn user_delete_needs_the_typed_email_or_yes() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let line = operator.run_err(&["user", "delete", ADA]);
    assert!(line.contains("--yes"), "{line}");

    let (code, shown) = operator.at_a_terminal("user delete ada@example.com", "adam@example.com\n");
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("Type the address to continue:"), "{shown}");
    assert!(shown.contains("nothing was done"), "{shown}");
    assert_eq!(
        operator.json(&["user", "list"])["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let (code, shown) = operator.at_a_terminal("user delete ada@example.com", "ADA@example.com\n");
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(
        operator.json(&["user", "list"])["data"],
        serde_json::json!([])
    );
}

#[test]
fn error_names_the_unknown_user() {
    let operator = Operator::new();
    for arguments in [
        &["user", "disable", ADA][..],
        &["user", "enable", ADA],
        &["user", "delete", ADA, "--yes"],
        &["user", "set-password", ADA],
        &["token", "add", ADA, "--name", "x"],
        &["token", "list", ADA],
        &["session", "list", ADA],
        &["sign-out", ADA],
        &["sign-out", ADA, "--dry-run"],
    ] {
        let line = operator.run_err(arguments);
        assert_eq!(line, "there is no account with the address ada@example.com");
    }
}

const NEW_PASSWORD: &str = "another horse and its stable";

fn set_password(operator: &Operator, more: &[&str], input: &str) -> Outcome {
    let arguments = [&["user", "set-password", ADA], more].concat();
    operator.narthex.run_with_input(&arguments, input)
}

/// Returns whether the password signs in at a running server.
async fn signs_in(url: &str, password: &str) -> bool {
    let form = [("email", ADA), ("password", password)];
    let answer = Browser::at(url).post("/login", &form).await;
    answer.status == 303
}

#[test]
fn set_password_says_what_became_of_the_credentials() {
    let operator = Operator::new();
    operator.add_user(ADA);
    for (flags, rest) in [
        (&[][..], "There were no sessions and tokens."),
        (&["--keep"], "Sessions and tokens were kept."),
    ] {
        let outcome = set_password(&operator, flags, NEW_PASSWORD).expect_code(0);
        let done = format!("Set the password of {ADA}. {rest}\n");
        assert_eq!(outcome.stdout, done);
    }
}

#[tokio::test]
async fn set_password_revokes_everything_with_a_receipt() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let secret = operator.add_token(ADA, "deploy", &[]);
    assert!(serving.is_signed_in(&browser).await && serving.accepts_token(&secret).await);

    let output = set_password(&operator, &[], NEW_PASSWORD).expect_code(0);
    assert!(
        output.stdout.starts_with(
            "Set the password of ada@example.com.\nThat revoked 1 session and 1 token;"
        ),
        "{output:#?}"
    );
    assert!(!output.stdout.contains(NEW_PASSWORD), "{output:#?}");
    assert!(!serving.is_signed_in(&browser).await);
    assert!(!serving.accepts_token(&secret).await);
    assert!(!signs_in(&serving.url, PASSWORD).await);
    let form = [("email", ADA), ("password", NEW_PASSWORD)];
    let browser = Browser::at(&serving.url);
    browser.post("/login", &form).await.expect_status(303);
    let events = browser.get("/api/v1/events").await.json();
    let events = events["data"].as_array().unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert!(kinds.contains(&"password.changed"), "{kinds:?}");
    let ended = events
        .iter()
        .find(|event| event["type"] == "credentials.ended");
    let receipt = ended.unwrap()["receipt_id"].as_str().unwrap();
    let receipt = browser
        .get(&format!("/api/v1/receipts/{receipt}"))
        .await
        .json();
    assert_eq!(receipt["reason"], "password_changed");
}

#[tokio::test]
async fn set_password_with_keep_revokes_nothing() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let secret = operator.add_token(ADA, "deploy", &[]);
    let output = set_password(&operator, &["--keep"], NEW_PASSWORD).expect_code(0);
    assert_eq!(
        output.stdout,
        "Set the password of ada@example.com. Sessions and tokens were kept.\n"
    );
    assert!(serving.is_signed_in(&browser).await && serving.accepts_token(&secret).await);
    assert!(!signs_in(&serving.url, PASSWORD).await);
    assert!(signs_in(&serving.url, NEW_PASSWORD).await);
}

#[tokio::test]
async fn set_password_applies_the_password_policy() {
    let operator = Operator::new();
    operator.add_user(ADA);
    for (input, word) in [
        ("", "standard input"),
        ("too short", "15 characters"),
        ("ada@example.com", "your name, your address"),
    ] {
        let line = set_password(&operator, &[], input).expect_error();
        assert!(line.contains(word), "{line}");
    }
    operator
        .run(&["user", "set-password", ADA, NEW_PASSWORD])
        .expect_code(2);
    assert!(signs_in(&operator.serve().url, PASSWORD).await);
}

#[test]
fn set_password_prints_its_receipt_as_json() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "deploy", &[]);
    let output = set_password(&operator, &["--json"], NEW_PASSWORD).expect_code(0);
    let receipt: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(receipt["reason"], "password_changed");
    assert_eq!(receipt["tokens_ended"], 1);
    let output = set_password(&operator, &["--json", "--keep"], NEW_PASSWORD).expect_code(0);
    assert_eq!(output.stdout, "null\n");
}
