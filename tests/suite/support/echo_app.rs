//! Somebody else's app: answers everything and keeps what it was asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// What it answers with `200`.
pub const GREETING: &str = "Hello from the app";

/// The path at which it redirects to its own origin, which is another one to a browser behind a proxy.
pub const REDIRECT_PATH: &str = "/leads-on";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case, in the order of the names.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl ReceivedRequest {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header, which comes once or not at all.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} came several times: {self:#?}");
        values.first().copied()
    }

    /// The names of all headers that an app could take for `Remote-…`: many frameworks write both
    /// `-` and `_` as `_`.
    pub fn names_like_remote(&self) -> Vec<&str> {
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        let mut names: Vec<_> = names
            .filter(|name| name.replace('_', "-").starts_with("remote-"))
            .collect();
        names.sort_unstable();
        names
    }
}

type Received = Arc<Mutex<Vec<ReceivedRequest>>>;

pub struct EchoApp {
    address: (IpAddr, u16),
    received: Received,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl EchoApp {
    /// On this address.
    pub fn at(address: (IpAddr, u16)) -> Self {
        let received = Received::default();
        let (ready, started) = mpsc::channel();
        let received = received.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || {
                    let received = web::Data::new(received.clone());
                    App::new()
                        .app_data(received)
                        .default_service(web::to(answer))
                };
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.bind(address).expect("an address of its own").run();
                ready.send(server.handle()).expect("a test that waits");
                server.await.expect("a clean end");
            });
        });
        Self {
            address,
            received,
            server: started.recv().expect("an app that starts"),
            thread: Some(thread),
        }
    }

    /// Where [`REDIRECT_PATH`] leads.
    pub fn redirect_target(&self) -> String {
        redirect_target(self.address.into())
    }

    /// What it was asked since the last time.
    pub fn take_requests(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }

    /// The one thing that it was asked since the last time.
    #[track_caller]
    pub fn single_request(&self) -> ReceivedRequest {
        let mut asked = self.take_requests();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }

    #[track_caller]
    pub fn expect_no_request(&self) {
        let asked = self.take_requests();
        assert!(asked.is_empty(), "it got to the app: {asked:#?}");
    }
}

fn redirect_target(address: SocketAddr) -> String {
    format!("http://{address}/landed")
}

/// `200`, or for `/says/418` that status and a challenge of the app's own.
async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    received: web::Data<Received>,
) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    received.lock().unwrap().push(ReceivedRequest {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if request.path() == REDIRECT_PATH {
        let redirect_target = redirect_target(request.app_config().local_addr());
        return HttpResponse::Found()
            .insert_header(("location", redirect_target))
            .finish();
    }
    let status = request.path().strip_prefix("/says/");
    match status.and_then(|status| status.parse().ok()) {
        Some(status) => {
            HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status"))
                .insert_header(("www-authenticate", "App"))
                .body("The app's own words")
        }
        None => HttpResponse::Ok().body(GREETING),
    }
}

impl Drop for EchoApp {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
