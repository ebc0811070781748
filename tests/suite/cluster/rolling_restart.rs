//! Every node behind HAProxy is restarted in turn, and no request fails.

use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::addresses::unique_loopback_address;
use crate::support::app::migrate;
use crate::support::binary::{PROCESS_TIMEOUT, RunningServer, signal};
use crate::support::child_process::ChildProcess;
use crate::support::client::ApiClient;
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::output::Output;
use crate::support::programs;
use crate::support::reverse_proxy::haproxy;

const ADA: &str = "ada@example.com";
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const PORTS: [u16; 3] = [8081, 8082, 8083];

const ANSWER_SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/cluster/rolling_restart.lua"
);

/// Three nodes behind HAProxy with `docs/haproxy.cfg`.
struct Balanced {
    ip: IpAddr,
    operator: Operator,
    nodes: Vec<RunningServer>,
    /// A token with every ability.
    secret: String,
    _haproxy: ChildProcess,
}

impl Balanced {
    fn start() -> Self {
        let ip = unique_loopback_address();
        let operator = Operator::on(Database::fresh(migrate))
            .with("NARTHEX_SECRET_KEY", KEY)
            .with("NARTHEX_PUBLIC_URL", &format!("http://{ip}:8000"))
            .with("NARTHEX_DRAIN", "2s");
        operator.add_user(ADA);
        let secret = operator.add_token(ADA, "all", &["--ability", "*"]);
        let nodes = PORTS.map(|port| start(&operator, ip, port)).into();
        Self {
            _haproxy: haproxy(ip),
            ip,
            operator,
            nodes,
            secret,
        }
    }

    fn origin(&self) -> String {
        format!("http://{}:8000", self.ip)
    }

    /// Stops each node as a supervisor does, and starts it again before the next one.
    async fn restart_one_by_one(&mut self) {
        for (index, port) in PORTS.into_iter().enumerate() {
            let stopping = self.nodes.remove(index);
            let ended = tokio::task::spawn_blocking(move || stopping.stop());
            ended.await.unwrap().expect_code(0);
            self.nodes
                .insert(index, start(&self.operator, self.ip, port));
        }
    }
}

fn start(operator: &Operator, ip: IpAddr, port: u16) -> RunningServer {
    let address = format!("{ip}:{port}");
    let started = operator.narthex.try_serve(&["--listen", &address]);
    started.expect("the server starts")
}

/// The clients send requests without pause, and check each answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs HAProxy: use scripts/test"]
async fn rolling_restart_fails_no_request() {
    let mut balanced = Balanced::start();
    let (done, answers) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let clients = (0..8).map(|_| {
        let client = ApiClient::at(&balanced.origin(), &balanced.secret);
        let (done, answers) = (done.clone(), answers.clone());
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                client.get("/api/v1/user").await.expect_status(200);
                answers.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    balanced.restart_one_by_one().await;
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let answers = answers.load(Ordering::Relaxed);
    assert!(answers > 100, "{answers} is no load");
}

/// An independent load generator counts the answers.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs HAProxy: use scripts/test"]
async fn rolling_restart_under_load_fails_no_request() {
    let mut balanced = Balanced::start();
    let load = Wrk::spawn(&balanced);
    balanced.restart_one_by_one().await;
    let summary = load.stop_after_answer();
    // The summary has these lines only if there were failures.
    for failure in ["Socket errors", "Non-2xx"] {
        assert!(!summary.contains(failure), "{summary}");
    }
    assert!(requests(&summary) > 1000, "no load: {summary}");

    // The load generator does report failures: without nodes, HAProxy retries for a while and then
    // answers with 503.
    balanced.nodes.clear();
    let client = ApiClient::at(&balanced.origin(), &balanced.secret);
    client.get("/api/v1/user").await.expect_status(503);
    let summary = Wrk::spawn(&balanced).stop_after_answer();
    assert!(summary.contains("Non-2xx"), "{summary}");
}

/// The time between two interrupts of wrk.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(200);

/// The load generator wrk, which sends requests without pause over 16 connections.
struct Wrk {
    child: Child,
    output: Output,
}

impl Wrk {
    /// Starts wrk. It runs until it is stopped, because the number of requests in a fixed time
    /// depends on the machine.
    fn spawn(balanced: &Balanced) -> Self {
        programs::find("wrk", "wrk");
        let mut child = Command::new("sh")
            .args(["-c", r#"exec wrk "$@" 2>&1"#, "wrk"])
            .args(["--threads", "1", "--connections", "16"])
            .args(["--duration", "1h", "--timeout", "10s", "--header"])
            .arg(format!("Authorization: Bearer {}", balanced.secret))
            .args(["--script", ANSWER_SCRIPT])
            .arg(format!("{}/api/v1/user", balanced.origin()))
            .stdout(Stdio::piped())
            .spawn()
            .expect("a POSIX shell");
        let output = Output::of(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    /// Interrupts wrk after its first answer, as Ctrl-C does, and returns its summary.
    fn stop_after_answer(mut self) -> String {
        let answered = |line: &str| (line == "answered\n").then_some(());
        let first_answer = self.output.wait_for(PROCESS_TIMEOUT, answered);
        first_answer.unwrap_or_else(|| panic!("no answer: {}", self.output.so_far()));
        // A signal that arrives before wrk sleeps does not wake it, so it is sent until wrk ends.
        let attempts = PROCESS_TIMEOUT.as_millis() / INTERRUPT_INTERVAL.as_millis();
        let mut summaries = (0..attempts).filter_map(|_| {
            signal(&self.child, "INT");
            self.output.read_to_end(INTERRUPT_INTERVAL)
        });
        let summary = summaries.next().expect("its summary");
        assert!(self.child.wait().is_ok_and(|status| status.success()));
        summary
    }
}

/// Returns the number of requests of the line `  123456 requests in 9.87s, 45.67MB read`.
#[track_caller]
fn requests(summary: &str) -> u64 {
    let counted = summary
        .lines()
        .find_map(|line| line.split_once(" requests in "));
    let (count, _) = counted.unwrap_or_else(|| panic!("{summary}"));
    count.trim().parse().expect(summary)
}
