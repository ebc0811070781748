//! Whether the time of a refusal reveals how near a guess was to a valid secret.

use std::{
    fs,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    cookie::Cookie,
    http::header::{COOKIE, HeaderMap, HeaderValue},
    rt::SystemRunner,
};
use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use narthex::{
    app_state::AppState,
    config::{Settings, SigningKeys, Sources},
    credentials::authenticate,
    crypto::{
        digest::Digest,
        password_hash::PasswordHasher,
        rng::{self, SystemRandom},
        secret::SecretString,
    },
    http::auth::session_cookie::CookieConfig,
    tokens::TokenSecret,
    types::secret_form::SecretForm,
    util::clock::SystemClock,
};

use super::Effort;
use crate::{
    Result,
    client::{Answer, Client},
    database,
    dudect::{Sort, Timed},
    process::{EMAIL, Installation, PASSWORD, Server},
    table,
};

const WRONG: &str = "a long enough passwore";
/// The number of active tokens.
const LIVE: usize = 1000;
/// One less than the wrong passwords after which an account is rate limited.
const TRIES: usize = 4;
/// The number of tokens of each user of [`database::fill`].
const TOKENS_A_USER: usize = 100;
/// The longest wait until the tokens are cached.
const PATIENCE: Duration = Duration::from_secs(30);
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub fn measure(effort: &Effort) -> Result<()> {
    let times = effort.cached;
    let accounts = times / 500;
    let installation = Installation::new(effort.program, "timing")?;
    let credentials = installation.folder.join("credentials");
    let path = installation.database();
    database::fill(&path, accounts * TOKENS_A_USER, LIVE, &credentials)?;
    SqliteConnection::establish(&path.to_string_lossy())?.batch_execute(&format!(
        "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE email = '{EMAIL}')"
    ))?;
    let live = fs::read_to_string(&credentials)?;
    let live: Vec<&str> = live
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(_, secret)| secret)
        .collect();

    table::heading(
        "Whether the time reveals how near a guess was",
        &["", "measured", "near, ns", "far, ns", "t", "seen"],
    );
    control(times)?;
    checksum(&live, times)?;
    digest(&live, times)?;
    let (server, _) = installation.serve("/readyz", "")?;
    let cookie = sign_in(&server)?;
    sign_ins(&server, accounts)?;
    drop(server);

    let url = format!("sqlite://{}", path.display());
    let settings = Settings::read(&Sources::of([("DATABASE_URL", &*url)])?)?;
    let keys = settings.signing_keys(&SystemRandom)?;
    signature(&settings, &keys, &cookie, times)?;
    let runtime = actix_web::rt::System::new();
    let state = AppState::open(settings, Arc::new(SystemClock), Arc::new(SystemRandom))?;
    state.set_node_config(&keys);
    look_ups(&runtime, &state, &live, times)?;
    password(&runtime, state.hasher(), times / 250)
}

/// The control, in which a difference must be found: a comparison that stops at the first
/// difference. Otherwise the other results prove nothing.
fn control(times: usize) -> Result<()> {
    let right = rng::bytes::<32>(&SystemRandom)?;
    let make = |sort| {
        let random = rng::bytes::<32>(&SystemRandom)?;
        Ok(if sort == Sort::Near { right } else { random })
    };
    let timed = Timed::in_turns(times, make, |guess| {
        let mut pairs = guess.iter().zip(&right);
        black_box(pairs.all(|(one, other)| black_box(one) == black_box(other)));
        Ok(())
    })?;
    timed.print_row("control: a comparison that stops at the first difference");
    Ok(())
}

/// The checksum, which is not secret because everyone can compute it. It is measured because it
/// precedes the lookup.
fn checksum(live: &[&str], times: usize) -> Result<()> {
    let make = |sort| {
        let right = one_of(live)?;
        let body = right.get(..34).ok_or("too short a token")?;
        let far = body.to_owned() + &letters(6)?;
        Ok(either(sort, &with_another(right, 39)?, &far))
    };
    let timed = Timed::in_turns(times, make, |text| {
        black_box(TokenSecret::digest_of(text).is_some());
        Ok(())
    })?;
    timed.print_row(
        "the checksum of a token (not secret): wrong in the last of six characters, or in all",
    );
    Ok(())
}

fn digest(live: &[&str], times: usize) -> Result<()> {
    let fixed = one_of(live)?.to_owned();
    let make = |sort| Ok(either(sort, &fixed, &random_token()?));
    let timed = Timed::in_turns(times, make, |secret| {
        black_box(Digest::of(secret.as_bytes()));
        Ok(())
    })?;
    timed.print_row("SHA-256 of a token: always the same one, or a random one");
    Ok(())
}

/// The lookup of a secret that agrees with an active token in 29 of 30 characters, or in none.
fn look_ups(runtime: &SystemRunner, state: &AppState, live: &[&str], times: usize) -> Result<()> {
    let check = |secret: &str| {
        let digest = Digest::of(secret.as_bytes());
        let verdict = authenticate::authenticate(state, SecretForm::Token, digest, None);
        Ok::<bool, narthex::error::Error>(runtime.block_on(verdict)?.is_ok())
    };
    // Until all tokens are cached.
    let begun = Instant::now();
    while state.cluster().cached_credentials() < live.len() {
        for secret in live {
            if !check(secret)? {
                return Err("an active token is refused".into());
            }
        }
        if begun.elapsed() > PATIENCE {
            return Err("the active tokens are not cached".into());
        }
    }
    let make = |sort| {
        let near = with_another(one_of(live)?, 33)?;
        Ok(either(sort, &near, &random_token()?))
    };
    let timed = Timed::in_turns(times, make, |secret| {
        black_box(state.cluster().get(&Digest::of(secret.as_bytes())));
        Ok(())
    })?;
    timed
        .print_row("lookup of a token in the cache: 29 of 30 characters of an active one, or none");
    let timed = Timed::in_turns(times / 5, make, |secret| {
        black_box(check(secret)?);
        Ok(())
    })?;
    timed.print_row("the same with the query of the database");
    Ok(())
}

/// A forged signature that agrees with the right one in 30 of 32 bytes, or in none.
fn signature(settings: &Settings, keys: &SigningKeys, cookie: &str, times: usize) -> Result<()> {
    let rules = CookieConfig::new(settings, keys);
    let cookie = Cookie::parse_encoded(cookie)?;
    // 32 bytes in base64, and then the signed content.
    let (right, content) = cookie
        .value()
        .split_at_checked(44)
        .ok_or("no signed cookie")?;
    let header = |signature: &str| -> Result<HeaderMap> {
        let value = format!("{}={signature}{content}", cookie.name());
        Ok(HeaderMap::from_iter([(
            COOKIE,
            HeaderValue::from_str(&value)?,
        )]))
    };
    if rules.secrets_among(&header(right)?).next().is_none() {
        return Err("the right signature is refused".into());
    }
    let make = |sort| {
        // The last character has four bits of the signature and two zero bits.
        let far = letters(42)? + "A=";
        header(&either(sort, &with_another(right, 41)?, &far))
    };
    let timed = Timed::in_turns(times, make, |headers| {
        black_box(rules.secrets_among(headers).next());
        Ok(())
    })?;
    timed.print_row("the signature of a session cookie: forged in 2 of 32 bytes, or in all");
    Ok(())
}

fn password(runtime: &SystemRunner, hasher: &PasswordHasher, times: usize) -> Result<()> {
    let secret = |text: &str| SecretString::new(text.to_owned());
    let stored = runtime.block_on(hasher.hash(secret(PASSWORD), None))?;
    let make = |sort| Ok(either(sort, PASSWORD, WRONG));
    let timed = Timed::in_turns(times, make, |password| {
        let verdict = async {
            let place = hasher.acquire(None).await?;
            place.verify(secret(password), Some(stored.clone())).await
        };
        black_box(runtime.block_on(verdict)?);
        Ok(())
    })?;
    timed.print_row("Argon2id: the right password, or a wrong one");
    Ok(())
}

/// Signs in with a wrong password for an existing account or for none, like a client does.
fn sign_ins(server: &Server, accounts: usize) -> Result<()> {
    let mut guesses = Vec::new();
    for place in 0..accounts {
        for (sort, name) in [(Sort::Near, "user"), (Sort::Far, "none")] {
            for _ in 0..TRIES {
                let turn = rng::bytes::<8>(&SystemRandom)?;
                guesses.push((turn, (sort, format!("{name}{place}@example.com"))));
            }
        }
    }
    guesses.sort_unstable_by_key(|(turn, _)| *turn);
    let mut client = Client::connect(&server.address)?;
    let mut timed = Timed::default();
    for (_, (sort, email)) in &guesses {
        timed.time(*sort, || {
            post(&mut client, email, WRONG)?.expect(422).map(drop)
        })?;
    }
    timed.print_row("sign-in with a wrong password: an existing account, or none");
    Ok(())
}

/// The cookie of a browser, as the browser sends it: `name=value`.
fn sign_in(server: &Server) -> Result<String> {
    let mut client = Client::connect(&server.address)?;
    let answer = post(&mut client, EMAIL, PASSWORD)?.expect(303)?;
    let cookie = answer.header("set-cookie").ok_or("no cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn post(client: &mut Client, email: &str, password: &str) -> Result<Answer> {
    let password = password.replace(' ', "+");
    let form = format!("email={email}&password={password}");
    let headers = ["Content-Type: application/x-www-form-urlencoded"];
    client.send("POST", "/login", &headers, &form)
}

fn one_of<'a>(live: &[&'a str]) -> Result<&'a str> {
    let place = usize::from(u16::from_le_bytes(rng::bytes::<2>(&SystemRandom)?));
    Ok(live.get(place % live.len().max(1)).ok_or("no live token")?)
}

/// `text` with another letter at this index.
fn with_another(text: &str, place: usize) -> Result<String> {
    let (before, rest) = text.split_at_checked(place).ok_or("too short a text")?;
    let (letter, after) = rest.split_at_checked(1).ok_or("too short a text")?;
    loop {
        let other = letters(1)?;
        if other != letter {
            return Ok([before, &other, after].concat());
        }
    }
}

/// Returns one of the two. Both are copied in the same way, to an equally new address.
fn either(sort: Sort, near: &str, far: &str) -> String {
    match sort {
        Sort::Near => near.to_owned(),
        Sort::Far => far.to_owned(),
    }
}

fn random_token() -> Result<String> {
    Ok("nrx_".to_owned() + &letters(36)?)
}

/// This number of random letters and digits, at most 64.
fn letters(count: usize) -> Result<String> {
    let bytes = rng::bytes::<64>(&SystemRandom)?;
    let letters = bytes.iter().take(count);
    let letters = letters.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
    Ok(letters.map(|letter| char::from(*letter)).collect())
}
