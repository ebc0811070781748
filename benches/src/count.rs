//! Counts the instructions of one check. A count, unlike a time, is the same on a busy machine, so
//! that a change that makes a check more expensive is noticed at once.

use std::{
    collections::BTreeMap, fs, net::SocketAddr, path::Path, process::Command, sync::Arc, thread,
    time::Duration,
};

use actix_web::{
    App,
    dev::{Service, ServiceResponse},
    http::StatusCode,
    rt::SystemRunner,
    test,
};
use clap::ValueEnum;
use narthex::{
    app_state::{AppState, MIGRATIONS},
    cli::logging::{self, LogMode},
    config::{Settings, Sources},
    crypto::rng::SystemRandom,
    db,
    http::server,
    util::clock::SystemClock,
};

use crate::{
    Result, database,
    serve::{USER, VERIFY},
    table::say,
};

/// The kinds of checks that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// `GET /api/v1/user` with a token
    UserByToken,
    /// `GET /api/v1/user` with a session
    UserBySession,
    /// `GET /auth/verify` with a token
    VerifyByToken,
    /// `GET /auth/verify` with a session
    VerifyBySession,
    /// `GET /api/v1/user` with a token, and a line in the log
    UserByTokenLogged,
}

impl Sort {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    const fn path(self) -> &'static str {
        match self {
            Self::UserByToken | Self::UserBySession | Self::UserByTokenLogged => USER,
            Self::VerifyByToken | Self::VerifyBySession => VERIFY,
        }
    }

    const fn by_session(self) -> bool {
        matches!(self, Self::UserBySession | Self::VerifyBySession)
    }
}

/// The number of checks that are counted.
const TIMES: u64 = 200;
/// The increase that is tolerated, in percent. Each count is printed, so that smaller increases are
/// seen before they add up to this one.
const TOLERATED: u64 = 15;

/// Makes `times` checks in this thread, through everything that Narthex adds to a request except
/// the connection.
pub fn check(sort: Sort, times: u32) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("narthex-count-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let done = checks(sort, times, &folder);
    drop(fs::remove_dir_all(&folder));
    done
}

fn checks(sort: Sort, times: u32, folder: &Path) -> Result<()> {
    let path = folder.join("narthex.db");
    let url = format!("sqlite://{}", path.display());
    let sources = Sources::of([("DATABASE_URL", &*url)])?;
    let settings = Settings::read(&sources)?;
    let _log = (sort == Sort::UserByTokenLogged)
        .then(|| logging::start(LogMode::Server, &sources, &settings))
        .transpose()?;
    let keys = settings.signing_keys(&SystemRandom)?;
    db::run_pending(&settings.database.url, MIGRATIONS)?;
    let credentials = folder.join("credentials");
    database::fill(&path, 1, 1, &credentials)?;
    let runtime = actix_web::rt::System::new();
    let state = AppState::open(settings, Arc::new(SystemClock), Arc::new(SystemRandom))?;
    let app = App::new().service(server::service_with_routes(&state, &keys, |_| {}));
    let app = runtime.block_on(test::init_service(app));
    let credential = if sort.by_session() {
        let form = [
            ("name", "Ada Lovelace"),
            ("email", "ada@example.com"),
            ("password", "a long enough password"),
        ];
        let request = test::TestRequest::post().uri("/register").set_form(form);
        let answer = ask(&runtime, &app, from_here(request).to_request())?;
        let cookie = answer.headers().get("set-cookie").ok_or("no cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        ("Cookie", cookie.to_owned())
    } else {
        let header = fs::read_to_string(&credentials)?;
        let value = header.trim().split_once(": ").ok_or("no token")?.1;
        ("Authorization", value.to_owned())
    };
    let request = || {
        let request = test::TestRequest::get().uri(sort.path());
        let request = from_here(request).insert_header((credential.0, &*credential.1));
        request.to_request()
    };
    // Until the credential is cached, and everything that the first request allocates exists.
    while state.cluster().cached_credentials() == 0 {
        drop(ask(&runtime, &app, request())?);
        thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..50 {
        drop(ask(&runtime, &app, request())?);
    }
    for _ in 0..times {
        let answer = one_check(&runtime, &app, request())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the status was {}", answer.status()).into());
        }
    }
    Ok(())
}

/// The function whose instructions are counted: valgrind gets this name.
#[inline(never)]
fn one_check<R, S: Service<R, Response = ServiceResponse, Error = actix_web::Error>>(
    runtime: &SystemRunner,
    app: &S,
    request: R,
) -> Result<ServiceResponse> {
    ask(runtime, app, request)
}

fn ask<R, S: Service<R, Response = ServiceResponse, Error = actix_web::Error>>(
    runtime: &SystemRunner,
    app: &S,
    request: R,
) -> Result<ServiceResponse> {
    let answer = runtime.block_on(app.call(request));
    answer.map_err(|error| error.to_string().into())
}

fn from_here(request: test::TestRequest) -> test::TestRequest {
    request
        .insert_header(("Host", "127.0.0.1:8080"))
        .peer_addr(SocketAddr::from(([127, 0, 0, 1], 50_000)))
}

/// Counts each kind and compares it with the stored count.
pub fn compare(kept: &Path, write: bool) -> Result<()> {
    let counted = count_all()?;
    if write {
        let lines = counted
            .iter()
            .map(|(name, count)| format!("{name} = {count}\n"));
        fs::write(kept, HEAD.to_owned() + &lines.collect::<String>())?;
    }
    let text = fs::read_to_string(kept)?;
    let kept: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, count)| Ok((name, count.parse()?)))
        .collect::<Result<_>>()?;
    let mut dearer = Vec::new();
    for (name, count) in &counted {
        let before = *kept
            .get(&**name)
            .ok_or_else(|| format!("{name} has no stored count"))?;
        let change = (*count as f64 / before as f64 - 1.0) * 100.0;
        say(&format!(
            "{name}: {count} instructions, {before} before ({change:+.1} %)"
        ));
        if count * 100 > before * (100 + TOLERATED) {
            dearer.push(&**name);
        }
    }
    if dearer.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more than {TOLERATED} % more instructions: {}. If that is worth it, store the new counts \
         with scripts/check-instructions --write and give the reason in the commit.",
        dearer.join(", ")
    )
    .into())
}

const HEAD: &str = "\
# The instructions of one check, as valgrind counts them. `scripts/check-instructions` compares them,
# and writes this file with `--write`.
";

/// Counts each kind. Valgrind uses one processor, so the counts are made at the same time.
fn count_all() -> Result<BTreeMap<String, u64>> {
    thread::scope(|scope| {
        let counts: Vec<_> = Sort::value_variants()
            .iter()
            .map(|&sort| {
                let count = scope.spawn(move || count(sort).map_err(|error| error.to_string()));
                (sort.name(), count)
            })
            .collect();
        let finished = counts.into_iter().map(|(name, count)| {
            let count = count
                .join()
                .map_err(|_| "a thread that counts has panicked")??;
            Ok((name, count))
        });
        finished.collect()
    })
}

/// The instructions of one check in the thread that makes it. Those of other threads depend on how
/// long the check takes.
fn count(sort: Sort) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*count::one_check*")
        .arg(std::env::current_exe()?)
        .args(["check", &sort.name(), &TIMES.to_string()])
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line = stderr
        .lines()
        .find_map(|line| line.split_once("Collected :"));
    match line {
        Some((_, count)) if output.status.success() => Ok(count.trim().parse::<u64>()? / TIMES),
        _ => Err(format!("valgrind: {stderr}").into()),
    }
}
