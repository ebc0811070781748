//! The cost of a check: the same requests, answered by Narthex, by a constant in the same app, and
//! by a constant in a bare server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Effort, filled};
use crate::{
    Result,
    client::Client,
    load,
    process::{EMAIL, Installation, PASSWORD, Server},
    serve::{USER, USER_CONSTANT, VERIFY, VERIFY_CONSTANT},
    table::{self, median, two, whole},
};

const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// The number of different tokens in use.
const TOKENS: usize = 1000;

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = filled(effort, "checks", TOKENS, TOKENS)?;
    let tokens = installation.folder.join("credentials");
    for (log, said) in [
        ("info", "with a log line for each, the default"),
        ("warn", "without a log line for each, `NARTHEX_LOG=warn`"),
    ] {
        table::heading(
            &format!("A check compared with a constant, {said}"),
            &[
                "request",
                "connections",
                "answers a second",
                "of the constant in the same app",
                "of the constant in a bare server",
                "CPU of the server in µs: check",
                "constant",
                "bare",
            ],
        );
        let header = fs::read_to_string(&tokens)?;
        let header = header.lines().next().ok_or("no token")?;
        let server = installation.serve_with_constants(log, header)?;
        let session = installation.folder.join("session");
        fs::write(&session, sign_in(&server)?)?;
        for (name, credentials, path, constant) in [
            ("`GET /api/v1/user`, token", &tokens, USER, USER_CONSTANT),
            (
                "`GET /auth/verify`, token",
                &tokens,
                VERIFY,
                VERIFY_CONSTANT,
            ),
            ("`GET /api/v1/user`, session", &session, USER, USER_CONSTANT),
            (
                "`GET /auth/verify`, session",
                &session,
                VERIFY,
                VERIFY_CONSTANT,
            ),
        ] {
            for connections in CONNECTIONS {
                let work = Work {
                    server: &server,
                    credentials,
                    path,
                    constant,
                    connections,
                };
                work.row(name, effort)?;
            }
        }
        // The variation of the same request compared with itself, on this machine.
        for connections in CONNECTIONS {
            let work = Work {
                server: &server,
                credentials: &tokens,
                path: USER_CONSTANT,
                constant: USER_CONSTANT,
                connections,
            };
            work.row("the constant itself", effort)?;
        }
    }
    Ok(())
}

/// The cookie header of a browser that signed in.
fn sign_in(server: &Server) -> Result<String> {
    let form = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let answer = Client::connect(&server.address)?.send("POST", "/login", &[kind], &form)?;
    let answer = answer.expect(303)?;
    let cookie = answer.header("set-cookie").ok_or("no cookie")?;
    let cookie = cookie.split(';').next().unwrap_or_default();
    Ok(format!("Cookie: {cookie}\n"))
}

struct Work<'a> {
    server: &'a Server,
    credentials: &'a PathBuf,
    path: &'a str,
    constant: &'a str,
    connections: usize,
}

/// Responses a second, and the CPU time of the server for one.
type Figures = (f64, f64);

impl Work<'_> {
    fn row(&self, name: &str, effort: &Effort) -> Result<()> {
        let (mut checks, mut constants, mut bares) = (Vec::new(), Vec::new(), Vec::new());
        // Uses each credential once, so that it is cached.
        self.ask(&self.server.address, self.path, effort)?;
        for _ in 0..effort.rounds {
            constants.push(self.ask(&self.server.address, self.constant, effort)?);
            checks.push(self.ask(&self.server.address, self.path, effort)?);
            bares.push(self.ask(&self.server.bare, self.constant, effort)?);
        }
        let rates = |of: &[Figures]| median(of.iter().map(|figures| figures.0).collect());
        let times = |of: &[Figures]| median(of.iter().map(|figures| figures.1).collect());
        let ratio = |to: &[Figures]| {
            let each = checks.iter().zip(to);
            table::ratio(each.map(|(check, to)| check.0 / to.0))
        };
        table::row(&[
            &name,
            &self.connections,
            &whole(rates(&checks)),
            &ratio(&constants),
            &ratio(&bares),
            &two(times(&checks)),
            &two(times(&constants)),
            &two(times(&bares)),
        ]);
        Ok(())
    }

    fn ask(&self, address: &str, path: &str, effort: &Effort) -> Result<Figures> {
        let before = self.server.microseconds()?;
        let credentials: &Path = self.credentials;
        let answers = load::ask(address, path, credentials, self.connections, effort.takes)?;
        let took = self.server.microseconds()? - before;
        Ok((answers.a_second, took / answers.count))
    }
}

/// A file with one token of the account, for other parts.
pub fn one_token(installation: &Installation) -> Result<PathBuf> {
    let path = installation.folder.join("one");
    fs::write(&path, installation.add_token(EMAIL)? + "\n")?;
    Ok(path)
}
