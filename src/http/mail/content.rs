//! The content of each mail. One description gives the plain text and the HTML.

use askama::Template;

use crate::{
    config::Settings,
    error::{Error, Result},
    http::paths,
    i18n::{self, Language},
    mail::{
        Mail,
        links::{Code, LinkSecret, Purpose},
    },
    types::message::{Message, mail},
};

/// A mail in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The secrets of a mail, which exist only while it is sent.
#[derive(Default)]
pub struct Secrets {
    /// The secret of the link.
    pub link: Option<LinkSecret>,
    /// The code.
    pub code: Option<Code>,
}

/// The parts of a mail.
struct Content {
    subject: Message,
    reasons: Vec<Message>,
    button: Option<Button>,
    code: Option<(Message, String)>,
    closing: Vec<Message>,
}

/// The one link of a mail.
struct Button {
    label: Message,
    address: String,
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
    let content = content(settings, to, mail, secrets)?;
    let text = |message: &Message| i18n::text(language, message);
    let texts = |messages: &[Message]| messages.iter().map(text).collect::<Vec<_>>();
    let app = &settings.branding.app_name;
    let contact = settings.mail.contact.as_ref();
    let parts = Parts {
        language: language.tag().to_string(),
        app,
        subject: text(&content.subject),
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

fn content(settings: &Settings, to: &str, mail: &Mail, secrets: &Secrets) -> Result<Content> {
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
        Mail::ResetPassword { .. } => Content {
            subject: mail::reset_subject(app.clone()),
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
        Mail::Test => Content {
            subject: mail::test_subject(app.clone()),
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
    reasons: Vec<String>,
    button: Option<(String, &'a str)>,
    code: Option<(String, &'a str)>,
    closing: Vec<String>,
    contact: Option<String>,
    automatic: String,
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
