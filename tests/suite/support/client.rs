//! The three clients: one without a credential, a browser, and a program with a token.
//!
//! None of them follows redirects, retries, or adds a header that this file does not name.

use std::sync::Mutex;

use narthex::config::Mount;
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::Value;

use super::answer::Answer;
use super::cookie_jar::{Cookie, CookieJar};
use super::mount;
use super::secret_scan;
use super::user_agents::FIREFOX_ON_LINUX;

/// A client that sends no cookie, no token and no header of a browser.
pub struct AnonymousClient {
    connection: Connection,
}

impl AnonymousClient {
    /// `origin` is the address of the server: `http://127.0.0.1:8080`.
    pub fn at(origin: &str) -> Self {
        Self {
            connection: Connection::to(origin),
        }
    }

    /// The same client, with paths that are relative to this mount.
    pub fn below(self, mount: Mount) -> Self {
        let connection = self.connection.below(mount);
        Self { connection }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A request that the test can change before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.connection.request(method, path)
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.connection.send(request).await
    }
}

/// A browser: keeps cookies and sends the headers that browsers send.
pub struct Browser {
    connection: Connection,
    user_agent: String,
    fetch_site: Option<String>,
    jar: Mutex<CookieJar>,
}

impl Browser {
    pub fn at(origin: &str) -> Self {
        Self {
            connection: Connection::to(origin),
            user_agent: FIREFOX_ON_LINUX.to_owned(),
            fetch_site: Some("same-origin".to_owned()),
            jar: Mutex::default(),
        }
    }

    /// The same browser on a machine with this address.
    pub fn on_machine(self, address: std::net::IpAddr) -> Self {
        let connection = Connection {
            http: http_client(Some(address)),
            ..self.connection
        };
        Self { connection, ..self }
    }

    pub fn with_user_agent(self, user_agent: &str) -> Self {
        let user_agent = user_agent.to_owned();
        Self { user_agent, ..self }
    }

    /// A browser that sends `Sec-Fetch-Site: …`, or an old one that sends no such header.
    pub fn with_fetch_site(self, fetch_site: Option<&str>) -> Self {
        let fetch_site = fetch_site.map(str::to_owned);
        Self { fetch_site, ..self }
    }

    /// The same browser, with its cookies, for a server at another address.
    pub fn moved_to(self, origin: &str) -> Self {
        let connection = Connection::to(origin).below(self.connection.mount);
        Self { connection, ..self }
    }

    /// The same browser, with paths that are relative to this mount.
    pub fn below(self, mount: Mount) -> Self {
        let connection = self.connection.below(mount);
        Self { connection, ..self }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    /// Follows the redirect of this response.
    #[must_use]
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn follow(&self, answer: &Answer) -> Answer {
        self.get(answer.location()).await
    }

    /// A call to the JSON API from a page, with the session's cookie.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self
            .request(method, path)
            .header("accept", "application/json");
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A request with all headers of this browser, to be changed before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .connection
            .request(method, path)
            .header("user-agent", &self.user_agent);
        let request = match &self.fetch_site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        };
        match self.jar.lock().unwrap().header_for(path) {
            Some(cookies) => request.header("cookie", cookies),
            None => request,
        }
    }

    /// Sends the request and stores the cookies of the response.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = self.connection.send(request).await;
        let mut jar = self.jar.lock().unwrap();
        for header in answer.headers_named("set-cookie") {
            jar.take(header, answer.header("date"));
        }
        answer
    }

    pub fn cookie(&self, name: &str) -> Option<Cookie> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into the jar as if the server had set it: that of another browser, or an old
    /// one.
    pub fn put_cookie(&self, name: &str, value: &str) {
        self.jar
            .lock()
            .unwrap()
            .take(&format!("{name}={value}; Path=/; Secure"), None);
    }

    pub fn forget_cookie(&self, name: &str) {
        self.jar.lock().unwrap().forget(name);
    }
}

/// A program that sends a token with every request.
pub struct ApiClient {
    connection: Connection,
    secret: String,
}

impl ApiClient {
    pub fn at(origin: &str, secret: &str) -> Self {
        Self {
            connection: Connection::to(origin),
            secret: secret.to_owned(),
        }
    }

    /// The same program, for a server at another address.
    pub fn moved_to(self, origin: &str) -> Self {
        Self::at(origin, &self.secret).below(self.connection.mount)
    }

    /// The same program, with paths that are relative to this mount.
    pub fn below(self, mount: Mount) -> Self {
        let connection = self.connection.below(mount);
        Self { connection, ..self }
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A request with the token, to be changed before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.connection
            .request(method, path)
            .bearer_auth(&self.secret)
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.connection.send(request).await
    }
}

/// The connection to one server, which all three clients have.
struct Connection {
    http: Client,
    origin: String,
    mount: Mount,
}

fn http_client(address: Option<std::net::IpAddr>) -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .local_address(address)
        // Requests must not go through a proxy that this machine is set up with.
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

impl Connection {
    fn to(origin: &str) -> Self {
        Self {
            http: http_client(None),
            origin: origin.trim_end_matches('/').to_owned(),
            mount: Mount::ROOT,
        }
    }

    fn below(self, mount: Mount) -> Self {
        Self { mount, ..self }
    }

    #[track_caller]
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        assert!(
            path.starts_with('/'),
            "`{path}` is not a path on {}",
            self.origin
        );
        let path = mount::add_to(&self.mount, path);
        self.http.request(method, format!("{}{path}", self.origin))
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let (http, request) = request.build_split();
        let request = request.expect("a request that can be sent");
        let path = request.url().path();
        let path = self.mount.relative(path).unwrap_or(path);
        let what = format!("{} {path}", request.method());
        secret_scan::record_request(&request);
        let next = mount::next_of(&request);
        let answer = http.execute(request).await;
        let mut answer = Answer::of(
            what.clone(),
            answer.unwrap_or_else(|error| panic!("{what}: {error:?}")),
        )
        .await;
        mount::remove_from(&self.mount, &self.origin, next.as_deref(), &mut answer);
        secret_scan::record_response(&answer);
        answer
    }
}
