//! The text and the HTML of every mail, in every language of the program, as files in `texts`.
//!
//! A changed mail fails the test, which leaves the new files in `target/mails`. Look at them, and
//! copy them over those in `texts`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use narthex::config::{Settings, Sources};
use narthex::http::mail::{Rendered, Secrets, render};
use narthex::mail::Mail;
use narthex::mail::links::{LinkCode, LinkSecret};
use narthex::mail::notices::{Author, NamedToken, Notice, NoticeEvent, NoticeKind};
use narthex::types::ids::LinkId;
use narthex::types::language_tag::LanguageTag;
use narthex::util::clock::Timestamp;

use crate::support::mail_server::CONTACT;
use crate::support::page::{ADA, GRACE};

const LANGUAGES: [&str; 2] = ["en", "de"];
const MAX_HTML: usize = 15 * 1024;
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn settings() -> Settings {
    let sources = Sources::of([
        ("NARTHEX_SMTP_URL", "smtps://mail.example.com"),
        ("NARTHEX_CONTACT", CONTACT),
        ("NARTHEX_PUBLIC_URL", "https://accounts.example.com"),
        ("NARTHEX_APP_NAME", "Example Shop"),
    ]);
    Settings::read(&sources.unwrap()).unwrap()
}

fn secrets() -> Secrets {
    Secrets {
        link: LinkSecret::parse("c2VjcmV0LW9mLWEtbGluay1mb3ItdGhlLXNuYXBzaG9"),
        code: LinkCode::parse("WDJBMJHT"),
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn token() -> NamedToken {
    NamedToken::new("deploy <b>", "x7Qa")
}

fn event(kind: NoticeKind) -> NoticeEvent {
    let revoked = [("desktop", 2), ("mobile", 1), ("personal", 3)];
    NoticeEvent {
        kind,
        at: at("2026-11-22T12:30:00Z"),
        author: Some(Author::Browser(Some(FIREFOX.to_owned()))),
        ip: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
        revoked: BTreeMap::from(revoked.map(|(kind, count)| (kind.to_owned(), count))),
    }
}

fn of(events: Vec<NoticeEvent>) -> Notice {
    Notice {
        account: ADA.to_owned(),
        events,
        further: 0,
        undo: None,
    }
}

fn notice(kind: NoticeKind) -> Mail {
    Mail::Notice(of(vec![event(kind)]))
}

/// Every mail, by the name of its files.
fn mails() -> Vec<(&'static str, Mail)> {
    let link = LinkId::nil();
    let new = || GRACE.to_owned();
    let restored = || ADA.to_owned();
    let by_operator = |kind| {
        let mut event = event(kind);
        (event.author, event.ip) = (Some(Author::Operator), None);
        Mail::Notice(of(vec![event]))
    };
    let undo = Notice {
        undo: Some(link),
        ..of(vec![event(NoticeKind::EmailChanged { new: new() })])
    };
    let joined = Notice {
        further: 12,
        ..of(vec![event(NoticeKind::TokenCreated(token())); 6])
    };
    let expires = NoticeKind::TokenExpires {
        token: token(),
        expires_at: at("2026-11-29T12:00:00Z"),
    };
    let removed = NoticeKind::AuthenticatorAppRemoved {
        reason: Some("Lost phone, called back".to_owned()),
    };
    vec![
        ("verify-email", Mail::VerifyEmail { link }),
        ("account-exists", Mail::AccountExists),
        ("reset-password", Mail::ResetPassword { link }),
        ("confirm-email", Mail::ConfirmEmail { link }),
        ("verify-notice-email", Mail::VerifyNoticeEmail { link }),
        ("invitation", Mail::Invitation { link }),
        ("address-taken", Mail::AddressTaken),
        ("test", Mail::Test),
        ("password-changed", notice(NoticeKind::PasswordChanged)),
        ("password-reset", notice(NoticeKind::PasswordReset)),
        ("password-removed", notice(NoticeKind::PasswordRemoved)),
        (
            "email-change-requested",
            notice(NoticeKind::EmailChangeRequested { new: new() }),
        ),
        (
            "email-changed",
            notice(NoticeKind::EmailChanged { new: new() }),
        ),
        ("email-changed-undo", Mail::Notice(undo)),
        (
            "email-change-undone",
            notice(NoticeKind::EmailChangeUndone {
                restored: restored(),
            }),
        ),
        (
            "notice-email-entered",
            notice(NoticeKind::NoticeEmailChanged { new: Some(new()) }),
        ),
        (
            "notice-email-removed",
            notice(NoticeKind::NoticeEmailChanged { new: None }),
        ),
        ("new-browser", notice(NoticeKind::NewBrowser)),
        (
            "second-factor-refused",
            notice(NoticeKind::SecondFactorRefused),
        ),
        ("token-created", notice(NoticeKind::TokenCreated(token()))),
        ("token-created-joined", Mail::Notice(joined)),
        (
            "token-used-elsewhere",
            notice(NoticeKind::TokenUsedElsewhere(token())),
        ),
        ("token-expires", notice(expires)),
        (
            "token-leaked",
            by_operator(NoticeKind::TokenLeaked(token())),
        ),
        (
            "authenticator-app-added",
            notice(NoticeKind::AuthenticatorAppAdded),
        ),
        ("authenticator-app-removed", by_operator(removed)),
        (
            "passkey-added",
            notice(NoticeKind::PasskeyAdded {
                name: "Phone".to_owned(),
            }),
        ),
        (
            "passkey-removed",
            notice(NoticeKind::PasskeyRemoved {
                name: "Phone".to_owned(),
                reason: None,
            }),
        ),
        (
            "passkey-copy-suspected",
            notice(NoticeKind::PasskeyCopySuspected {
                name: "Phone".to_owned(),
            }),
        ),
        ("recovery-codes-made", notice(NoticeKind::RecoveryCodesMade)),
        (
            "recovery-code-used",
            notice(NoticeKind::RecoveryCodeUsed { left: 3 }),
        ),
        (
            "app-removal-planned",
            by_operator(NoticeKind::FactorRemovalPlanned {
                passkey: None,
                due_at: at("2026-11-23T12:30:00Z"),
                reason: "Lost phone, called back".to_owned(),
            }),
        ),
        (
            "passkey-removal-planned",
            by_operator(NoticeKind::FactorRemovalPlanned {
                passkey: Some("Phone".to_owned()),
                due_at: at("2026-11-23T12:30:00Z"),
                reason: "Lost phone, called back".to_owned(),
            }),
        ),
        (
            "factor-removal-cancelled",
            notice(NoticeKind::FactorRemovalCancelled),
        ),
        (
            "trusted-browser-added",
            notice(NoticeKind::TrustedBrowserAdded),
        ),
        (
            "trusted-browser-removed",
            notice(NoticeKind::TrustedBrowserRemoved {
                user_agent: Some(FIREFOX.to_owned()),
                reason: None,
            }),
        ),
        ("signed-out", by_operator(NoticeKind::SignedOut)),
        ("account-disabled", by_operator(NoticeKind::AccountDisabled)),
        ("account-deleted", notice(NoticeKind::AccountDeleted)),
    ]
}

/// Every mail in every language: the language, the name of the files and the mail.
fn written() -> Vec<(&'static str, &'static str, Rendered)> {
    let (settings, secrets) = (settings(), secrets());
    let mut all = Vec::new();
    for tag in LANGUAGES {
        let language = settings.languages.chosen(LanguageTag::parse(tag).as_ref());
        for (name, mail) in mails() {
            let written = render(&settings, language, ADA, &mail, &secrets);
            all.push((tag, name, written.unwrap()));
        }
    }
    all
}

fn files(tag: &str, name: &str, mail: &Rendered) -> [(PathBuf, String); 2] {
    let path = |end: &str| Path::new(tag).join(format!("{name}.{end}"));
    let text = format!("Subject: {}\n\n{}\n", mail.subject, mail.text.trim_end());
    [
        (path("txt"), text),
        (path("html"), mail.html.trim_end().to_owned() + "\n"),
    ]
}

#[test]
fn every_mail_has_the_text_of_its_files() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = project.join("tests/suite/mail/texts");
    let made = project.join("target/mails");
    let mut changed = Vec::new();
    let mut expected = BTreeSet::new();
    for (tag, name, mail) in written() {
        for (path, content) in files(tag, name, &mail) {
            let file = made.join(&path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, &content).unwrap();
            if fs::read_to_string(kept.join(&path)).ok().as_ref() != Some(&content) {
                changed.push(path.clone());
            }
            expected.insert(path);
        }
    }
    assert!(
        changed.is_empty(),
        "look at target/mails, then: cp -r target/mails/. tests/suite/mail/texts: {changed:?}"
    );
    for tag in LANGUAGES {
        for file in fs::read_dir(kept.join(tag)).unwrap() {
            let path = Path::new(tag).join(file.unwrap().file_name());
            assert!(expected.contains(&path), "{} is unused", path.display());
        }
    }
}

#[test]
fn every_subject_of_the_catalogue_has_a_mail() {
    let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/i18n/locales/en");
    let catalogue: String = ["mail.ftl", "notices-mail.ftl"]
        .map(|file| fs::read_to_string(locales.join(file)).unwrap())
        .concat();
    let subjects = catalogue
        .lines()
        .filter_map(|line| line.split_once("-subject = { $app }"))
        .map(|(_, end)| format!("Example Shop{end}"));
    let of_mails = written().into_iter().map(|(_, _, mail)| mail.subject);
    let of_mails: BTreeSet<_> = of_mails.collect();
    let missing: Vec<_> = subjects.filter(|one| !of_mails.contains(one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_mail_is_small_and_loads_nothing() {
    for (tag, name, mail) in written() {
        let size = mail.html.len();
        assert!(size <= MAX_HTML, "{tag} {name}: {size} bytes");
        for forbidden in [
            "<img",
            "<link",
            "<script",
            "<iframe",
            "src=",
            "url(",
            "@import",
            "@font-face",
        ] {
            assert!(!mail.html.contains(forbidden), "{tag} {name}: {forbidden}");
        }
    }
}

#[test]
fn every_mail_has_one_link_at_most_below_the_public_url() {
    for (tag, name, mail) in written() {
        for (links, of) in [
            (mail.html.matches("href=\"").count(), &mail.html),
            (mail.text.matches("http").count(), &mail.text),
        ] {
            assert!(links <= 1, "{tag} {name}: {links} links");
            let ours = of.matches("https://accounts.example.com/").count();
            assert_eq!(links, ours, "{tag} {name}");
        }
    }
}

#[test]
fn every_mail_says_the_same_in_text_and_html() {
    for (tag, name, mail) in written() {
        let html = mail.html.replace("&#60;", "<").replace("&#62;", ">");
        for line in mail.text.lines().filter(|line| *line != "-- ") {
            // A detail has its value in an element of its own.
            for part in line.split(": ").map(|part| part.trim_end_matches(':')) {
                assert!(html.contains(part), "{tag} {name}: {part}");
            }
        }
        assert!(html.contains(&format!("<html lang=\"{tag}\">")));
    }
}

#[test]
fn subject_contains_no_code_and_no_secret() {
    for (tag, name, mail) in written() {
        for secret in ["WDJB", "MJHT", "c2Vj", "x7Qa", ADA, GRACE] {
            assert!(!mail.subject.contains(secret), "{tag} {name}");
        }
    }
}
