//! Starts Chromium with the one chromedriver of the run.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::json;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::support::addresses::free_port;
use crate::support::child_process::{ChildProcess, Home};
use crate::support::programs;

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Flags with which Chromium needs no screen, no sandbox for root, little shared memory and no
/// internet. With them a page is as wide as its window.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--no-proxy-server",
    "--hide-scrollbars",
];

/// Enables the back-forward cache, also for pages with `no-store`, as Chromium has it without a
/// driver.
const BACK_FORWARD_CACHE: &str = "--enable-features=CacheControlNoStoreEnterBackForwardCache";

/// Starts a browser with this user agent, with or without JavaScript and the back-forward cache.
pub async fn start(user_agent: &str, scripts: bool, back_forward_cache: bool) -> WebDriver {
    let mut wanted = DesiredCapabilities::chrome();
    for flag in FLAGS {
        wanted.add_arg(flag).expect("a flag");
    }
    wanted
        .add_arg(&format!("--user-agent={user_agent}"))
        .expect("a flag");
    if back_forward_cache {
        wanted.add_arg(BACK_FORWARD_CACHE).expect("a flag");
        wanted
            .add_experimental_option("excludeSwitches", json!(["disable-back-forward-cache"]))
            .expect("an option");
    }
    if !scripts {
        let preferences = json!({"profile.managed_default_content_settings.javascript": 2});
        wanted
            .add_experimental_option("prefs", preferences)
            .expect("a preference");
    }
    let started = WebDriver::builder(chromedriver(), wanted)
        .client(http_client())
        .await;
    started.unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
}

/// A client without idle connections. The window of a failing test is closed by another thread
/// while the thread of the test is blocked. An idle connection belongs to the blocked thread, and
/// the close would wait for it without end.
fn http_client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0);
    client.build().expect("an HTTP client")
}

/// The address of the chromedriver of the run.
fn chromedriver() -> &'static str {
    static DRIVER: OnceLock<(String, ChildProcess)> = OnceLock::new();
    let (address, _process) = DRIVER.get_or_init(|| {
        let home = Home::new("browser");
        let program = programs::find("chromedriver", "chromium-driver");
        // With port 0, chromedriver takes a port of IPv6, and then fails if the same one of IPv4 was
        // used within the last minute.
        let port = format!("--port={}", free_port());
        let process = ChildProcess::start(&home, "TERM", &program, &[&port]);
        let port = process.output.wait_for(STARTS_WITHIN, |line| {
            let (_, port) = line
                .trim_end()
                .split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.unwrap_or_else(|| {
            let said = process.output.so_far();
            panic!("chromedriver does not start (scripts/test installs it): {said}")
        });
        (format!("http://127.0.0.1:{port}"), process)
    });
    address
}
