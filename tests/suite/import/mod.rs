//! `narthex import`: users and tokens of another system.

mod abilities;
mod conflicts;
mod files;
mod laravel;
mod real_apps;
mod repeat;
mod rows;
mod second_factors;
mod tokens_until;
mod undo;

use serde_json::{Value, json};

use crate::support::binary::Outcome;
use crate::support::operator::Operator;

/// The file of an export, line by line.
#[derive(Clone)]
struct Export {
    header: Value,
    users: Vec<Value>,
    tokens: Vec<Value>,
}

impl Export {
    /// An export of Sanctum without rows.
    fn of_sanctum() -> Self {
        Self {
            header: json!({"narthex": "export", "version": 1, "source": "sanctum"}),
            users: Vec::new(),
            tokens: Vec::new(),
        }
    }

    fn header(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.header[key] = value.into();
        self
    }

    fn user(self, id: &str, email: &str) -> Self {
        self.user_with(id, email, json!({}))
    }

    /// Adds a user with further members.
    fn user_with(mut self, id: &str, email: &str, more: Value) -> Self {
        let line = json!({"user": id, "email": email, "created_at": "2024-05-06T07:08:09Z"});
        self.users.push(merged(line, more));
        self
    }

    fn token(self, id: &str, user: &str) -> Self {
        self.token_with(id, user, json!({}))
    }

    /// Adds a token with further members. The digest is made of its ID.
    fn token_with(mut self, id: &str, user: &str, more: Value) -> Self {
        let digest = format!("{:064x}", u128::from_str_radix(id, 36).expect("a short ID"));
        let line = json!({"token": id, "user": user, "name": "CI", "sha256": digest, "abilities": [],
            "created_at": "2024-06-07T08:09:10Z"});
        self.tokens.push(merged(line, more));
        self
    }

    fn text(&self) -> String {
        let end = json!({"end": {"users": self.users.len(), "tokens": self.tokens.len()}});
        let lines = [&self.header].into_iter().chain(&self.users);
        let lines = lines.chain(&self.tokens).chain([&end]);
        lines.map(|line| format!("{line}\n")).collect()
    }
}

fn merged(mut line: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("no object: {more}");
    };
    line.as_object_mut().expect("an object").extend(more);
    line
}

/// Imports an export from the standard input.
fn import(operator: &Operator, export: &Export, flags: &[&str]) -> Outcome {
    let arguments = [&["import", "sanctum", "-", "--json"], flags].concat();
    operator.narthex.run_with_input(&arguments, &export.text())
}

/// Imports an export of which every line is taken. Returns the report.
#[track_caller]
fn import_all(operator: &Operator, export: &Export, flags: &[&str]) -> Value {
    report(&import(operator, export, flags).expect_code(0))
}

/// Imports an export of which some lines are not taken. Returns the report.
#[track_caller]
fn import_some(operator: &Operator, export: &Export, flags: &[&str]) -> Value {
    report(&import(operator, export, flags).expect_code(3))
}

#[track_caller]
fn report(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:#?}"))
}

/// Every row that an import may write, without the random parts and the times of the import.
fn content(operator: &Operator) -> Vec<String> {
    [
        "SELECT email || ' ' || name || ' ' || password_hash || ' ' || created_at AS line \
         FROM users ORDER BY 1",
        "SELECT u.email || ' ' || c.kind || ' ' || c.name || ' ' || c.abilities || ' ' || c.created_at \
         || ' ' || COALESCE(c.expires_at, 0) || ' ' || COALESCE(l.at, 0) || ' ' || s.form AS line \
         FROM credentials c JOIN users u ON u.id = c.user_id JOIN secrets s ON s.credential_id = c.id \
         LEFT JOIN last_uses l ON l.credential_id = c.id ORDER BY 1",
        "SELECT u.email || ' ' || a.created_at || ' ' || COALESCE(r.locator, '') AS line \
         FROM authenticator_apps a JOIN users u ON u.id = a.user_id \
         LEFT JOIN recovery_codes r ON r.user_id = u.id ORDER BY 1",
        "SELECT source || ' ' || kind || ' ' || foreign_id AS line FROM imported ORDER BY 1",
        "SELECT u.email || ' ' || e.kind || ' ' || e.detail AS line FROM events e \
         JOIN users u ON u.id = e.user_id ORDER BY 1",
    ]
    .iter()
    .flat_map(|sql| operator.query_lines(sql))
    .collect()
}
