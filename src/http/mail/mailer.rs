//! Sends the mails that are due.

use std::io;

use super::{
    content::{self, Secrets},
    message,
    transport::{SendError, Transport},
};
use crate::{
    accounts::{self, email_change, email_verification},
    app_state::AppState,
    error::{Error, Result},
    i18n::Language,
    jobs::{self, Job, JobKind, Outcome, Settled},
    mail::{Mail, QueuedMail, links},
    passwords::reset,
    types::{
        email::Email,
        ids::{JobId, UserId},
    },
};

/// Sends mails by the transport of the settings.
pub struct Mailer {
    state: AppState,
    transport: Transport,
}

impl Mailer {
    /// Prepares the transport of the settings. `None`: mail is off.
    ///
    /// # Errors
    /// The errors of [`Transport::new`].
    pub fn new(state: AppState) -> io::Result<Option<Self>> {
        let transport = Transport::new(state.settings())?;
        Ok(transport.map(|transport| Self { state, transport }))
    }

    /// Sends all mails that are due, and returns the number of attempts. It blocks the thread while
    /// it waits for the mail server.
    ///
    /// # Errors
    /// Returns an error if the database fails. The mails stay in the outbox.
    pub async fn send_due(&self, is_stopping: impl Fn() -> bool) -> Result<usize> {
        let mut attempts = 0;
        while !is_stopping()
            && let Some(job) = jobs::claim(&self.state, JobKind::Mail).await?
        {
            self.attempt(&job).await?;
            attempts += 1;
        }
        let waiting = jobs::count_waiting(&self.state, JobKind::Mail).await?;
        metrics::gauge!("narthex_mail_queued").set(waiting as f64);
        Ok(attempts)
    }

    /// Sends a test mail at once, past the outbox.
    ///
    /// # Errors
    /// [`Error::Internal`] with the answer of the mail server.
    pub fn send_test(&self, to: &Email) -> Result<()> {
        let queued = QueuedMail {
            to: to.as_str().to_owned(),
            mail: Mail::Test,
        };
        let id = self.state.new_id()?;
        let message = self.write(id, self.default_language(), &queued, &Secrets::default())?;
        self.transport.send(id, &message).map_err(Error::internal)
    }

    async fn attempt(&self, job: &Job) -> Result<()> {
        let queued: std::result::Result<QueuedMail, _> = serde_json::from_str(&job.payload);
        if let Ok(QueuedMail { to, mail }) = &queued {
            match mail {
                Mail::ResetRequested => return reset::begin(&self.state, job, to).await,
                Mail::VerificationRequested => {
                    return email_verification::begin_resend(&self.state, job, to).await;
                }
                _ => {}
            }
        }
        let (name, outcome) = match queued {
            Ok(queued) => (queued.mail.name(), self.outcome(job, &queued).await?),
            // A node of a newer version has written it, and will send it.
            Err(error) => ("unknown", Outcome::Retry(error.to_string())),
        };
        let cause = match &outcome {
            Outcome::Retry(cause) | Outcome::Failed(cause) => cause.clone(),
            Outcome::Done | Outcome::Obsolete => String::new(),
        };
        match jobs::settle(&self.state, job, outcome).await? {
            Settled::Done => {
                metrics::counter!("narthex_mail_sent_total").increment(1);
                tracing::info!(id = %job.id, mail = name, "mail sent");
            }
            Settled::Dropped => {
                tracing::info!(id = %job.id, mail = name, "mail dropped, its link is void");
            }
            Settled::Postponed => {
                metrics::counter!("narthex_mail_failed_total", "final" => "no").increment(1);
                tracing::warn!(id = %job.id, mail = name, cause, "mail not sent; retrying later");
            }
            Settled::Failed => {
                metrics::counter!("narthex_mail_failed_total", "final" => "yes").increment(1);
                tracing::error!(id = %job.id, mail = name, cause, "mail failed");
            }
        }
        Ok(())
    }

    /// Makes one attempt to send a mail.
    async fn outcome(&self, job: &Job, queued: &QueuedMail) -> Result<Outcome> {
        if jobs::is_given_up(&self.state, job) {
            return Ok(Outcome::Failed("the mail is too old".to_owned()));
        }
        let secrets = match self.secrets(&queued.mail).await? {
            Ok(secrets) => secrets,
            Err(outcome) => return Ok(outcome),
        };
        let is_taken = matches!(queued.mail, Mail::ConfirmEmail { .. })
            && email_change::is_taken(&self.state, &queued.to, job.user).await?;
        let (language, queued) = if is_taken {
            let told = QueuedMail {
                to: queued.to.clone(),
                mail: Mail::AddressTaken,
            };
            (self.default_language(), told)
        } else {
            (self.language_of(job.user).await?, queued.clone())
        };
        let message = match self.write(job.id, language, &queued, &secrets) {
            Ok(message) => message,
            Err(error) => return Ok(Outcome::Failed(error.to_string())),
        };
        Ok(match self.transport.send(job.id, &message) {
            Ok(()) => Outcome::Done,
            Err(SendError::Temporary(cause)) => Outcome::Retry(cause),
            Err(SendError::Permanent(cause)) => Outcome::Failed(cause),
        })
    }

    /// Returns the language that the user chose. Without a choice or an account, it is the language
    /// of the settings, because a mail answers no browser.
    async fn language_of(&self, user: Option<UserId>) -> Result<&Language> {
        let Some(user) = user else {
            return Ok(self.default_language());
        };
        match accounts::find(&self.state, user).await {
            Ok(account) => {
                let languages = &self.state.settings().languages;
                Ok(languages.chosen(account.user.language.as_ref()))
            }
            // The account was deleted, which its last mail tells.
            Err(Error::NotFound) => Ok(self.default_language()),
            Err(error) => Err(error),
        }
    }

    fn default_language(&self) -> &Language {
        self.state.settings().languages.chosen(None)
    }

    /// Derives the secrets of a mail, or decides the outcome if there are none.
    async fn secrets(&self, mail: &Mail) -> Result<std::result::Result<Secrets, Outcome>> {
        let Some(id) = mail.link() else {
            return Ok(Ok(Secrets::default()));
        };
        let link = self
            .state
            .read(move |state, connection| links::find(connection, id, state.now()))
            .await?;
        let Some(link) = link else {
            return Ok(Err(Outcome::Obsolete));
        };
        let secret = link.secret(&self.state)?;
        Ok(match secret {
            None => Err(Outcome::Failed(
                "the signing key of the link was removed from the settings".to_owned(),
            )),
            secret => Ok(Secrets {
                link: secret,
                code: link.code(&self.state)?,
            }),
        })
    }

    fn write(
        &self,
        id: JobId,
        language: &Language,
        queued: &QueuedMail,
        secrets: &Secrets,
    ) -> Result<lettre::Message> {
        let settings = self.state.settings();
        let content = content::render(settings, language, &queued.to, &queued.mail, secrets)?;
        message::build(settings, id, self.state.now(), &queued.to, content)
    }

    pub(super) const fn state(&self) -> &AppState {
        &self.state
    }
}
