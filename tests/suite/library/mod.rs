//! Narthex as a part of an actix-web app.

mod identification;
mod lifecycle;
mod operations;
mod own_app;
mod refusals;
mod settings;
mod shared_database;
mod slow_body;
mod testing;
mod web_socket;

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_multipart::Multipart;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, middleware, rt::System, web};
use futures_util::TryStreamExt as _;
use narthex::db::DatabaseUrl;
use narthex::{
    Any, Builder, Can, Confirmed, Narthex, OptionalUser, Refusal, SessionOnly, TokenOnly, User,
};

use crate::support::app::{PASSWORD, migrate, signing_key};
use crate::support::client::{AnonymousClient, ApiClient, Browser};
use crate::support::database::Database;
use crate::support::sql::query_lines_at;

narthex::abilities! {
    pub ReadOrders = "orders:read", "Read your orders";
    pub PlaceOrders = "orders:write", "Place orders";
}

async fn orders(user: User) -> String {
    format!("{}'s orders", user.user().name)
}

async fn list(user: Can<ReadOrders>) -> String {
    user.id().to_string()
}

async fn place(user: Can<PlaceOrders>, item: String) -> String {
    format!("{} orders {item}", user.user().name)
}

async fn welcome(visitor: OptionalUser) -> String {
    let name = visitor.user().map_or("stranger", |user| &user.user().name);
    format!("Welcome, {name}")
}

async fn either(_: Can<Any<(ReadOrders, PlaceOrders)>>) -> &'static str {
    "either"
}

async fn both(_: Can<(ReadOrders, PlaceOrders)>) -> &'static str {
    "both"
}

async fn browser_only(_: Can<SessionOnly>) -> &'static str {
    "a browser"
}

async fn program_only(_: Can<TokenOnly>) -> &'static str {
    "a program"
}

async fn confirmed(_: Can<Confirmed>) -> &'static str {
    "confirmed"
}

async fn own_answer(user: Result<User, Refusal>) -> String {
    match user {
        Ok(user) => user.user().email.clone(),
        Err(refusal) => format!("{:?}", refusal.reason()),
    }
}

async fn by_hand(narthex: web::Data<Narthex>, request: HttpRequest) -> Result<String, Refusal> {
    let caller = narthex.caller(&request).await?;
    Ok(caller.map_or("nobody".to_owned(), |caller| caller.user().email.clone()))
}

async fn body_first(item: String, user: User) -> String {
    format!("{} orders {item}", user.user().name)
}

async fn end_others(narthex: web::Data<Narthex>, user: User) -> Result<String, narthex::Error> {
    let others = narthex.sign_out(user.id()).others(&user);
    let receipt = others.end_previewed(&others.preview().await?).await?;
    Ok(format!("{} session", receipt.sessions))
}

/// Tells whether the caller is accepted before and after everything is revoked.
async fn twice(narthex: web::Data<Narthex>, user: User) -> Result<String, narthex::Error> {
    let before = narthex.verify_again(&user).await?.is_some();
    narthex.sign_out(user.id()).everything().end().await?;
    let after = narthex.verify_again(&user).await?.is_some();
    Ok(format!("{before} {after}"))
}

async fn place_json(user: Can<PlaceOrders>, item: web::Json<String>) -> String {
    format!("{} orders {item}", user.user().name)
}

/// A middleware of the app that identifies the caller before the body has arrived.
async fn log_caller<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let narthex = request.app_data::<web::Data<Narthex>>().unwrap().clone();
    narthex.caller(request.request()).await?;
    next.call(request).await
}

/// Reads a multipart body and returns the length of its files.
async fn upload(user: Can<PlaceOrders>, mut form: Multipart) -> Result<String, actix_web::Error> {
    let mut length = 0;
    while let Some(mut file) = form.try_next().await? {
        while let Some(part) = file.try_next().await? {
            length += part.len();
        }
    }
    Ok(format!("{} sent {length} bytes", user.user().name))
}

async fn no_such_page() -> HttpResponse {
    HttpResponse::NotFound().body("The shop has no such page.")
}

/// An app with a route for each public way to identify a caller.
fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/",
            web::get().to(|| async { "The front page of the shop" }),
        )
        .route("/orders", web::get().to(orders))
        .route("/orders", web::post().to(place))
        .route("/api/orders", web::get().to(list))
        .route("/api/orders", web::post().to(place))
        .route("/welcome", web::route().to(welcome))
        .route("/either", web::get().to(either))
        .route("/both", web::get().to(both))
        .route("/browser", web::route().to(browser_only))
        .route("/program", web::route().to(program_only))
        .route("/confirmed", web::route().to(confirmed))
        .route("/others", web::post().to(end_others))
        .route("/twice", web::post().to(twice))
        .route("/own-answer", web::get().to(own_answer))
        .route("/by-hand", web::route().to(by_hand))
        .route("/body-first", web::post().to(body_first))
        .route("/upload", web::post().to(upload))
        .route("/socket", web::get().to(web_socket::echo))
        .route("/careless-socket", web::get().to(web_socket::careless_echo))
        .service(
            web::resource("/own-limits")
                .app_data(web::PayloadConfig::new(4))
                .route(web::post().to(place_json)),
        );
}

/// The app on a real port.
pub struct Shop {
    origin: String,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
    database: Database,
}

impl Shop {
    pub fn open() -> Self {
        Self::open_with(|builder| builder)
    }

    /// Opens the shop with further settings.
    pub fn open_with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let database = Database::fresh(migrate);
        let narthex = settings(builder(database.address())).open().unwrap();
        Self::serve(narthex, database)
    }

    fn serve(narthex: Narthex, database: Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let app = move || {
            let logged = web::scope("/logged").wrap(middleware::from_fn(log_caller));
            let reports = web::scope("/reports").wrap(narthex.guard::<ReadOrders>());
            App::new()
                .wrap(middleware::DefaultHeaders::new().add(("content-security-policy", "shop")))
                .configure(routes)
                .service(reports.route("", web::route().to(|| async { "A report" })))
                .service(logged.route("/orders", web::post().to(place)))
                .configure(narthex.routes())
                .service(web::resource("/after").to(|| async { "Registered after Narthex" }))
                .default_service(web::to(no_such_page))
        };
        let (ready, started) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async {
                let server = HttpServer::new(app).workers(2).disable_signals();
                let server = server.listen(listener).unwrap().run();
                ready.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            origin,
            server: started.recv().unwrap(),
            thread: Some(thread),
            database,
        }
    }

    pub fn anonymous(&self) -> AnonymousClient {
        AnonymousClient::at(&self.origin)
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.origin)
    }

    pub fn program(&self, secret: &str) -> ApiClient {
        ApiClient::at(&self.origin, secret)
    }

    /// Registers on the pages of Narthex.
    pub async fn register(&self, email: &str) -> Browser {
        let browser = self.browser();
        let name = email.split('@').next().unwrap();
        let form = [("name", name), ("email", email), ("password", PASSWORD)];
        let answer = browser.post("/register", &form).await;
        answer.expect_redirect("/account");
        browser
    }

    /// Creates a token on the pages of Narthex.
    pub async fn token_of(&self, browser: &Browser, abilities: &[&str]) -> ApiClient {
        let mut form = vec![("name", "Test"), ("expires", "never")];
        form.extend(abilities.iter().map(|ability| ("abilities", *ability)));
        let made = browser
            .post("/account/tokens", &form)
            .await
            .expect_status(200);
        self.program(&crate::support::app::secret_in(&made.text))
    }

    /// Stops the server. The last handle of Narthex is dropped with it.
    fn stop(&mut self) {
        drop(self.server.stop(true));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The settings of the shop.
fn builder(address: &str) -> Builder {
    Narthex::builder()
        .database(address)
        .secret_key(signing_key())
        .abilities::<(ReadOrders, PlaceOrders)>()
}

/// The number of rows of a table.
fn rows(address: &str, table: &str) -> usize {
    let database = DatabaseUrl::parse(address).unwrap();
    let query = format!("SELECT CAST(count(*) AS text) AS line FROM {table}");
    query_lines_at(&database, &query, &query)
        .concat()
        .parse()
        .unwrap()
}
