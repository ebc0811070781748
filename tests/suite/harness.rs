//! Tests of the shared test helpers.

use std::net::TcpListener;
use std::path::Path;

use actix_web::rt::System;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use diesel::{Connection, PgConnection};
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::browser::Window;
use crate::support::client::{AnonymousClient, ApiClient, Browser};
use crate::support::database::Database;
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

/// Starts a server with one form, one page that is too wide, and an echo for every other path.
fn small_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let app = || {
        App::new()
            .route("/form", web::get().to(form))
            .route(
                "/wide",
                web::get().to(|| async { page("<pre>-</pre>", "pre{width:600px}") }),
            )
            .default_service(web::to(echo))
    };
    std::thread::spawn(move || {
        let server = HttpServer::new(app).workers(1).listen(listener).unwrap();
        System::new().block_on(server.run())
    });
    origin
}

async fn form() -> HttpResponse {
    let rows = ["Laptop", "Phone"].map(|name| {
        format!("<li>{name} <form method=post action=/end/{name}><button>End</button></form></li>")
    });
    page(
        &format!(
            "<form method=post action=/sent><label for=e>E-mail</label><input id=e name=email value=old>
             <label><input type=checkbox name=keep> Keep me</label>
             <label for=k>Kind</label><select id=k name=kind><option>one<option>two</select>
             <button>Send</button></form><ul>{}</ul><p id=scheme>",
            rows.concat()
        ),
        "ul { height: 1500px }
         @media (prefers-color-scheme: dark) { #scheme::after { content: 'It is dark' } }",
    )
}

fn page(body: &str, style: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(format!(
            "<!doctype html><html lang=en><title>Small</title><style>{style}</style>
         <body>{body}<script>document.body.append('Scripts run.')</script>"
        ))
}

/// Responds with the request, as text.
async fn echo(request: HttpRequest, body: String) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let mut answer = HttpResponse::Ok();
    if request.path() == "/set" {
        answer.append_header(("set-cookie", "first=1; Path=/; HttpOnly"));
        answer.append_header(("set-cookie", "second=2; Path=/; HttpOnly"));
    }
    if request.path() == "/unset" {
        answer.append_header(("set-cookie", "first=; Path=/; Max-Age=0"));
    }
    let headers: String = headers.collect();
    answer
        .content_type("text/plain; charset=utf-8")
        .body(format!(
            "{} {}\n{headers}\n{body}",
            request.method(),
            request.uri()
        ))
}

#[tokio::test]
async fn anonymous_client_sends_no_extra_headers() {
    let answer = AnonymousClient::at(&small_server()).get("/x?y=z").await;
    let mut lines: Vec<_> = answer.text.trim_end().lines().collect();
    lines.retain(|line| !line.starts_with("host: "));
    assert_eq!(lines, ["GET /x?y=z", "accept: */*"]);
}

#[tokio::test]
async fn browser_sends_its_cookies_and_fetch_metadata() {
    let browser = Browser::at(&small_server()).with_user_agent(SAFARI_ON_IPHONE);
    browser.get("/set").await;
    browser
        .post("/x", &[("name", "Zoë & co")])
        .await
        .expect_text("cookie: first=1; second=2\n")
        .expect_text("sec-fetch-site: same-origin\n")
        .expect_text(SAFARI_ON_IPHONE)
        .expect_text("\n\nname=Zo%C3%AB+%26+co");
    browser.get("/unset").await.expect_status(200);
    browser.get("/").await.expect_text("cookie: second=2\n");
    assert_eq!(browser.cookie("second").unwrap().value, "2");
    browser.forget_cookie("second");
    browser.get("/").await.expect_no_text("cookie:");
}

#[tokio::test]
async fn browser_can_send_other_or_no_fetch_metadata() {
    let origin = small_server();
    let cross_site = Browser::at(&origin).with_fetch_site(Some("cross-site"));
    cross_site
        .post("/x", &[])
        .await
        .expect_text("sec-fetch-site: cross-site\n");
    let old = Browser::at(&origin).with_fetch_site(None);
    old.post("/x", &[])
        .await
        .expect_text(FIREFOX_ON_LINUX)
        .expect_no_text("sec-fetch");
    let other_header = old.request(Method::PUT, "/x").header("origin", "null");
    old.send(other_header)
        .await
        .expect_text("PUT /x\n")
        .expect_text("origin: null\n");
}

#[tokio::test]
async fn api_client_sends_its_token() {
    let client = ApiClient::at(&small_server(), "nrx_secret");
    let answer = client.patch("/x", &json!({"name": "n"})).await;
    answer
        .expect_text("PATCH /x")
        .expect_text("authorization: Bearer nrx_secret\n")
        .expect_text("content-type: application/json\n")
        .expect_text("{\"name\":\"n\"}");
}

#[tokio::test]
#[ignore = "needs Chromium: use scripts/test"]
async fn window_fills_and_submits_forms() {
    let origin = small_server();
    let window = Window::at(&origin)
        .user_agent(SAFARI_ON_IPHONE)
        .open()
        .await;
    window.visit("/form").await;
    window.expect_text("Scripts run.").await;
    window.fill("E-mail", "ada@example.com").await;
    window.tick("Keep me").await;
    window.choose("Kind", "two").await;
    window.press("Send").await;
    window.expect_path("/sent").await;
    window
        .expect_text("email=ada%40example.com&keep=on&kind=two")
        .await;
    window.expect_text(SAFARI_ON_IPHONE).await;
    window.visit("/form").await;
    window.press_in("Phone", "End").await;
    window.expect_path("/end/Phone").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: use scripts/test"]
async fn window_without_scripts_runs_none() {
    let window = Window::at(&small_server()).without_scripts().open().await;
    window.visit("/form").await;
    window.expect_no_text("Scripts run.").await;
    window.fill("E-mail", "ada@example.com").await;
    window.press("Send").await;
    window.expect_text("email=ada%40example.com").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: use scripts/test"]
async fn window_has_the_requested_width_and_colour_scheme() {
    let window = Window::at(&small_server()).width(390).dark().open().await;
    window.visit("/form").await;
    assert_eq!(window.evaluate("return innerWidth").await, json!(390));
    let scheme = "return getComputedStyle(document.querySelector('#scheme'), '::after').content";
    assert_eq!(window.evaluate(scheme).await, json!("\"It is dark\""));

    let [narrow, .., wide] = &window.screenshot("instruments").await[..] else {
        panic!("not four pictures")
    };
    assert!(narrow.ends_with("instruments-390-light.png"), "{narrow:?}");
    assert!(wide.ends_with("instruments-1280-dark.png"), "{wide:?}");
    let (width, height) = size_of_png(wide);
    assert_eq!(width, 1280);
    assert!(height > 1500, "not the whole page, only {height} px of it");
    assert_eq!(
        window.evaluate("return innerWidth").await,
        json!(390),
        "the width is restored"
    );
    window.close().await;
}

/// The width and the height in the header of a PNG.
fn size_of_png(file: &Path) -> (u32, u32) {
    let png = std::fs::read(file).unwrap();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
#[ignore = "needs Chromium: use scripts/test"]
#[should_panic(expected = "reach over the edge")]
async fn sideways_scrolling_fails_the_test() {
    let window = Window::at(&small_server()).open().await;
    window.visit("/form").await;
    window.expect_no_sideways_scrolling().await;
    window.visit("/wide").await;
    window.expect_no_sideways_scrolling().await;
}

#[tokio::test]
async fn every_test_has_its_own_database() {
    let (first, second) = (TestApp::start(), TestApp::start());
    // In one database, the second registration of the address would be refused.
    first.register("ada@example.com").await;
    second.register("ada@example.com").await;
}

#[test]
fn database_is_removed_after_the_test() {
    let database = Database::empty();
    let address = database.address().to_owned();
    drop(database);
    match address.strip_prefix("sqlite://") {
        Some(file) => assert!(!std::fs::exists(file).unwrap()),
        None => assert!(PgConnection::establish(&address).is_err()),
    }
}
