//! Somebody with a shell on the machine that Narthex runs on.

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

/// An installation on a database of the run's engine, and the command line.
pub struct Operator {
    pub narthex: Narthex,
    pub database: Database,
}

impl Operator {
    /// On a database with all tables and no rows.
    pub fn new() -> Self {
        Self::on(Database::fresh(migrate))
    }

    pub fn on(database: Database) -> Self {
        let narthex = Narthex::installed().with("DATABASE_URL", database.address());
        Self { narthex, database }
    }

    /// With this setting in the environment.
    pub fn with(self, name: &str, value: &str) -> Self {
        let narthex = self.narthex.with(name, value);
        Self { narthex, ..self }
    }

    /// `narthex …`, whatever comes of it.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.narthex.run(arguments)
    }

    /// `narthex …` at a terminal, where that is typed; how it ended and what was shown.
    pub fn at_a_terminal(&self, arguments: &str, typed: &str) -> (Option<i32>, String) {
        let program = env!("CARGO_BIN_EXE_narthex");
        // `script` gives the program a terminal, and types what comes by our pipe.
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

    /// `narthex …`, which has to work; what it printed.
    #[track_caller]
    pub fn run_ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect_code(0).stdout
    }

    /// `narthex … --json`, which has to work; what it printed.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run_ok(&[arguments, &["--json"]].concat());
        assert_eq!(printed.lines().count(), 1, "JSON is one line: {printed}");
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// `narthex …`, which has to refuse: exit code 1, nothing on the standard output and one line
    /// on the standard error, which is returned without what every such line begins with.
    #[track_caller]
    pub fn run_err(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect_error()
    }

    /// Makes an account whose password is the one that everybody has.
    #[track_caller]
    pub fn add_user(&self, email: &str) {
        let arguments = ["user", "add", email, "--name", "Ada"];
        self.narthex
            .run_with_input(&arguments, PASSWORD)
            .expect_code(0);
    }

    /// Makes a token and gives its secret.
    #[track_caller]
    pub fn add_token(&self, email: &str, name: &str, more: &[&str]) -> String {
        let arguments = [&["token", "add", email, "--name", name], more].concat();
        self.run_ok(&arguments).trim_end().to_owned()
    }

    /// The id of the only live token of a user.
    #[track_caller]
    pub fn only_token_of(&self, email: &str) -> String {
        id_of_the_only_one(&self.json(&["token", "list", email]))
    }

    /// The id of the only live session of a user.
    #[track_caller]
    pub fn only_session_of(&self, email: &str) -> String {
        id_of_the_only_one(&self.json(&["session", "list", email]))
    }

    pub fn serve(&self) -> RunningServer {
        self.narthex.serve()
    }

    /// How many processes say that they remember passes.
    pub fn nodes(&self) -> i64 {
        let query = diesel::sql_query("SELECT COUNT(*) AS count FROM nodes");
        let address = self.database.address();
        let counted: Count = match address.strip_prefix("sqlite://") {
            Some(file) => query.get_result(&mut sqlite_at(file)),
            None => query.get_result(&mut PgConnection::establish(address).unwrap()),
        }
        .expect("a table");
        counted.count
    }

    /// The one text, called `line`, that a query gives.
    pub fn query_text(&self, sql: &str) -> String {
        let query = diesel::sql_query(sql);
        let address = self.database.address();
        let found: Line = match address.strip_prefix("sqlite://") {
            Some(file) => query.get_result(&mut sqlite_at(file)),
            None => query.get_result(&mut PgConnection::establish(address).unwrap()),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        found.line
    }

    /// Does to the database what only somebody who bypasses Narthex could.
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

/// A server started by an operator, as others meet it.
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

    /// Whether the token lets its bearer in: `200`, or `401` and nothing else.
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

    /// Whether the browser is signed in: the account, or the way to the sign-in page.
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
