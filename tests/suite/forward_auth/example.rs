//! `examples/behind-nginx`, started by its own command.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;

use crate::support::addresses::unique_loopback_address;
use crate::support::app::PASSWORD;
use crate::support::child_process::{ChildProcess, Home};
use crate::support::client::Browser;
use crate::support::programs;

/// The variables of a test run. They are no settings of Narthex.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment of the run is searched, no setting is read"
)]
fn variables_of_the_run() -> impl Iterator<Item = String> {
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("NARTHEX_TEST_"))
}

/// Starts the example, and waits until nginx and Narthex accept connections.
fn start(address: &str) -> ChildProcess {
    programs::find("nginx", "nginx");
    programs::find("python3", "python3");
    let home = Home::new("behind-nginx");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/behind-nginx/start");
    let settings = [
        format!("ADDRESS={address}"),
        format!("STATE={}", home.path().display()),
        format!("NARTHEX={}", env!("CARGO_BIN_EXE_narthex")),
    ];
    let unset: Vec<String> = variables_of_the_run()
        .map(|name| format!("--unset={name}"))
        .collect();
    let mut arguments: Vec<&str> = unset.iter().chain(&settings).map(String::as_str).collect();
    arguments.push(example.to_str().unwrap());
    let example = ChildProcess::start(&home, "TERM", &PathBuf::from("env"), &arguments);
    // 3000 is the port of the app.
    for port in [8000, 8080, 3000] {
        let accepts = || std::net::TcpStream::connect((address, port)).is_ok();
        let ended = || example.output.read_to_end(Duration::from_millis(50));
        while !accepts() {
            assert_eq!(ended(), None, "the example has ended");
        }
    }
    example
}

#[tokio::test]
#[ignore = "needs nginx: use scripts/test"]
async fn example_behind_nginx_greets_a_signed_in_user() {
    let address = unique_loopback_address().to_string();
    let example = start(&address);
    let browser = Browser::at(&format!("http://{address}:8000"));
    let navigation = browser
        .request(Method::GET, "/")
        .header("accept", "text/html");
    let refused = browser.send(navigation).await;
    refused.expect_redirect(&format!("http://{address}:8000/login?next=%2F"));

    let form = [
        ("name", "Adà"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let registered = browser.post("/register", &form).await;
    registered.expect_redirect("/account");
    browser.get("/").await.expect_text("Hello, Adà");
    browser.post("/logout", &[]).await;
    browser.get("/").await.expect_status(401);
    example.stop(Duration::from_secs(30));
}
