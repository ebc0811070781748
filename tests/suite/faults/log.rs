//! A log without a reader and a log on a full disk.

use super::{ada_with_a_token, token_body};
use crate::support::addresses::unused_address;
use crate::support::binary::Narthex;
use crate::support::client::AnonymousClient;

async fn lines_lost(metrics: &AnonymousClient) -> u64 {
    let text = metrics.get("/metrics").await.expect_status(200).text;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("narthex_log_lines_dropped_total "));
    line.unwrap_or_else(|| panic!("the metric is missing: {text}"))
        .parse()
        .unwrap()
}

/// A server whose standard error this shell line redirects.
fn with_log_redirected(redirection: &str) -> (Narthex, AnonymousClient) {
    let line = format!("{redirection}; exec \"$0\" \"$@\"");
    let metrics = unused_address().to_string();
    let narthex = Narthex::installed()
        .started_by(&["sh", "-c", &line])
        .with("NARTHEX_METRICS_LISTEN", &metrics);
    (narthex, AnonymousClient::at(&format!("http://{metrics}")))
}

#[tokio::test]
async fn unread_log_blocks_nothing_and_lost_lines_are_counted() {
    // The program holds both ends of the pipe and never reads.
    let (narthex, metrics) = with_log_redirected("mkfifo log && exec 2<>log");
    let narthex = narthex.with("NARTHEX_LOG", "trace");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    while lines_lost(&metrics).await == 0 {
        for _ in 0..50 {
            client.get("/api/v1/user").await.expect_status(200);
        }
    }
    let made = client.post("/api/v1/tokens", &token_body("unheard")).await;
    made.expect_status(201);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
    serving.stop().expect_code(0);
}

#[tokio::test]
async fn full_log_disk_blocks_nothing_and_lost_lines_are_counted() {
    // Every write to /dev/full fails like on a full disk: full(4).
    let (narthex, metrics) = with_log_redirected("exec 2>/dev/full");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    while lines_lost(&metrics).await < 3 {
        client.get("/api/v1/user").await.expect_status(200);
    }
    serving.stop().expect_code(0);
}

#[tokio::test]
async fn stopping_server_writes_its_last_log_lines() {
    const REQUESTS: usize = 500;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    for _ in 0..REQUESTS {
        anonymous.get("/healthz").await.expect_status(200);
    }
    let outcome = serving.stop().expect_code(0);
    let lines = outcome.stderr.matches("path=\"/healthz\"").count();
    assert_eq!(lines, REQUESTS);
}
