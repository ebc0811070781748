//! Whether the cost of a page of a list depends on the length of the list.

use std::fs;

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};

use super::Effort;
use crate::{
    Result, load,
    process::Installation,
    table::{self, median, whole},
};

const PATH: &str = "/api/v1/tokens?ended=true&limit=10";
const LENGTHS: [usize; 2] = [10, 10_000];

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = Installation::new(effort.program, "lists")?;
    let mut credentials = Vec::new();
    for length in LENGTHS {
        let email = format!("user{length}@example.com");
        installation.add_user(&email)?;
        let credential = installation.folder.join(&email);
        fs::write(&credential, installation.add_token(&email)? + "\n")?;
        add_ended(&installation, &email, length)?;
        credentials.push(credential);
    }
    let (server, _) = installation.serve("/readyz", "")?;
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..=effort.rounds {
        for (credential, rates) in credentials.iter().zip(&mut rates) {
            rates.push(load::ask(&server.address, PATH, credential, 16, effort.takes)?.a_second);
        }
    }
    // The first round warms up.
    let [short, long] = rates.map(|rates| rates.get(1..).unwrap_or_default().to_vec());
    let ratios = long.iter().zip(&short).map(|(long, short)| long / short);
    table::heading(
        "A page of ten of a list of tokens, most of them revoked",
        &[
            "in the list",
            "pages a second",
            "of the rate of the short list",
        ],
    );
    let ratio = table::ratio(ratios);
    table::row(&[&LENGTHS[0], &whole(median(short.clone())), &"1"]);
    table::row(&[&LENGTHS[1], &whole(median(long)), &ratio]);
    Ok(())
}

/// Adds revoked tokens, each with its secret.
fn add_ended(installation: &Installation, email: &str, count: usize) -> Result<()> {
    let path = installation.database();
    let mut database = SqliteConnection::establish(&path.to_string_lossy())?;
    database.batch_execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO credentials (id, user_id, class, kind, name, abilities, remembered, paused,
             created_at, ended_at)
         SELECT randomblob(16), users.id, 'token', 'personal', 'old', '', FALSE, FALSE, i, i
         FROM n, users WHERE users.email = '{email}';
         INSERT INTO secrets (digest, credential_id, hint, created_at)
         SELECT randomblob(32), id, 'abcd', 0 FROM credentials
         WHERE name = 'old' AND user_id = (SELECT id FROM users WHERE email = '{email}');"
    ))?;
    Ok(())
}
