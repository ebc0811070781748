//! Start, stop and usage of the program.

use crate::support::binary::Narthex;
use crate::support::client::AnonymousClient;

#[tokio::test]
async fn server_starts_without_settings_and_prints_its_address() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url)
        .get("/healthz")
        .await
        .expect_status(200);

    let outcome = serving.stop().expect_code(0);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    for name in ["narthex.db", "narthex.key"] {
        assert!(
            narthex.directory().join(name).exists(),
            "the first start creates {name}"
        );
    }
}

#[tokio::test]
async fn server_starts_again_after_a_kill() {
    let narthex = Narthex::installed();
    let killed = narthex.serve().kill();
    assert_eq!(killed.code, None, "the signal ended the process");
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
}

#[test]
fn invalid_setting_stops_the_start_with_one_line() {
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "everywhere");
    let Err(outcome) = narthex.try_serve(&[]) else {
        panic!("the server started")
    };
    let outcome = outcome.expect_code(1);
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:#?}");
    for word in ["NARTHEX_LISTEN", "everywhere", "127.0.0.1:8080"] {
        assert!(
            outcome.stderr.contains(word),
            "the message lacks `{word}`: {outcome:#?}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let outcome = Narthex::installed()
        .run(&["serve", "--no-such-flag"])
        .expect_code(2);
    assert!(outcome.stdout.is_empty(), "{outcome:#?}");
}
