//! Narthex together with constant responses: in the same app, after everything that Narthex adds to
//! a request (headers, a log line) and before any check, and in a second server of the same process
//! without any middleware.
//!
//! A constant has the same length as the response with which it is compared, head and body
//! together.

use std::{
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{Bytes, ServiceConfig, get, post},
};
use diesel::{RunQueryDsl as _, sql_query};
use narthex::{
    app_state::AppState,
    cli::logging::{self, LogMode},
    config::{Settings, Sources},
    crypto::rng::SystemRandom,
    db::{self, Database},
    http::server::Server,
    util::clock::SystemClock,
};

use crate::{Result, client::Client, table::say};

/// The paths of the two constants, on both servers.
pub const USER_CONSTANT: &str = "/api/constant/user";
pub const VERIFY_CONSTANT: &str = "/api/constant/verify";
/// Commits one row with Narthex's own writer. Changes are compared with it.
pub const ONE_ROW: &str = "/api/constant/row";
/// The paths with which the constants are compared.
pub const USER: &str = "/api/v1/user";
pub const VERIFY: &str = "/auth/verify?ability=account:read";

/// The constants of one server. Their total length is the same on both servers, although the
/// headers differ.
struct Constants {
    user: OnceLock<Bytes>,
    verify: OnceLock<Bytes>,
}

impl Constants {
    const fn not_yet() -> Self {
        Self {
            user: OnceLock::new(),
            verify: OnceLock::new(),
        }
    }
}

static IN_THE_APP: Constants = Constants::not_yet();
static BARE: Constants = Constants::not_yet();
static DATABASE: OnceLock<Database> = OnceLock::new();

/// Serves until it is killed, with the settings of the environment. Reads one header with a
/// credential from the standard input, with which it finds the length of the responses. Prints the
/// two addresses.
pub fn serve() -> Result<()> {
    let mut credential = String::new();
    std::io::stdin().read_line(&mut credential)?;
    let sources = Sources::load([], None)?;
    let settings = Settings::read(&sources)?;
    let _log = logging::start(LogMode::Server, &sources, &settings)?;
    let keys = settings.signing_keys(&SystemRandom)?;
    let state = AppState::open(settings, Arc::new(SystemClock), Arc::new(SystemRandom))?;
    drop(DATABASE.set(state.db().clone()));
    actix_web::rt::System::new().block_on(async {
        write("CREATE TABLE IF NOT EXISTS one_row (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
            .await?;
        let server =
            Server::bind_with_routes(state, keys, |app| serve_constants(app, &IN_THE_APP))?;
        let bare = HttpServer::new(|| App::new().configure(|app| serve_constants(app, &BARE)))
            .disable_signals()
            .bind("127.0.0.1:0")?;
        let addresses = (server.address().to_string(), bare.addrs().first().copied());
        actix_web::rt::spawn(bare.run());
        thread::spawn(move || {
            if let (address, Some(bare)) = addresses {
                match measure(&address, &bare.to_string(), credential.trim()) {
                    Ok(()) => say(&format!("{address} {bare}")),
                    Err(error) => say(&format!("cannot be measured: {error}")),
                }
            }
        });
        Ok(server.run().await?)
    })
}

fn serve_constants(app: &mut ServiceConfig, constants: &'static Constants) {
    app.route(USER_CONSTANT, get().to(|| answer(&constants.user)))
        .route(VERIFY_CONSTANT, get().to(|| answer(&constants.verify)))
        .route(ONE_ROW, post().to(commit_one_row));
}

/// Commits a row of the same length as the bare commits.
async fn commit_one_row() -> HttpResponse {
    match write("INSERT INTO one_row (content) VALUES (zeroblob(200))").await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn write(statement: &'static str) -> std::result::Result<(), db::Error> {
    let database = DATABASE.get().ok_or(db::Error::NotADatabase)?;
    let change = move |connection: &mut db::AnyConnection| {
        sql_query(statement)
            .execute(connection)
            .map_err(db::Error::from)?;
        Ok(())
    };
    database.write(change, || {}).await
}

async fn answer(body: &'static OnceLock<Bytes>) -> HttpResponse {
    match body.get() {
        Some(body) => HttpResponse::Ok()
            .content_type("application/json")
            .body(body.clone()),
        None => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Requests the responses and gives each constant a body of the right length.
fn measure(address: &str, bare: &str, credential: &str) -> Result<()> {
    let client = |address| Client::patient(address, Duration::from_secs(10));
    for (path, constant, in_the_app, on_the_bare) in [
        (USER, USER_CONSTANT, &IN_THE_APP.user, &BARE.user),
        (VERIFY, VERIFY_CONSTANT, &IN_THE_APP.verify, &BARE.verify),
    ] {
        let answer = client(address)?.get(path, credential)?.expect(200)?;
        let whole = answer.head.len() + answer.body.len();
        for (server, body) in [(address, in_the_app), (bare, on_the_bare)] {
            let mut client = client(server)?;
            let empty = client.get(constant, credential)?;
            // Without a body, the constant is a 503, and a 200 has a shorter head.
            let head = empty.head.len() - " 503 Service Unavailable".len()
                + " 200 OK".len()
                + "content-type: application/json\r\n".len()
                + 2;
            drop(body.set(Bytes::from(vec![b'x'; whole.saturating_sub(head)])));
            let set = client.get(constant, credential)?.expect(200)?;
            let difference = whole.abs_diff(set.head.len() + set.body.len());
            if difference > 2 {
                return Err(format!("{constant} is {difference} bytes off").into());
            }
        }
    }
    Ok(())
}
