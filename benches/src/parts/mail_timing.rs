//! Whether the time of a request that leads to a mail reveals if an address has an account. The first
//! sort of address has one, the second has none.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use narthex::crypto::rng::{self, SystemRandom};

use super::Effort;
use crate::{
    Result,
    client::{Answer, Client},
    database,
    dudect::{Sort, Timed},
    process::{EMAIL, Installation, PASSWORD, Server},
    rows::TOKENS_A_USER,
    table,
};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

pub fn measure(effort: &Effort) -> Result<()> {
    let accounts = effort.cached / 250;
    let installation = Installation::new(effort.program, "mail-timing")?;
    let credentials = installation.folder.join("credentials");
    let path = installation.database();
    database::fill(&path, accounts * TOKENS_A_USER, 1, &credentials)?;
    SqliteConnection::establish(&path.to_string_lossy())?.batch_execute(&format!(
        "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE email = '{EMAIL}')"
    ))?;
    let server = installation.serve_with_mail()?;
    table::heading(
        "Whether the time of a request for a mail reveals an account",
        &["", "measured", "account, ns", "none, ns", "t", "seen"],
    );
    registrations(&server, accounts)?;
    resets(&server, accounts)?;
    address_changes(&server, accounts)
}

/// Registers each existing address, and as many new ones.
fn registrations(server: &Server, accounts: usize) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let mut timed = Timed::default();
    for (sort, email) in in_random_order(accounts, "register")? {
        let form = format!("name=Ada&email={email}&password={}", encoded(PASSWORD));
        timed.time(sort, || post(&mut client, "/register", "", &form).map(drop))?;
    }
    timed.print_row("registration");
    Ok(())
}

/// Asks for a reset of each account, and of as many addresses without one. The second measurement
/// is another request at once, which could wait for the work on the first one's mail.
fn resets(server: &Server, accounts: usize) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let (mut timed, mut after) = (Timed::default(), Timed::default());
    let requests = in_random_order(accounts, "reset")?;
    for (place, (sort, email)) in requests.into_iter().enumerate() {
        let form = format!("email={email}");
        let other = format!("email=after{place}@example.com");
        let path = "/password/forgot";
        timed.time(sort, || post(&mut client, path, "", &form).map(drop))?;
        after.time(sort, || post(&mut client, path, "", &other).map(drop))?;
    }
    timed.print_row("forgotten password");
    after.print_row("the request after that one, for an address without an account");
    Ok(())
}

/// Changes the address of each account, of half of them to the address of another account.
fn address_changes(server: &Server, accounts: usize) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let mut timed = Timed::default();
    let targets = in_random_order(accounts, "change")?;
    for (place, (sort, email)) in targets.into_iter().take(accounts).enumerate() {
        let own = format!("user{place}@example.com");
        // An account's own address would be no change.
        if email == own {
            continue;
        }
        let form = format!("email={own}&password={}", encoded(PASSWORD));
        let answer = post(&mut client, "/login", "", &form)?;
        let cookies = answer.headers("set-cookie");
        let cookies = cookies.filter_map(|cookie| cookie.split(';').next());
        let cookie = format!("Cookie: {}", cookies.collect::<Vec<_>>().join("; "));
        let form = format!("name=Ada&email={email}&also=");
        let path = "/account/profile";
        timed.time(sort, || {
            let answer = post(&mut client, path, &cookie, &form)?;
            // Without a session, the answer leads to the sign-in page.
            let saved = answer.header("location") == Some(path);
            saved.then_some(()).ok_or_else(|| answer.head.into())
        })?;
    }
    timed.print_row("change of the address to this one");
    Ok(())
}

/// The address of each account, and as many without one, in random order.
fn in_random_order(accounts: usize, unknown: &str) -> Result<Vec<(Sort, String)>> {
    let mut all = Vec::new();
    for place in 0..accounts {
        for (sort, name) in [(Sort::Near, "user"), (Sort::Far, unknown)] {
            let turn = rng::bytes::<8>(&SystemRandom)?;
            all.push((turn, (sort, format!("{name}{place}@example.com"))));
        }
    }
    all.sort_unstable_by_key(|(turn, _)| *turn);
    Ok(all.into_iter().map(|(_, request)| request).collect())
}

fn post(client: &mut Client, path: &str, cookie: &str, form: &str) -> Result<Answer> {
    client
        .send("POST", path, &[FORM, cookie], form)?
        .expect(303)
}

fn encoded(text: &str) -> String {
    text.replace(' ', "+")
}
