//! The content of each mail. One description gives the plain text and the HTML.

use askama::Template;

use super::notice;
use crate::{
    config::Settings,
    error::{Error, Result},
    http::paths,
    i18n::{self, Language},
    mail::{
        Mail,
        links::{LinkCode, LinkSecret, Purpose},
    },
    types::message::{Message, Text, mail},
};

/// A mail in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML version of the mail.
    pub html: String,
}

/// The secrets of a mail, which exist only while it is sent.
#[derive(Default)]
pub struct Secrets {
    /// The secret of the link.
    pub link: Option<LinkSecret>,
    /// The code.
    pub code: Option<LinkCode>,
}

/// The parts of a mail.
pub(super) struct Content {
    pub(super) subject: Message,
    pub(super) events: Vec<Event>,
    pub(super) reasons: Vec<Message>,
    pub(super) button: Option<Button>,
    pub(super) code: Option<(Message, String)>,
    pub(super) closing: Vec<Message>,
}

/// An event in a notice.
pub(super) struct Event {
    pub(super) sentence: Message,
    pub(super) facts: Vec<Fact>,
}

/// The label and the value of a detail.
pub(super) type Fact = (Message, Text);

/// The one link of a mail.
pub(super) struct Button {
    pub(super) label: Message,
    pub(super) address: String,
}

/// Writes a mail to the address `to`.
///
/// # Errors
/// None are expected, because a template that compiles renders.
pub fn render(
    settings: &Settings,
    language: &Language,
    to: &str,
    mail: &Mail,
    secrets: &Secrets,
) -> Result<Rendered> {
    let content = content(settings, language, to, mail, secrets)?;
    let text = |message: &Message| i18n::text(language, message);
    let texts = |messages: &[Message]| messages.iter().map(text).collect::<Vec<_>>();
    let app = &settings.branding.app_name;
    let contact = settings.mail.contact.as_ref();
    let parts = Parts {
        language: language.tag().to_string(),
        app,
        subject: text(&content.subject),
        events: content
            .events
            .iter()
            .map(|event| event.written(language))
            .collect(),
        reasons: texts(&content.reasons),
        button: content
            .button
            .as_ref()
            .map(|button| (text(&button.label), &*button.address)),
        code: content
            .code
            .as_ref()
            .map(|(label, code)| (text(label), &**code)),
        closing: texts(&content.closing),
        contact: contact.map(|contact| text(&mail::contact(contact.as_str().to_owned()))),
        automatic: text(&mail::automatic(app.clone())),
    };
    Ok(Rendered {
        subject: parts.subject.clone(),
        text: PlainText { parts: &parts }
            .render()
            .map_err(Error::internal)?,
        html: Html { parts: &parts }.render().map_err(Error::internal)?,
    })
}

fn content(
    settings: &Settings,
    language: &Language,
    to: &str,
    mail: &Mail,
    secrets: &Secrets,
) -> Result<Content> {
    let (app, to) = (settings.branding.app_name.clone(), to.to_owned());
    let link = |path: &str| {
        let secret = secrets.link.as_ref();
        let secret = secret.ok_or_else(|| Error::internal("a mail has no link"))?;
        let query = [("token", secret.expose())];
        Ok::<_, Error>(settings.base_url() + &paths::with_query(path, &query))
    };
    let content = match mail {
        Mail::VerifyEmail { .. } => Content {
            subject: mail::verify_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::verify_reason(app, to)],
            button: Some(Button {
                label: mail::verify_button(),
                address: link(paths::VERIFY_EMAIL)?,
            }),
            code: secrets
                .code
                .as_ref()
                .map(|code| (mail::verify_code(), code.expose())),
            closing: vec![
                mail::link_lifetime(Purpose::VerifyEmail.life()),
                mail::verify_ignore(),
            ],
        },
        Mail::AccountExists => Content {
            subject: mail::account_exists_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![
                mail::account_exists_reason(app, to),
                mail::account_exists_forgotten(),
            ],
            button: Some(Button {
                label: mail::account_exists_button(),
                address: settings.base_url() + paths::LOGIN,
            }),
            code: None,
            closing: vec![mail::account_exists_ignore()],
        },
        Mail::VerificationRequested | Mail::ResetRequested => {
            return Err(Error::internal("a request is no mail"));
        }
        Mail::ResetPassword { .. } => Content {
            subject: mail::reset_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::reset_reason(app, to)],
            button: Some(Button {
                label: mail::reset_button(),
                address: link(paths::PASSWORD_RESET)?,
            }),
            code: None,
            closing: vec![
                mail::link_lifetime(Purpose::ResetPassword.life()),
                mail::reset_ignore(),
            ],
        },
        Mail::ConfirmEmail { .. } => Content {
            subject: mail::confirm_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::confirm_reason(app, to)],
            button: Some(Button {
                label: mail::confirm_button(),
                address: link(paths::EMAIL_CONFIRM)?,
            }),
            code: None,
            closing: vec![
                mail::link_lifetime(Purpose::ConfirmEmail.life()),
                mail::confirm_ignore(),
            ],
        },
        Mail::VerifyNoticeEmail { .. } => Content {
            subject: mail::verify_notice_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::verify_notice_reason(app, to)],
            button: Some(Button {
                label: mail::confirm_button(),
                address: link(paths::NOTICE_EMAIL_CONFIRM)?,
            }),
            code: None,
            closing: vec![
                mail::link_lifetime(Purpose::VerifyNoticeEmail.life()),
                mail::confirm_ignore(),
            ],
        },
        Mail::Invitation { .. } => Content {
            subject: mail::invitation_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::invitation_reason(app, to)],
            button: Some(Button {
                label: mail::invitation_button(),
                address: link(paths::INVITATION)?,
            }),
            code: None,
            closing: vec![
                mail::link_lifetime(Purpose::Invitation.life()),
                mail::invitation_ignore(),
            ],
        },
        Mail::AddressTaken => Content {
            subject: mail::account_exists_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::address_taken_reason(app, to)],
            button: None,
            code: None,
            closing: vec![mail::account_exists_ignore()],
        },
        Mail::Notice(notice) => {
            let undo = notice.undo.map(|_| link(paths::EMAIL_UNDO)).transpose()?;
            return notice::content(settings, language, notice, undo);
        }
        Mail::Test => Content {
            subject: mail::test_subject(app.clone()),
            events: Vec::new(),
            reasons: vec![mail::test_reason(app)],
            button: None,
            code: None,
            closing: Vec::new(),
        },
    };
    Ok(content)
}

/// The texts of a mail in a language.
struct Parts<'a> {
    language: String,
    app: &'a str,
    subject: String,
    events: Vec<WrittenEvent>,
    reasons: Vec<String>,
    button: Option<(String, &'a str)>,
    code: Option<(String, &'a str)>,
    closing: Vec<String>,
    contact: Option<String>,
    automatic: String,
}

/// An event in a language, with the labels and the values of its details.
struct WrittenEvent {
    sentence: String,
    facts: Vec<(String, String)>,
}

impl Event {
    fn written(&self, language: &Language) -> WrittenEvent {
        let facts = self.facts.iter();
        WrittenEvent {
            sentence: i18n::text(language, &self.sentence),
            facts: facts
                .map(|(label, value)| (i18n::text(language, label), i18n::written(language, value)))
                .collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/mail.txt", escape = "txt")]
struct PlainText<'a> {
    parts: &'a Parts<'a>,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Html<'a> {
    parts: &'a Parts<'a>,
}
