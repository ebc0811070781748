//! Builds the message (RFC 5322) of a mail.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use url::Host;

use super::{content::Rendered, transport::host_name};
use crate::{
    config::Settings,
    error::{Error, Result},
    types::ids::JobId,
    util::clock::Timestamp,
};

/// States that no person wrote the mail, so that no program answers it (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Builds the message. Its ID is that of the job, so that a mail that is sent twice is recognised.
///
/// # Errors
/// Fails if `to` is not an address that a mail can have.
pub fn build(
    settings: &Settings,
    id: JobId,
    now: Timestamp,
    to: &str,
    content: Rendered,
) -> Result<Message> {
    let host = host_name(settings.server.public_url.as_ref());
    Message::builder()
        .from(sender(settings)?)
        .to(Mailbox::new(None, recipient(to)?))
        .subject(content.subject)
        .date(now.to_system_time())
        .message_id(Some(format!("<{id}@{host}>")))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            content.text,
            content.html,
        ))
        .map_err(Error::internal)
}

/// Returns the sender of the settings. Without one, it is an address at the host of the pages.
fn sender(settings: &Settings) -> Result<Mailbox> {
    if let Some(sender) = &settings.mail.from {
        return Ok(sender.mailbox().clone());
    }
    let public = settings.server.public_url.as_ref();
    let host = public.and_then(|url| url.domain()).unwrap_or("localhost");
    let address = Address::new("noreply", host).map_err(Error::internal)?;
    Ok(Mailbox::new(
        Some(settings.branding.app_name.clone()),
        address,
    ))
}

/// Returns the address of the recipient, with the domain in the form that mail servers resolve.
fn recipient(typed: &str) -> Result<Address> {
    let malformed = || Error::internal("a stored address is malformed");
    let (user, domain) = typed.rsplit_once('@').ok_or_else(malformed)?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else {
        return Err(malformed());
    };
    Address::new(user, domain).map_err(|_| malformed())
}
