//! Somebody else's app: answers everything and keeps what it was asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// What it answers with `200`.
pub const GREETING: &str = "Hello from the app";

/// The path at which it redirects to its own origin, which is another one to a browser behind a proxy.
pub const LEADS_ON: &str = "/leads-on";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case, in the order of the names.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
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

type Kept = Arc<Mutex<Vec<Asked>>>;

pub struct Upstream {
    address: (IpAddr, u16),
    kept: Kept,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// On this address.
    pub fn at(address: (IpAddr, u16)) -> Self {
        let kept = Kept::default();
        let (ready, started) = mpsc::channel();
        let keeping = kept.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || {
                    let keeping = web::Data::new(keeping.clone());
                    App::new()
                        .app_data(keeping)
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
            kept,
            server: started.recv().expect("an app that starts"),
            thread: Some(thread),
        }
    }

    /// Where [`LEADS_ON`] leads.
    pub fn landing(&self) -> String {
        landing(self.address.into())
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.kept.lock().unwrap())
    }

    /// The one thing that it was asked since the last time.
    #[track_caller]
    pub fn asked_once(&self) -> Asked {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }

    #[track_caller]
    pub fn expect_not_asked(&self) {
        let asked = self.asked();
        assert!(asked.is_empty(), "it got to the app: {asked:#?}");
    }
}

fn landing(address: SocketAddr) -> String {
    format!("http://{address}/landed")
}

/// `200`, or for `/says/418` that status and a challenge of the app's own.
async fn answer(request: HttpRequest, body: web::Bytes, kept: web::Data<Kept>) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    kept.lock().unwrap().push(Asked {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if request.path() == LEADS_ON {
        let landing = landing(request.app_config().local_addr());
        return HttpResponse::Found()
            .insert_header(("location", landing))
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

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
