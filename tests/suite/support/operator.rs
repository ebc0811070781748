//! An operator with a shell on the machine on which Narthex runs.

use std::io::Write;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use serde_json::Value;

use super::app::{PASSWORD, migrate};
use super::binary::{Narthex, Outcome, RunningServer};
use super::client::{ApiClient, Browser};
use super::database::Database;
use super::sql::sqlite_at;

/// An installation on a database of the run's engine, with the command line.
pub struct Operator {
    pub narthex: Narthex,
    pub database: Database,
}

impl Operator {
    /// An installation on a database with all tables and no rows.
    pub fn new() -> Self {
        Self::on(Database::fresh(migrate))
    }

    pub fn on(database: Database) -> Self {
        let narthex = Narthex::installed().with("DATABASE_URL", database.address());
        Self { narthex, database }
    }

    /// Sets this setting in the environment.
    pub fn with(self, name: &str, value: &str) -> Self {
        let narthex = self.narthex.with(name, value);
        Self { narthex, ..self }
    }

    /// Runs `narthex …`, with any outcome.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.narthex.run(arguments)
    }

    /// Runs `narthex …` at a terminal and types `typed`. Returns the exit code and the text on the
    /// terminal.
    pub fn at_a_terminal(&self, arguments: &str, typed: &str) -> (Option<i32>, String) {
        let program = env!("CARGO_BIN_EXE_narthex");
        // `script` gives the program a terminal and types the text from our pipe.
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command"])
            .args([&format!("{program} {arguments}"), "/dev/null"])
            .current_dir(self.narthex.directory())
            .env_clear()
            .env("DATABASE_URL", self.database.address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script`, which is part of every Debian");
        let mut keyboard = child.stdin.take().unwrap();
        keyboard.write_all(typed.as_bytes()).unwrap();
        drop(keyboard);
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), shown)
    }

    /// Runs `narthex …`, which must succeed, and returns its output.
    #[track_caller]
    pub fn run_ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect_code(0).stdout
    }

    /// Runs `narthex … --json`, which must succeed, and returns its output.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run_ok(&[arguments, &["--json"]].concat());
        assert_eq!(printed.lines().count(), 1, "JSON is one line: {printed}");
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// Runs `narthex …`, which must fail: exit code 1, an empty standard output and one line on the
    /// standard error. Returns that line without its prefix.
    #[track_caller]
    pub fn run_err(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect_error()
    }

    /// Creates an account with the usual password.
    #[track_caller]
    pub fn add_user(&self, email: &str) {
        let arguments = ["user", "add", email, "--name", "Ada"];
        self.narthex
            .run_with_input(&arguments, PASSWORD)
            .expect_code(0);
    }

    /// Creates a token and returns its secret.
    #[track_caller]
    pub fn add_token(&self, email: &str, name: &str, more: &[&str]) -> String {
        let arguments = [&["token", "add", email, "--name", name], more].concat();
        self.run_ok(&arguments).trim_end().to_owned()
    }

    /// The ID of the user's only active token.
    #[track_caller]
    pub fn only_token_of(&self, email: &str) -> String {
        id_of_the_only_one(&self.json(&["token", "list", email]))
    }

    /// The ID of the user's only active session.
    #[track_caller]
    pub fn only_session_of(&self, email: &str) -> String {
        id_of_the_only_one(&self.json(&["session", "list", email]))
    }

    pub fn serve(&self) -> RunningServer {
        self.narthex.serve()
    }

    /// The number of nodes in the cluster.
    pub fn nodes(&self) -> i64 {
        let query = diesel::sql_query("SELECT COUNT(*) AS count FROM nodes");
        let address = self.database.address();
        let row: Count = match address.strip_prefix("sqlite://") {
            Some(file) => query.get_result(&mut sqlite_at(file)),
            None => query.get_result(&mut PgConnection::establish(address).unwrap()),
        }
        .expect("a table");
        row.count
    }

    /// Runs a query of one text column, called `line`, and returns its only row.
    #[track_caller]
    pub fn query_text(&self, sql: &str) -> String {
        let mut lines = self.query_lines(sql);
        assert_eq!(lines.len(), 1, "{sql}: {lines:?}");
        lines.remove(0)
    }

    /// Runs a query of one text column, called `line`, and returns its rows.
    #[track_caller]
    pub fn query_lines(&self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(sql);
        let address = self.database.address();
        let rows: Vec<Line> = match address.strip_prefix("sqlite://") {
            Some(file) => query.load(&mut sqlite_at(file)),
            None => query.load(&mut PgConnection::establish(address).unwrap()),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter().map(|row| row.line).collect()
    }

    /// Changes the database without Narthex.
    pub fn execute(&self, sql: &str) {
        let address = self.database.address();
        let done = match address.strip_prefix("sqlite://") {
            Some(file) => sqlite_at(file).batch_execute(sql),
            None => PgConnection::establish(address)
                .expect("a database")
                .batch_execute(sql),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[track_caller]
fn id_of_the_only_one(list: &Value) -> String {
    let rows = list["data"].as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{list}");
    rows[0]["id"].as_str().expect("an id").to_owned()
}

/// Requests to a server that an operator started.
impl RunningServer {
    /// Signs in with a new browser.
    pub async fn sign_in(&self, email: &str, user_agent: &str) -> Browser {
        let browser = Browser::at(&self.url).with_user_agent(user_agent);
        let form = [("email", email), ("password", PASSWORD)];
        browser
            .post("/login", &form)
            .await
            .expect_redirect("/account");
        browser
    }

    /// Returns whether the server accepts the token: `true` for `200`, `false` for `401`. Another
    /// status fails.
    pub async fn accepts_token(&self, secret: &str) -> bool {
        let answer = ApiClient::at(&self.url, secret).get("/api/v1/user").await;
        match answer.status {
            200 => true,
            _ => {
                answer.expect_status(401);
                false
            }
        }
    }

    /// Returns whether the browser is signed in: `true` for the account page, `false` for a
    /// redirect to the sign-in page.
    pub async fn is_signed_in(&self, browser: &Browser) -> bool {
        let answer = browser.get("/account").await;
        match answer.status {
            200 => true,
            _ => {
                answer.expect_redirect("/login?next=%2Faccount");
                false
            }
        }
    }
}
