//! The address of an account, and the message to it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use narthex::{
    config::Settings,
    http::mail::{Rendered, build},
    types::{email::Email, ids::JobId},
    util::clock::Timestamp,
};
use narthex_fuzz::settings;

static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| settings(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]));
const NOW: Timestamp = Timestamp::from_micros(1_795_370_700_000_000);
/// The headers of every message, in the order in which they are written.
const HEADERS: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

fuzz_target!(|text: &str| {
    let Ok(email) = Email::parse(text) else {
        return;
    };
    let typed = email.as_str();
    assert_eq!(typed, text.trim());
    assert!(typed.len() <= 254);
    let is_special = |c: char| c.is_control() || c.is_whitespace() || "<>,;:()\"".contains(c);
    assert!(!typed.contains(is_special), "{typed}");
    let (user, domain) = typed.split_once('@').expect("an @");
    assert!(!user.is_empty() && !domain.is_empty() && !domain.contains('@'));
    // The canonical form of an address is that of its canonical form.
    if let Ok(again) = Email::parse(email.canonical()) {
        assert_eq!(again.canonical(), email.canonical());
    } else {
        assert!(email.canonical().len() > 254, "{}", email.canonical());
    }
    check_message(typed);
});

/// Checks that the message has one recipient and no injected header.
fn check_message(to: &str) {
    let content = Rendered {
        subject: "Subject".to_owned(),
        text: "Text".to_owned(),
        html: "<p>Text</p>".to_owned(),
    };
    let id: JobId = "01a205c5-ed92-7e57-835c-f6252ccb0444"
        .parse()
        .expect("an ID");
    let Ok(message) = build(&SETTINGS, id, NOW, to, content) else {
        return;
    };
    let [recipient] = message.envelope().to() else {
        panic!("{to} has {} recipients", message.envelope().to().len());
    };
    let recipient: &str = recipient.as_ref();
    assert_eq!(recipient.matches('@').count(), 1, "{recipient}");
    let formatted = message.formatted();
    let formatted = String::from_utf8_lossy(&formatted);
    let (head, _) = formatted.split_once("\r\n\r\n").expect("a body");
    let fields = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<_> = fields
        .map(|line| line.split(':').next().unwrap_or(""))
        .collect();
    let mut expected = HEADERS.to_vec();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected, "{head}");
}
