//! Violations of the Content-Security-Policy, which a browser reports to the operator's collector.

use std::time::Duration;

use crate::support::addresses::unused_address;
use crate::support::binary::Narthex;
use crate::support::browser::Window;
use crate::support::echo_app::EchoApp;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn browser_reports_a_violation_to_the_collector() {
    let address = unused_address();
    let collector = EchoApp::at((address.ip(), address.port()));
    let uri = format!("http://{address}/violations");
    let serving = Narthex::installed()
        .with("NARTHEX_CSP_REPORT_URI", &uri)
        .serve();
    let window = Window::at(&serving.url).open().await;
    window.visit("/login").await;
    // Adds a script to the page, like an attacker who found an injection.
    let script =
        "document.body.append(Object.assign(document.createElement('script'), {text: 'attack()'}))";
    window.evaluate(script).await;
    let wait = async {
        loop {
            let received = collector.take_requests();
            if let Some(report) = received
                .into_iter()
                .find(|received| received.path == "/violations")
            {
                return report;
            }
        }
    };
    let result = tokio::time::timeout(Duration::from_secs(60), wait).await;
    let report = result.expect("a browser that reports");
    window.close().await;
    assert!(report.body.contains("script-src-elem"), "{report:#?}");
}
