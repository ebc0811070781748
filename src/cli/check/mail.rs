//! Checks that the mail server answers.

use super::Findings;
use crate::{
    config::{MailTarget, Settings},
    http::mail::Transport,
};

const MAIL: &str = "mail";

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let Some(target) = &settings.mail.target else {
        return;
    };
    let name = match target {
        MailTarget::Server(server) => format!("{}:{}", server.host, server.port),
        MailTarget::Folder(folder) => {
            return findings.warn(
                MAIL,
                format!(
                    "mails are files in {}, and no user receives one; set NARTHEX_SMTP_URL to a \
                     mail server",
                    folder.display()
                ),
            );
        }
    };
    let tested = Transport::new(settings)
        .map_err(|error| error.to_string())
        .map(|transport| transport.map_or(Ok(()), |transport| transport.test()));
    match tested {
        Ok(Ok(())) => findings.ok(MAIL, format!("{name} answers")),
        // The server starts nevertheless, and sends the mails when the mail server answers.
        Ok(Err(cause)) => findings.warn(MAIL, format!("{name}: {cause}")),
        Err(cause) => findings.fail(MAIL, format!("{name}: {cause}")),
    }
}
