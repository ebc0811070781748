//! The program as a whole: started, asked, stopped.

use crate::support::binary::Narthex;
use crate::support::client::AnonymousClient;

#[tokio::test]
async fn it_starts_with_nothing_set_and_says_where_it_is() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url)
        .get("/healthz")
        .await
        .expect_status(200);

    let outcome = serving.stop().expect_code(0);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    for made in ["narthex.db", "narthex.key"] {
        assert!(
            narthex.directory().join(made).exists(),
            "{made} is made on the first start"
        );
    }
}

#[tokio::test]
async fn it_starts_again_on_what_it_left_when_it_was_killed() {
    let narthex = Narthex::installed();
    let killed = narthex.serve().kill();
    assert_eq!(killed.code, None, "a signal ended it");
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
}

#[test]
fn a_setting_that_is_wrong_stops_the_start_with_one_line() {
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "everywhere");
    let Err(outcome) = narthex.try_serve(&[]) else {
        panic!("it started")
    };
    let outcome = outcome.expect_code(1);
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:#?}");
    for word in ["NARTHEX_LISTEN", "everywhere", "127.0.0.1:8080"] {
        assert!(
            outcome.stderr.contains(word),
            "it names `{word}`: {outcome:#?}"
        );
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let outcome = Narthex::installed()
        .run(&["serve", "--no-such-flag"])
        .expect_code(2);
    assert!(outcome.stdout.is_empty(), "{outcome:#?}");
}
