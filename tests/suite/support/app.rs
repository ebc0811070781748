//! Narthex in the test process: on a real port, with a database of its own and a clock that the
//! test moves.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use narthex::{
    accounts,
    app_state::{AppState, MIGRATIONS},
    audit::Actor,
    config::{Mount, Settings, SigningKeys, Sources},
    crypto::password_hash::Argon2Parameters,
    crypto::secret::SecretString,
    db,
    http::server::Server,
    passwords::policy::NewPassword,
    testing::FakeClock,
    types::{email::Email, ids::UserId, name::Name},
    util::clock::{Clock, Timestamp},
};

pub use narthex::testing::PASSWORD;

use super::binary::Narthex;
use super::client::{AnonymousClient, ApiClient, Browser};
use super::database::Database;
use super::faulty_random::FaultyRandom;
use super::mail_server::{CONTACT, MailServer};
use super::mount;
use super::secret_scan;
use super::user_agents::FIREFOX_ON_LINUX;

/// The parameters of password hashes. The server in the test process uses the least memory of RFC
/// 9106, section 3.1. Tests of the real parameters run the program.
pub const CHEAP_HASH: Argon2Parameters = Argon2Parameters {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

pub struct TestApp {
    /// The origin of the server: `http://127.0.0.1:12345`.
    pub origin: String,
    pub clock: Arc<FakeClock>,
    pub random: Arc<FaultyRandom>,
    /// The state, for calls that only the library offers.
    pub state: AppState,
    /// The mount that the clients of this server add to each path.
    clients_mount: Mount,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
    database: Arc<Database>,
}

impl TestApp {
    /// Starts with the default settings.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts with these settings, by the names of their environment variables.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = Database::fresh(migrate);
        let address = database.address().to_owned();
        Self::start_on(database, &address, settings)
    }

    /// Starts with a mail server that accepts every mail.
    pub fn start_with_mail() -> (Self, MailServer) {
        Self::start_with_mail_and(&[])
    }

    /// Starts with a mail server that accepts every mail, and with these settings.
    pub fn start_with_mail_and(settings: &[(&str, &str)]) -> (Self, MailServer) {
        let server = MailServer::start();
        let url = server.url();
        let of_mail = [("NARTHEX_SMTP_URL", &*url), ("NARTHEX_CONTACT", CONTACT)];
        let app = Self::start_with(&[&of_mail, settings].concat());
        (app, server)
    }

    /// Starts on this database, at this address.
    pub fn start_on(database: Database, address: &str, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(starting_clock());
        Self::start_at(Arc::new(database), address, settings, clock)
    }

    /// Starts at the root of the origin, whatever the mount of the suite, for tests that name whole
    /// addresses.
    pub fn start_at_root(settings: &[(&str, &str)]) -> Self {
        Self::start_below("", settings)
    }

    /// Starts below this mount, whatever the mount of the suite.
    pub fn start_below(mount: &str, settings: &[(&str, &str)]) -> Self {
        let database = Arc::new(Database::fresh(migrate));
        let address = database.address().to_owned();
        let clock = Arc::new(starting_clock());
        let mount = Mount::parse(mount).expect("a mount");
        Self::start_mounted(database, &address, settings, clock, mount)
    }

    /// Starts a second server on the same database and the same clock, with these settings.
    pub fn start_second(&self, settings: &[(&str, &str)]) -> Self {
        let (database, clock) = (self.database.clone(), self.clock.clone());
        let address = database.address().to_owned();
        Self::start_at(database, &address, settings, clock)
    }

    /// Stops this server, and starts another one on its database and clock, with these settings.
    pub fn restart_with(self, settings: &[(&str, &str)]) -> Self {
        let (database, clock) = (self.database.clone(), self.clock.clone());
        drop(self);
        let address = database.address().to_owned();
        Self::start_at(database, &address, settings, clock)
    }

    /// Starts a second server on the same database. Its clock is behind by this duration.
    pub fn start_second_with_slow_clock(&self, behind: Duration) -> Self {
        let database = self.database.clone();
        let address = database.address().to_owned();
        let clock = Arc::new(FakeClock::at(self.clock.now().saturating_sub(behind)));
        Self::start_at(database, &address, &[], clock)
    }

    /// The command line on the same database. It uses the clock of the machine.
    pub fn command_line(&self) -> Narthex {
        Narthex::installed().with("DATABASE_URL", self.database.address())
    }

    fn start_at(
        database: Arc<Database>,
        address: &str,
        settings: &[(&str, &str)],
        clock: Arc<FakeClock>,
    ) -> Self {
        Self::start_mounted(
            database,
            address,
            settings,
            clock,
            mount::from_environment(),
        )
    }

    fn start_mounted(
        database: Arc<Database>,
        address: &str,
        settings: &[(&str, &str)],
        clock: Arc<FakeClock>,
        mount: Mount,
    ) -> Self {
        secret_scan::start_logging();
        let defaults = [("DATABASE_URL", address), ("NARTHEX_LISTEN", "127.0.0.1:0")];
        let sources = Sources::of(defaults.into_iter().chain(settings.iter().copied()))
            .expect("known settings")
            .with_abilities([
                ("orders:read", "Read your orders"),
                ("orders:write", "Place orders"),
            ]);
        let settings = Settings::read(&sources).expect("valid settings");
        let settings = settings
            .with_mount(mount.clone())
            .with_password_hash(CHEAP_HASH);
        let keys = settings.signing.keys.clone().unwrap_or_else(signing_keys);
        let random = Arc::new(FaultyRandom::default());
        let state = AppState::open(settings, clock.clone(), random.clone()).expect("a state");
        let (ready, started) = mpsc::channel();
        let serving = state.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = Server::bind(serving, keys).expect("a free port");
                ready
                    .send((server.address().to_string(), server.handle()))
                    .expect("a test that waits");
                server.run().await.expect("a clean end");
            });
        });
        let (address, server) = started.recv().expect("a server that starts");
        Self {
            origin: format!("http://{address}"),
            clock,
            random,
            state,
            clients_mount: mount,
            server,
            thread: Some(thread),
            database,
        }
    }

    pub fn anonymous(&self) -> AnonymousClient {
        AnonymousClient::at(&self.origin).below(self.clients_mount.clone())
    }

    /// A browser that is not signed in.
    pub fn browser(&self) -> Browser {
        Browser::at(&self.origin).below(self.clients_mount.clone())
    }

    pub fn api_client(&self, secret: &str) -> ApiClient {
        ApiClient::at(&self.origin, secret).below(self.clients_mount.clone())
    }

    /// Creates an account for `email` and returns the browser that this signs in.
    pub async fn register(&self, email: &str) -> Browser {
        let browser = self.browser();
        let name = email.split('@').next().expect("a name");
        let form = [("name", name), ("email", email), ("password", PASSWORD)];
        browser
            .post("/register", &form)
            .await
            .expect_redirect("/account");
        browser
    }

    /// Creates an account as an operator does, and returns its ID.
    pub async fn add_user(&self, email: &str) -> UserId {
        let name = Name::parse(email.split('@').next().expect("a name")).expect("a name");
        let email = Email::parse(email).expect("an address");
        let password = SecretString::new(PASSWORD.to_owned());
        let password = NewPassword::parse(password, Some(&email), Some(&name));
        let registration = accounts::Registration {
            name,
            email,
            password: password.expect("a password"),
        };
        let created = accounts::create(&self.state, registration, Actor::operator()).await;
        created.expect("a new address")
    }

    /// The ID of the user with this address.
    pub async fn user_id(&self, email: &str) -> UserId {
        let email = Email::parse(email).expect("an address");
        let account = accounts::find_by_email(&self.state, &email).await;
        account.expect("an account").user.id
    }

    /// Signs in with a new browser.
    pub async fn sign_in(&self, email: &str) -> Browser {
        self.sign_in_with(email, FIREFOX_ON_LINUX).await
    }

    /// Signs in with a new browser that has this user agent.
    pub async fn sign_in_with(&self, email: &str, user_agent: &str) -> Browser {
        let browser = self.browser().with_user_agent(user_agent);
        let form = [("email", email), ("password", PASSWORD)];
        browser
            .post("/login", &form)
            .await
            .expect_redirect("/account");
        browser
    }

    /// Creates a personal token on the pages and returns its secret.
    pub async fn token_of(&self, browser: &Browser, name: &str, abilities: &[&str]) -> String {
        let mut form = vec![("name", name), ("expires", "never")];
        form.extend(abilities.iter().map(|ability| ("abilities", *ability)));
        let made = browser
            .post("/account/tokens", &form)
            .await
            .expect_status(200);
        secret_in(&made.text)
    }

    /// The library on the same database, as an app that embeds it opens it. Its clock is the
    /// machine's.
    pub fn library(&self) -> narthex::Narthex {
        narthex::Narthex::builder()
            .database(self.database.address())
            .secret_key(signing_key())
            .open()
            .expect("the library")
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// A clock at half past twelve on a Sunday, so that hours added or taken stay on the same day.
fn starting_clock() -> FakeClock {
    FakeClock::at(Timestamp::parse("2026-11-22T12:30:00Z").expect("a time"))
}

/// The token secret in a page or a response.
pub fn secret_in(text: &str) -> String {
    let from = text
        .find("nrx_")
        .unwrap_or_else(|| panic!("no secret in: {text}"));
    text[from..].chars().take(40).collect()
}

pub fn signing_keys() -> SigningKeys {
    SigningKeys::parse(&signing_key()).expect("a key")
}

/// The signing key as text.
pub fn signing_key() -> String {
    let bytes: Vec<u8> = (0..64).collect();
    BASE64_STANDARD.encode(bytes)
}

/// Creates the tables in the database at this address.
pub fn migrate(address: &str) {
    let target = db::DatabaseUrl::parse(address).expect("a database URL");
    db::run_pending(&target, MIGRATIONS).expect("tables");
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // `stop` sends the command when it is called. The thread ends after the server.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
