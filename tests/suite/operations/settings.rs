//! Settings: a flag, then the environment, then `narthex.toml`, then the default. An invalid value
//! stops the start with one line that names the key, the value and a valid form.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use narthex::config::keys;

use crate::support::binary::{Narthex, Outcome};
use crate::support::client::AnonymousClient;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// A key, an invalid value, and words of the hint in the message. The values of `DATABASE_URL` and
/// `NARTHEX_SECRET_KEY` are never shown; [`expect_named`] knows them.
const INVALID: &[(&str, &str, &str)] = &[
    ("DATABASE_URL", "narthex.db", "sqlite://PATH"),
    ("DATABASE_URL", "sqlite://", "sqlite://PATH"),
    (
        "DATABASE_URL",
        "mysql://root@localhost/narthex",
        "postgres://",
    ),
    (
        "DATABASE_URL_FILE",
        "no-such-file",
        "give a file with the secret",
    ),
    ("NARTHEX_LISTEN", "8080", "127.0.0.1:8080"),
    ("NARTHEX_LISTEN", "id.example.com:8080", "127.0.0.1:8080"),
    ("NARTHEX_LISTEN", "unix:narthex.sock", "unix:/run"),
    (
        "NARTHEX_LISTEN",
        "unix:/run/narthex.sock",
        "NARTHEX_PUBLIC_URL",
    ),
    ("NARTHEX_LISTEN", "127.0.0.1:70000", "127.0.0.1:8080"),
    ("NARTHEX_COOKIE_NAME", "a b", "letters"),
    ("NARTHEX_COOKIE_NAME", "__Host-a", "__Host-"),
    ("NARTHEX_COOKIE_NAME", "n%61rthex", "letters"),
    ("NARTHEX_HSTS", "includeSubDomains", "max-age"),
    ("NARTHEX_HSTS", "max-age=1; max-age=2", "max-age"),
    ("NARTHEX_HSTS", "max-age=1; evil", "max-age"),
    ("NARTHEX_PUBLIC_URL", "accounts.example.com", "https://"),
    ("NARTHEX_PUBLIC_URL", "ftp://example.com", "https://"),
    (
        "NARTHEX_PUBLIC_URL",
        "https://example.com/narthex",
        "without a path",
    ),
    ("NARTHEX_PUBLIC_URL", "https://ada@example.com", "https://"),
    (
        "NARTHEX_SECRET_KEY_FILE",
        "no-such-file",
        "give a file with the secret",
    ),
    (
        "NARTHEX_SECRET_KEY",
        "hunter2hunter2",
        "64 or more random bytes",
    ),
    (
        "NARTHEX_SECRET_KEY",
        "c2hvcnRlciB0aGFuIDY0IGJ5dGVz",
        "/dev/urandom",
    ),
    ("NARTHEX_REGISTRATION", "yes", "open or closed"),
    ("NARTHEX_REGISTRATION", "Open", "open or closed"),
    ("NARTHEX_UNVERIFIED", "yes", "withhold or allow"),
    ("NARTHEX_REQUIRE_SECOND_FACTOR", "yes", "all or none"),
    ("NARTHEX_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
    (
        "NARTHEX_TRUSTED_PROXIES",
        "10.0.0.1, proxy",
        "\"proxy\" is not a network",
    ),
    (
        "NARTHEX_TRUSTED_ORIGINS",
        "app.example.com",
        "https://app.example.com",
    ),
    ("NARTHEX_TRUSTED_ORIGINS", "*", "scheme and host"),
    (
        "NARTHEX_TRUSTED_ORIGINS",
        "https://a.example.com, null",
        "\"null\" is not an origin",
    ),
    ("NARTHEX_COOKIE_DOMAIN", "com", "example.com"),
    ("NARTHEX_COOKIE_DOMAIN", "127.0.0.1", "example.com"),
    (
        "NARTHEX_COOKIE_DOMAIN",
        "https://example.com",
        "example.com",
    ),
    (
        "NARTHEX_COOKIE_DOMAIN",
        "elsewhere.example",
        "NARTHEX_PUBLIC_URL",
    ),
    ("NARTHEX_THROTTLE_EXEMPT", "office", "10.0.0.0/8"),
    ("NARTHEX_CONNECTIONS_PER_CLIENT", "0", "such as 1024"),
    ("NARTHEX_CONNECTIONS_PER_CLIENT", "all", "such as 1024"),
    ("NARTHEX_CHANGES_PER_MINUTE", "0", "such as 600"),
    ("NARTHEX_CHANGES_PER_MINUTE", "10/s", "such as 600"),
    ("NARTHEX_TOKEN_PREFIX", "n", "2 to 10 letters or digits"),
    (
        "NARTHEX_TOKEN_PREFIX",
        "narthextoken",
        "2 to 10 letters or digits",
    ),
    ("NARTHEX_TOKEN_PREFIX", "nrx_", "2 to 10 letters or digits"),
    ("NARTHEX_TOKEN_MAX_AGE", "never", "90d"),
    ("NARTHEX_FOREIGN_TOKENS", "sanctum,gitlab", "better-auth"),
    ("NARTHEX_TOKEN_MAX_AGE", "0", "over zero"),
    ("NARTHEX_DEVICE_TOKEN_AGE", "0", "never"),
    ("NARTHEX_DEVICE_TOKEN_AGE", "a year", "never"),
    ("NARTHEX_SESSION_IDLE", "2", "2h"),
    ("NARTHEX_SESSION_IDLE", "-2h", "over zero"),
    ("NARTHEX_SESSION_MAX", "0s", "over zero"),
    ("NARTHEX_SESSION_MAX", "1 month", "90d"),
    ("NARTHEX_REMEMBER_IDLE", "two weeks", "90d"),
    ("NARTHEX_REMEMBER_MAX", "401d", "at most 400d"),
    ("NARTHEX_CONFIRM_FOR", "15 minutes ago", "15m"),
    ("NARTHEX_TRUST_BROWSER", "on", "30d, or off"),
    ("NARTHEX_TRUST_BROWSER", "0d", "30d, or off"),
    ("NARTHEX_TRUST_BROWSER", "401d", "at most 400d"),
    ("NARTHEX_LAST_USED_EVERY", "often", "30s"),
    ("NARTHEX_KEEP_ENDED", "101y", "90d"),
    ("NARTHEX_DRAIN", "0s", "over zero"),
    ("NARTHEX_DATABASE_SCHEMA", "Narthex", "a-z, 0-9 and _"),
    (
        "NARTHEX_DATABASE_SCHEMA",
        "narthex",
        "SQLite has no schemas",
    ),
    ("NARTHEX_DATABASE_CONNECTIONS", "1", "from 2 to 1000"),
    ("NARTHEX_DATABASE_CONNECTIONS", "a few", "from 2 to 1000"),
    ("NARTHEX_MEMORY_ENTRIES", "many", "such as 100000"),
    ("NARTHEX_MEMORY_SIZE", "64", "such as 64MiB"),
    ("NARTHEX_MEMORY_SIZE", "0MiB", "such as 64MiB"),
    (
        "NARTHEX_APP_NAME",
        "A name of more than sixty characters, which does not fit into the layout",
        "visible characters",
    ),
    (
        "NARTHEX_APP_URL",
        "shop.example.com",
        "https://shop.example.com/",
    ),
    ("NARTHEX_APP_URL", "javascript:alert(1)", "http or https"),
    ("NARTHEX_LOGO", "/no/such/file", "SVG or PNG"),
    ("NARTHEX_LOGO", "Cargo.toml", "SVG"),
    ("NARTHEX_ACCENT", "reddish", "rebeccapurple"),
    ("NARTHEX_ACCENT", "#1a5fb480", "translucent"),
    ("NARTHEX_GEOIP", "/no/such/file", "GeoLite2-City.mmdb"),
    ("NARTHEX_GEOIP", "Cargo.toml", "GeoLite2-City.mmdb"),
    ("NARTHEX_ACCENT", "#ff0", "darker"),
    ("NARTHEX_LANGUAGE", "fr", "one of en, de"),
    (
        "NARTHEX_SMTP_URL",
        "ftp://mail.example.com",
        "smtps://USER@HOST",
    ),
    (
        "NARTHEX_SMTP_URL_FILE",
        "no-such-file",
        "give a file with the secret",
    ),
    (
        "NARTHEX_SMTP_PASSWORD_FILE",
        "no-such-file",
        "give a file with the secret",
    ),
    (
        "NARTHEX_SMTP_CA_FILE",
        "no-such-file",
        "give a file with certificates in PEM",
    ),
    ("NARTHEX_MAIL_FROM", "nobody", "Shop <accounts@example.com>"),
    ("NARTHEX_CONTACT", "somebody", "help@example.com"),
    (
        "NARTHEX_LANGUAGES_DIR",
        "/no/such/directory",
        "give a directory",
    ),
    ("NARTHEX_CSP_REPORT_URI", "/report", "http or https URL"),
    (
        "NARTHEX_CSP_REPORT_URI",
        "https://a.example/r;x",
        "semicolon",
    ),
    (
        "NARTHEX_CSP_REPORT_URI",
        "https://a.example/r#part",
        "fragment",
    ),
    ("NARTHEX_METRICS_LISTEN", "9100", "127.0.0.1:8080"),
    ("NARTHEX_LOG", "verbose", "narthex=debug"),
    ("NARTHEX_LOG", "info,inof", "narthex=debug"),
    ("NARTHEX_LOG", "narthex=loud", "narthex=debug"),
    ("NARTHEX_LOG_FORMAT", "xml", "text or json"),
];

/// Every setting with a valid value that is not its default. All of them fit together.
const VALID: &[(&str, &str)] = &[
    ("DATABASE_URL", "sqlite://other.db"),
    ("NARTHEX_DATABASE_CONNECTIONS", "20"),
    ("NARTHEX_LISTEN", "[::1]:0"),
    ("NARTHEX_PUBLIC_URL", "https://accounts.example.com/"),
    ("NARTHEX_REGISTRATION", "closed"),
    ("NARTHEX_UNVERIFIED", "allow"),
    ("NARTHEX_REQUIRE_SECOND_FACTOR", "all"),
    ("NARTHEX_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1"),
    (
        "NARTHEX_TRUSTED_ORIGINS",
        "https://app.example.com,http://localhost:3000",
    ),
    ("NARTHEX_COOKIE_DOMAIN", "example.com"),
    ("NARTHEX_COOKIE_NAME", "shop-session_2"),
    ("NARTHEX_HSTS", "max-age=0; includeSubDomains"),
    ("NARTHEX_THROTTLE_EXEMPT", "192.0.2.0/24"),
    ("NARTHEX_CONNECTIONS_PER_CLIENT", "64"),
    ("NARTHEX_CHANGES_PER_MINUTE", "6000"),
    ("NARTHEX_TOKEN_PREFIX", "Shop1"),
    ("NARTHEX_TOKEN_MAX_AGE", "1h30m"),
    ("NARTHEX_DEVICE_TOKEN_AGE", "never"),
    ("NARTHEX_FOREIGN_TOKENS", "sanctum-any, knox"),
    ("NARTHEX_SESSION_IDLE", "30m"),
    ("NARTHEX_SESSION_MAX", "1 day"),
    ("NARTHEX_REMEMBER_IDLE", "30d"),
    ("NARTHEX_REMEMBER_MAX", "400d"),
    ("NARTHEX_CONFIRM_FOR", "5m"),
    ("NARTHEX_TRUST_BROWSER", "30d"),
    ("NARTHEX_LAST_USED_EVERY", "1s"),
    ("NARTHEX_KEEP_ENDED", "1w"),
    ("NARTHEX_DRAIN", "5s"),
    ("NARTHEX_MEMORY_ENTRIES", "0"),
    ("NARTHEX_MEMORY_SIZE", "16 MiB"),
    ("NARTHEX_APP_NAME", "Shop"),
    ("NARTHEX_APP_URL", "https://shop.example.com/"),
    (
        "NARTHEX_LOGO",
        concat!(env!("CARGO_MANIFEST_DIR"), "/static/icon.svg"),
    ),
    ("NARTHEX_ACCENT", "#1a5fb4"),
    ("NARTHEX_LANGUAGE", "de"),
    ("NARTHEX_SMTP_URL", "smtp://127.0.0.1:2525?tls=none"),
    (
        "NARTHEX_SMTP_CA_FILE",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/suite/support/mail_server/authority.pem"
        ),
    ),
    ("NARTHEX_MAIL_FROM", "Shop <accounts@example.com>"),
    ("NARTHEX_CONTACT", "help@example.com"),
    (
        "NARTHEX_LANGUAGES_DIR",
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/i18n/locales"),
    ),
    ("NARTHEX_CSP_REPORT_URI", "https://csp.example.com/report"),
    ("NARTHEX_METRICS_LISTEN", "127.0.0.1:0"),
    ("NARTHEX_LOG", "warn,narthex=debug"),
    ("NARTHEX_LOG_FORMAT", "json"),
];

/// The name of a setting as a flag and as a key in `narthex.toml`.
fn names(env: &str) -> (String, String) {
    let key = keys().find(|key| key.env == env).expect("a setting");
    (format!("--{}", key.flag()), key.toml())
}

fn file_with(key: &str, value: &str) -> String {
    format!("{key} = {}\n", toml_text(value))
}

/// A string in TOML. JSON's notation is valid in TOML.
fn toml_text(value: &str) -> String {
    serde_json::to_string(value).expect("a text")
}

/// Expects that `narthex serve` does not start, and returns its one line.
#[track_caller]
fn start_error(narthex: &Narthex, arguments: &[&str]) -> String {
    match narthex.try_serve(arguments) {
        Ok(_) => panic!("the server started with {arguments:?}"),
        Err(outcome) => outcome.expect_error(),
    }
}

#[track_caller]
fn expect_named(line: &str, place: &str, env: &str, value: &str, hint: &str) {
    let shown = match env {
        "DATABASE_URL" | "NARTHEX_SECRET_KEY" | "NARTHEX_SMTP_URL" => "(not shown)".to_owned(),
        _ => format!("\"{value}\""),
    };
    assert!(line.starts_with(&format!("{place} is {shown}: ")), "{line}");
    assert!(line.contains(hint), "{line}");
}

#[test]
fn every_setting_is_tested_with_both_kinds_of_value() {
    let all: BTreeSet<&str> = keys().map(|key| key.env).collect();
    let mut invalid: BTreeSet<&str> = INVALID.iter().map(|(env, ..)| *env).collect();
    // Every text is a password.
    invalid.insert("NARTHEX_SMTP_PASSWORD");
    assert_eq!(invalid, all);
    let mut valid: BTreeSet<&str> = VALID.iter().map(|(env, _)| *env).collect();
    // A secret is never an argument, the others need a file, and the schema needs PostgreSQL.
    // They have their own tests.
    valid.extend([
        "NARTHEX_DATABASE_SCHEMA",
        "NARTHEX_SECRET_KEY",
        "NARTHEX_SECRET_KEY_FILE",
        "DATABASE_URL_FILE",
        "NARTHEX_GEOIP",
        "NARTHEX_SMTP_URL_FILE",
        "NARTHEX_SMTP_PASSWORD",
        "NARTHEX_SMTP_PASSWORD_FILE",
    ]);
    assert_eq!(valid, all);
}

#[test]
fn invalid_environment_variable_stops_the_start() {
    for (env, value, hint) in INVALID {
        let narthex = Narthex::installed().with(env, value);
        expect_named(&start_error(&narthex, &[]), env, env, value, hint);
        expect_no_new_files(&narthex);
    }
}

#[test]
fn invalid_value_in_the_file_stops_the_start() {
    for (env, value, hint) in INVALID {
        // `try_serve` sets this one in the environment, which has priority.
        if *env == "NARTHEX_LISTEN" {
            continue;
        }
        let (_, key) = names(env);
        let narthex = Narthex::installed().with_file("narthex.toml", &file_with(&key, value));
        let place = match *hint {
            // A conflict between two settings is reported with their names in the environment.
            "NARTHEX_PUBLIC_URL" => (*env).to_owned(),
            _ => format!("{key} in narthex.toml"),
        };
        expect_named(&start_error(&narthex, &[]), &place, env, value, hint);
        expect_no_new_files(&narthex);
    }
}

#[test]
fn invalid_flag_stops_the_start() {
    for (env, value, hint) in INVALID {
        if *env == "NARTHEX_SECRET_KEY" {
            continue;
        }
        let (flag, _) = names(env);
        let narthex = Narthex::installed();
        let place = match *hint {
            "NARTHEX_PUBLIC_URL" => env,
            _ => &*flag,
        };
        let line = start_error(&narthex, &[&format!("{flag}={value}")]);
        expect_named(&line, place, env, value, hint);
        expect_no_new_files(&narthex);
    }
}

#[track_caller]
fn expect_no_new_files(narthex: &Narthex) {
    let created = fs::read_dir(narthex.directory())
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name();
            (name != "narthex.toml").then_some(name)
        });
    assert_eq!(
        created.collect::<Vec<_>>(),
        Vec::<std::ffi::OsString>::new()
    );
}

#[test]
fn valid_values_are_accepted_from_every_source() {
    let migrates = |narthex: Narthex, flags: &[&str]| {
        let outcome = narthex.run(&[flags, &["migrate"]].concat()).expect_code(0);
        assert!(outcome.stdout.starts_with("Done: "), "{outcome:#?}");
        assert!(narthex.directory().join("other.db").exists());
    };
    let by_environment = VALID
        .iter()
        .fold(Narthex::installed(), |narthex, (env, value)| {
            narthex.with(env, value)
        });
    migrates(by_environment, &[]);

    let lines = VALID
        .iter()
        .map(|(env, value)| file_with(&names(env).1, value));
    let file: String = lines.collect();
    migrates(Narthex::installed().with_file("narthex.toml", &file), &[]);
    let elsewhere = Narthex::installed().with_file("other.toml", &file);
    migrates(elsewhere, &["--config", "other.toml"]);

    let flags: Vec<String> = VALID
        .iter()
        .flat_map(|(env, value)| [names(env).0, (*value).to_owned()])
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    migrates(Narthex::installed(), &flags);
}

#[test]
fn empty_value_means_unset_in_every_source() {
    let keys = || keys().map(|key| key.env);
    let environment = keys().fold(Narthex::installed(), |narthex, env| narthex.with(env, ""));
    environment.run(&["migrate"]).expect_code(0);
    assert!(environment.directory().join("narthex.db").exists());

    let lines = keys().map(|env| file_with(&names(env).1, "  "));
    let file: String = lines.collect();
    let narthex = Narthex::installed().with_file("narthex.toml", &file);
    narthex.run(&["migrate"]).expect_code(0);

    let flags: Vec<String> = keys()
        .filter(|env| *env != "NARTHEX_SECRET_KEY")
        .map(|env| format!("{}=", names(env).0))
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let narthex = Narthex::installed();
    narthex
        .run(&[&flags[..], &["migrate"]].concat())
        .expect_code(0);
}

#[test]
fn empty_value_falls_back_to_the_next_source() {
    let narthex = Narthex::installed()
        .with_file("narthex.toml", "database_url = \"sqlite://other.db\"\n")
        .with("DATABASE_URL", "");
    narthex.run(&["migrate"]).expect_code(0);
    assert!(narthex.directory().join("other.db").exists());
    let line = start_error(&narthex.with("NARTHEX_LISTN", ""), &[]);
    assert!(
        line.starts_with("NARTHEX_LISTN is \"\": there is no"),
        "{line}"
    );
}

#[test]
fn variables_of_kubernetes_and_docker_are_ignored() {
    let links = [
        ("NARTHEX_SERVICE_HOST", "10.96.0.10"),
        ("NARTHEX_SERVICE_PORT", "80"),
        ("NARTHEX_SERVICE_PORT_HTTP", "80"),
        ("NARTHEX_PORT", "tcp://10.96.0.10:80"),
        ("NARTHEX_PORT_80_TCP", "tcp://10.96.0.10:80"),
        ("NARTHEX_PORT_80_TCP_ADDR", "10.96.0.10"),
        ("NARTHEX_PORT_80_TCP_PROTO", "tcp"),
        ("NARTHEX_METRICS_PORT_9100_UDP_PORT", "9100"),
        ("NARTHEX_NAME", "/web/narthex"),
        ("NARTHEX_ENV_PATH", "/bin"),
    ];
    let narthex = links
        .iter()
        .fold(Narthex::installed(), |narthex, (name, value)| {
            narthex.with(name, value)
        });
    narthex.run(&["migrate"]).expect_code(0);
    for (name, value) in [("NARTHEX_PORT", "8080"), ("NARTHEX_SERVICE_HOTS", "x")] {
        let line = start_error(&Narthex::installed().with(name, value), &[]);
        assert!(line.starts_with(&format!("{name} is ")), "{line}");
    }
}

const A_KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

#[test]
fn secrets_are_read_from_files_of_any_mode() {
    for (mode, end) in [(0o440, "\n"), (0o444, "\r\n"), (0o400, "")] {
        let narthex = Narthex::installed()
            .with_file("key", &format!("{A_KEY}{end}"))
            .with_file("url", &format!("sqlite://other.db{end}"))
            .with("DATABASE_URL_FILE", "url");
        for file in ["key", "url"] {
            let file = narthex.directory().join(file);
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
        narthex
            .try_serve(&["--secret-key-file", "key"])
            .unwrap_or_else(|outcome| panic!("{outcome:#?}"))
            .stop()
            .expect_code(0);
        assert!(narthex.directory().join("other.db").exists());
        assert!(!narthex.directory().join("narthex.key").exists());
    }
}

#[test]
fn check_warns_of_a_world_readable_secret_file() {
    let narthex = Narthex::installed()
        .with_file("key", A_KEY)
        .with("NARTHEX_SECRET_KEY_FILE", "key");
    for (mode, warns) in [(0o440, false), (0o444, true)] {
        let file = narthex.directory().join("key");
        fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        let found = narthex.run(&["check"]).expect_code(0).stdout;
        assert_eq!(found.contains("warn  secret file"), warns, "{found}");
        assert!(
            found.contains("NARTHEX_SECRET_KEY_FILE contains one"),
            "{found}"
        );
    }
}

#[test]
fn invalid_secret_file_stops_the_start() {
    let too_long = "x".repeat(64 * 1024 + 1);
    for (content, words) in [
        ("", "NARTHEX_SECRET_KEY_FILE is \"key\": it is empty"),
        ("\n", "NARTHEX_SECRET_KEY_FILE is \"key\": it is empty"),
        (&too_long, "NARTHEX_SECRET_KEY_FILE is \"key\": it has more"),
        (
            "hunter2hunter2\n",
            "the content of NARTHEX_SECRET_KEY_FILE is (not shown): give 64",
        ),
    ] {
        let narthex = Narthex::installed()
            .with_file("key", content)
            .with("NARTHEX_SECRET_KEY_FILE", "key");
        let line = start_error(&narthex, &[]);
        assert!(line.starts_with(words), "{line}");
    }
    for (secret, value, file, words) in [
        (
            "NARTHEX_SECRET_KEY",
            A_KEY,
            "secret_key_file = \"key\"",
            "NARTHEX_SECRET_KEY and secret_key_file in narthex.toml are both set",
        ),
        (
            "DATABASE_URL",
            "sqlite://x.db",
            "database_url_file = \"key\"",
            "DATABASE_URL and database_url_file in narthex.toml are both set",
        ),
    ] {
        let narthex = Narthex::installed()
            .with_file("narthex.toml", file)
            .with(secret, value);
        let line = start_error(&narthex, &[]);
        assert!(line.starts_with(words), "{line}");
    }
}

#[test]
fn file_accepts_a_list_or_comma_separated_text() {
    let file = "trusted_proxies = [\"10.0.0.0/8\", \"2001:db8::1\"]\ntrusted_origins = []\n";
    let narthex = Narthex::installed().with_file("narthex.toml", file);
    narthex.run(&["migrate"]).expect_code(0);
    let narthex = narthex.with_file(
        "narthex.toml",
        "trusted_proxies = [\"10.0.0.0/8\", \"x\"]\n",
    );
    let line = narthex.run(&["migrate"]).expect_error();
    assert!(
        line.contains("\"10.0.0.0/8,x\": \"x\" is not a network"),
        "{line}"
    );
}

#[test]
fn flag_overrides_environment_overrides_file_overrides_default() {
    let prefix = |operator: &Operator, flags: &[&str]| {
        let secret = operator.add_token(ADA, "x", flags);
        secret.split('_').next().unwrap().to_owned()
    };
    let operator = Operator::new();
    operator.add_user(ADA);
    assert_eq!(prefix(&operator, &[]), "nrx");
    let file = operator.narthex.directory().join("narthex.toml");
    fs::write(file, "token_prefix = \"file\"\n").unwrap();
    assert_eq!(prefix(&operator, &[]), "file");
    let operator = operator.with("NARTHEX_TOKEN_PREFIX", "environ");
    assert_eq!(prefix(&operator, &[]), "environ");
    assert_eq!(prefix(&operator, &["--token-prefix", "flag"]), "flag");
    let before = ["--token-prefix", "flag", "token", "add", ADA, "--name", "x"];
    assert!(
        operator.run_ok(&before).starts_with("flag_"),
        "the flag may also precede the command"
    );
}

#[test]
fn overridden_invalid_value_is_ignored() {
    let narthex = Narthex::installed()
        .with_file("narthex.toml", "token_prefix = \"!\"\n")
        .with("NARTHEX_TOKEN_PREFIX", "good");
    narthex.run(&["migrate"]).expect_code(0);
}

#[test]
fn unknown_key_is_refused_in_every_source() {
    let narthex = Narthex::installed().with("NARTHEX_LISTN", "127.0.0.1:1");
    let line = start_error(&narthex, &[]);
    let prefix = "NARTHEX_LISTN is \"127.0.0.1:1\": there is no such setting; the settings are ";
    assert!(line.starts_with(prefix), "{line}");
    assert!(keys().all(|key| line.contains(key.env)), "{line}");

    for (file, prefix) in [
        (
            "listn = \"x\"",
            "listn in narthex.toml is \"x\": there is no such setting; ",
        ),
        (
            "NARTHEX_LISTEN = \"x\"",
            "NARTHEX_LISTEN in narthex.toml is \"x\": there is no",
        ),
        (
            "[server]\nlisten = \"x\"",
            "server in narthex.toml is (not shown): there is no",
        ),
    ] {
        let line = start_error(&Narthex::installed().with_file("narthex.toml", file), &[]);
        assert!(line.starts_with(prefix), "{line}");
        assert!(keys().all(|key| line.contains(&key.toml())), "{line}");
    }

    let outcome = Narthex::installed()
        .run(&["serve", "--listn", "x"])
        .expect_code(2);
    assert!(outcome.stderr.contains("--listn"), "{outcome:#?}");
    let outcome = Narthex::installed().run(&["serve", "--listen=1", "--listen=2"]);
    outcome.expect_code(2);
}

#[test]
fn malformed_settings_file_is_refused() {
    for (file, words) in [
        ("listen: 8080\n", "narthex.toml, line 1: "),
        ("\n\nlisten = \n", "narthex.toml, line 3: "),
        ("listen = \"a\"\nlisten = \"b\"\n", "narthex.toml, line 2: "),
        (
            "listen = 8080\n",
            "listen in narthex.toml is 8080: give it as text in quotes",
        ),
        (
            "registration = true\n",
            "registration in narthex.toml is true: give it as text",
        ),
        (
            "abilities = \"*\"\n",
            "abilities in narthex.toml is \"*\": make it a table",
        ),
        (
            "[abilities]\n\"orders:read\" = 1\n",
            "\"orders:read\" is 1: give a text that describes",
        ),
        (
            "[abilities]\n\"Orders\" = \"x\"\n",
            "[abilities] \"Orders\" is \"x\": name it resource:action",
        ),
        (
            "[abilities]\n\"tokens:read\" = \"x\"\n",
            "\"tokens:read\" is \"x\": it is there already",
        ),
    ] {
        let line = Narthex::installed()
            .with_file("narthex.toml", file)
            .run(&["migrate"])
            .expect_error();
        assert!(line.contains(words), "{line}");
    }
    let line = Narthex::installed()
        .run(&["migrate", "--config", "x.toml"])
        .expect_error();
    assert!(
        line.starts_with("--config is \"x.toml\", which cannot be read"),
        "{line}"
    );
}

#[test]
fn error_line_escapes_control_characters_of_the_value() {
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "a\nb\u{1b}[2J");
    let line = start_error(&narthex, &[]);
    assert!(
        line.starts_with(r#"NARTHEX_LISTEN is "a b\u{1b}[2J": "#),
        "{line:?}"
    );
    let narthex = Narthex::installed().with("NARTHEX_\u{1b}[2J", "x");
    let line = start_error(&narthex, &[]);
    assert!(
        line.starts_with(r#"NARTHEX_\u{1b}[2J is "x": "#),
        "{line:?}"
    );
}

#[test]
fn secrets_never_appear_in_errors() {
    const SECRET: &str = "hunter2hunter2";
    let quoted = format!("\"{SECRET}\"");
    let expect_hidden = |outcome: Outcome| {
        assert!(matches!(outcome.code, Some(1 | 2)), "{outcome:#?}");
        assert!(!outcome.stderr.contains("hunter2"), "{outcome:#?}");
    };
    for (name, value) in [
        ("NARTHEX_SECRET_KEY", SECRET),
        ("NARTHEX_SECRET_KEYS", SECRET),
        ("NARTHEX_COOKIE_PASSWORD", SECRET),
        ("NARTHEX_TOKEN", SECRET),
        ("DATABASE_URL", "postgresq://ada:hunter2@localhost/n"),
        ("NARTHEX_DATABASE_URL", "postgres://ada:hunter2@localhost/n"),
    ] {
        expect_hidden(Narthex::installed().with(name, value).run(&["serve"]));
    }
    for file in [
        format!("secret_key = {quoted}"),
        format!("secret_keys = {quoted}"),
        format!("secret_key = \"{SECRET}"),
        format!("secret_key = [{quoted}, 1]"),
        format!("[secret_key]\nfirst = {quoted}"),
        format!("[server]\nsecret_key = {quoted}"),
        format!("secret_key = {quoted}\nsecret_key = {quoted}"),
    ] {
        expect_hidden(
            Narthex::installed()
                .with_file("narthex.toml", &file)
                .run(&["serve"]),
        );
    }
    let narthex = Narthex::installed();
    for flag in [
        &["--secret-key", SECRET][..],
        &["--secret-key=hunter2hunter2"],
        &["--database-url=postgres://ada:hunter2@localhost/n"],
        &["--database-url=postgres://localhost/n?user=ada&password=hunter2"],
    ] {
        expect_hidden(narthex.run(&[&["serve"], flag].concat()));
    }
}

#[test]
fn secret_key_has_no_flag_and_flags_accept_no_password() {
    let narthex = Narthex::installed();
    narthex.run(&["serve", "--secret-key", "x"]).expect_code(2);
    let line = start_error(&narthex, &["--database-url=postgres://ada:x@localhost/n"]);
    assert!(
        line.starts_with("--database-url is (not shown): it contains a password"),
        "{line}"
    );
    assert!(line.contains("DATABASE_URL or in narthex.toml"), "{line}");
}

#[cfg(not(feature = "pg-tls"))]
#[test]
fn url_with_tls_is_refused_without_the_tls_feature() {
    for parameters in [
        "sslmode=require",
        "sslmode=verify-full&sslrootcert=/etc/ca.pem",
    ] {
        let url = format!("postgres://ada:hunter2@db.example.com/narthex?{parameters}");
        let line = start_error(&Narthex::installed().with("DATABASE_URL", &url), &[]);
        assert!(
            line.starts_with("DATABASE_URL is (not shown): it requires TLS"),
            "{line}"
        );
        assert!(line.contains("--features pg-tls"), "{line}");
    }
}

#[test]
fn cookie_domain_must_contain_the_public_host() {
    for (url, domain) in [
        ("https://accounts.example.com", "ample.com"),
        ("https://accounts.example.com", "www.accounts.example.com"),
        ("https://example.org", "example.com"),
    ] {
        let narthex = Narthex::installed()
            .with("NARTHEX_PUBLIC_URL", url)
            .with("NARTHEX_COOKIE_DOMAIN", domain);
        let line = start_error(&narthex, &[]);
        assert!(
            line.starts_with(&format!("NARTHEX_COOKIE_DOMAIN is \"{domain}\": ")),
            "{line}"
        );
    }
    for domain in ["example.com", ".example.com", "accounts.example.com"] {
        Narthex::installed()
            .with("NARTHEX_PUBLIC_URL", "https://accounts.example.com")
            .with("NARTHEX_COOKIE_DOMAIN", domain)
            .run(&["migrate"])
            .expect_code(0);
    }
}

#[test]
fn address_in_use_stops_the_start_with_one_line() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let port = serving.url.strip_prefix("http://localhost:").unwrap();
    let taken = format!("127.0.0.1:{port}");
    let line = start_error(&narthex, &["--listen", &taken]);
    assert!(
        line.starts_with(&format!("cannot listen on {taken}: ")),
        "{line}"
    );
    assert!(line.ends_with(" (NARTHEX_LISTEN)"), "{line}");
    // The address of the metrics is another one.
    let line = start_error(
        &narthex,
        &["--listen", "127.0.0.1:0", "--metrics-listen", &taken],
    );
    assert!(
        line.starts_with(&format!("cannot listen on {taken}: ")),
        "{line}"
    );
    assert!(line.ends_with(" (NARTHEX_METRICS_LISTEN)"), "{line}");
}

#[tokio::test]
async fn first_start_creates_a_key_file_for_its_owner_only() {
    let operator = Operator::new();
    let narthex = Narthex::installed().with("DATABASE_URL", operator.database.address());
    let serving = narthex.serve();
    AnonymousClient::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
    let file = key_file(&operator, &narthex);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let created = fs::read(&file).unwrap();
    serving.stop().expect_code(0);
    narthex.serve().stop().expect_code(0);
    assert_eq!(
        fs::read(&file).unwrap(),
        created,
        "the second start uses the same key"
    );
}

/// The path of the key file: beside an SQLite database, or in the working directory with
/// PostgreSQL.
fn key_file(operator: &Operator, narthex: &Narthex) -> std::path::PathBuf {
    match operator.database.address().strip_prefix("sqlite://") {
        Some(database) => std::path::Path::new(database).with_file_name("narthex.key"),
        None => narthex.directory().join("narthex.key"),
    }
}

#[test]
fn readable_or_malformed_key_file_stops_the_start() {
    let narthex = Narthex::installed();
    narthex.serve().stop().expect_code(0);
    let file = narthex.directory().join("narthex.key");
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let line = start_error(&narthex, &[]);
        let words = format!("narthex.key has mode {mode:o}: other users can read it");
        assert!(
            line.contains(&words) && line.contains("chmod 600"),
            "{line}"
        );
    }
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "hunter2\n").unwrap();
    let line = start_error(&narthex, &[]);
    assert!(
        line.starts_with("narthex.key contains no valid key: "),
        "{line}"
    );
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn configured_key_needs_no_key_file() {
    let key =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    let narthex = Narthex::installed().with("NARTHEX_SECRET_KEY", &format!("{key}, {key}"));
    narthex.serve().stop().expect_code(0);
    assert!(!narthex.directory().join("narthex.key").exists());
}

#[test]
fn command_needs_no_key() {
    let narthex = Narthex::installed();
    narthex.run(&["migrate"]).expect_code(0);
    narthex.run(&["user", "list"]).expect_code(0);
    assert!(!narthex.directory().join("narthex.key").exists());
}
