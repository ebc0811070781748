//! An app behind a proxy: answers every request and keeps it for the test.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// The body of a `200`.
pub const GREETING: &str = "Hello from the app";

/// The path that redirects to the app's own origin. To a browser behind a proxy this is another
/// origin.
pub const REDIRECT_PATH: &str = "/leads-on";

/// A request as the app received it.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Names in lower case, sorted by name.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl ReceivedRequest {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that occurs at most once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} occurs several times: {self:#?}");
        values.first().copied()
    }

    /// The names of all headers that an app could take for `Remote-…`, because many frameworks
    /// write both `-` and `_` as `_`.
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
    /// Starts the app at this address.
    pub fn at(address: (IpAddr, u16)) -> Self {
        let received = Received::default();
        let (ready, started) = mpsc::channel();
        let shared = Arc::clone(&received);
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || {
                    let requests = web::Data::new(Arc::clone(&shared));
                    App::new()
                        .app_data(requests)
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

    /// The target of the redirect at [`REDIRECT_PATH`].
    pub fn redirect_target(&self) -> String {
        redirect_target(self.address.into())
    }

    /// The requests since the last call.
    pub fn take_requests(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }

    /// The only request since the last call.
    #[track_caller]
    pub fn single_request(&self) -> ReceivedRequest {
        let mut requests = self.take_requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }

    #[track_caller]
    pub fn expect_no_request(&self) {
        let requests = self.take_requests();
        assert!(
            requests.is_empty(),
            "the app received requests: {requests:#?}"
        );
    }
}

fn redirect_target(address: SocketAddr) -> String {
    format!("http://{address}/landed")
}

/// Answers `200`. For `/says/418` answers that status, with a challenge of the app's own.
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
