//! The page with three forms: name, e-mail address and language; password; and deletion of the
//! account.

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    email_field::{self, EmailField},
    language::{self, LanguageField},
};
use crate::{
    accounts::{self, Profile, ProfileChanged, email_change::MailedAt},
    app_state::AppState,
    credentials::RevocationReceipt,
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::{self, RevocableCounts, RevocationChoice},
    http::{
        address::Address,
        auth::BrowserUser,
        extract::form_key::{form_key, new_form_key},
        middleware::body::Form,
        pages::security::revocation_choices::{self, OTHER_SESSIONS},
        paths,
        response::{
            components::Refused,
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
    },
    passwords::{self, change::PasswordChange, policy::NewPassword},
    sessions::SessionSecret,
    types::{
        email::Email,
        fields::{FieldErrors, Fields},
        language_tag::LanguageTag,
        message::{Message, field, notice},
        name::Name,
    },
};

#[derive(Template)]
#[template(path = "account/profile.html")]
struct SettingsPage {
    layout: Layout,
    name: String,
    email: String,
    email_change: EmailField,
    language: LanguageField,
    /// The choices of the form for the password.
    revocation: RevocationChoice,
    revocable: RevocableCounts,
    form_key: String,
    /// Whether the user has a password. Without one, the page sets a password after a second factor.
    has_password: bool,
    errors: FieldTexts,
    refused: Option<Refused>,
}

async fn page_with(user: &BrowserUser, errors: FieldTexts) -> Result<SettingsPage> {
    let (state, account) = (&user.state, user.principal.user().id);
    let session = user.principal.credential().id;
    Ok(SettingsPage {
        layout: user.layout(),
        name: user.principal.user().name.clone(),
        email: user.principal.user().email.clone(),
        email_change: EmailField::of(user).await?,
        language: LanguageField::of(user),
        revocation: OTHER_SESSIONS,
        revocable: RevocableCounts::of(state, account, session).await?,
        form_key: new_form_key(&user.state)?,
        has_password: factors::has_password(state, account).await?,
        errors,
        refused: None,
    })
}

/// `GET /account/profile`
pub async fn settings(user: BrowserUser) -> Result<HttpResponse> {
    let mut page = page_with(&user, FieldTexts::default()).await?;
    if let Some(mut typed) = user.draft(paths::PROFILE) {
        // A draft that was too long has no fields.
        let shown = [
            ("name", &mut page.name),
            ("email", &mut page.email),
            ("language", &mut page.language.chosen),
            ("notice_email", &mut page.email_change.notice_email),
        ];
        for (name, text) in shown {
            if let Some(entered) = typed.one(name) {
                *text = entered;
            }
        }
        page.email_change.revocation = revocation_choices::take(&mut typed, OTHER_SESSIONS);
    }
    if let Some(mut typed) = user.draft(paths::PASSWORD) {
        page.revocation = revocation_choices::take_for_password(&mut typed);
    }
    html::ok(&page)
}

/// `GET` of an address that accepts forms only. After a reload, the user gets the page with the
/// form.
pub async fn to_settings(state: Data<AppState>) -> HttpResponse {
    see_other(&Address::of(state.mount(), paths::PROFILE))
}

/// `POST /account/profile`
pub async fn change_profile(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let (name, email) = (fields.text("name"), fields.text("email"));
    let language = language::read(&user, &mut fields);
    let chosen = language.clone().unwrap_or_default();
    let revocation = revocation_choices::take(&mut fields, OTHER_SESSIONS);
    let (second, notice_email) = email_field::read_notice_email(&mut fields);
    let changed = async {
        let profile = Profile {
            revocation,
            notice_email,
            ..read_profile(fields, &name, &email, language)?
        };
        let secret = SessionSecret::generate(user.state.random())?;
        let (state, caller) = (&user.state, &user.principal);
        let changed = accounts::change_profile(state, caller, profile, secret.digest()).await;
        Ok((user.with_return_address(to_profile, changed)?, secret))
    };
    let typed = async |errors: FieldTexts| {
        let mut page = page_with(&user, errors).await?;
        page.email_change.revocation = revocation;
        page.email_change.notice_email.clone_from(&second);
        Ok::<_, Error>(SettingsPage {
            name: name.clone(),
            email: email.clone(),
            language: LanguageField {
                chosen: chosen
                    .as_ref()
                    .map_or_else(String::new, LanguageTag::to_string),
                ..LanguageField::of(&user)
            },
            ..page
        })
    };
    match changed.await {
        Ok((changed, secret)) => {
            let message = match changed {
                ProfileChanged::Saved => notice::saved(),
                ProfileChanged::EmailChanged(receipt) => {
                    user.cookie.renew(&secret)?;
                    let count = RevocationReceipt::count_of(receipt.as_deref());
                    count.message(notice::email_changed)
                }
                ProfileChanged::EmailPending(MailedAt::Now) => {
                    notice::email_change_requested(email)
                }
                ProfileChanged::NoticeEmailPending(MailedAt::Now) => notice::check_mail(second),
                ProfileChanged::EmailPending(MailedAt::Later(at)) => {
                    notice::mail_scheduled(email, at)
                }
                ProfileChanged::NoticeEmailPending(MailedAt::Later(at)) => {
                    notice::mail_scheduled(second, at)
                }
            };
            user.redirect_in(chosen.as_ref(), paths::PROFILE, &message)
        }
        Err(Error::Invalid(errors)) => {
            let errors = errors.renamed("also", "email-also");
            html::unprocessable(&typed(user.field_texts(&errors)).await?)
        }
        Err(error @ Error::Throttled(_)) => {
            let page = SettingsPage {
                refused: Some(Refused::by(&error, user.language())),
                ..typed(FieldTexts::default()).await?
            };
            html::refused(&error, &page)
        }
        Err(other) => Err(other),
    }
}

fn read_profile(
    mut fields: Fields,
    name: &str,
    email: &str,
    language: Result<Option<LanguageTag>, Message>,
) -> Result<Profile> {
    let errors = fields.errors();
    let name = errors.take("name", Name::parse(name));
    let email = errors.take("email", Email::parse(email));
    let language = errors.take("language", language);
    fields.check()?;
    match (name, email, language) {
        (Some(name), Some(email), Some(language)) => Ok(Profile {
            name,
            email,
            revocation: OTHER_SESSIONS,
            notice_email: None,
            language,
        }),
        _ => Err(Error::internal("a field has neither a value nor an error")),
    }
}

/// `POST /account/password`
///
/// All other sessions are revoked unless the form says otherwise.
pub async fn change_password(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let current = SecretString::new(fields.text("current_password"));
    let new = SecretString::new(fields.text("password"));
    let key = form_key(&fields.text("form_key"));
    let revocation = revocation_choices::take_for_password(&mut fields);
    let changed = async {
        let (email, name) = (
            Email::parse(&user.principal.user().email),
            Name::parse(&user.principal.user().name),
        );
        let new = match NewPassword::parse(new, email.as_ref().ok(), name.as_ref().ok()) {
            Ok(new) => new,
            Err(message) => {
                // Both passwords may be wrong, and the form says so at once.
                let verified =
                    passwords::change::verify_current(&user.state, &user.principal, current);
                let verified = user.with_return_address(to_profile, verified.await);
                let mut errors = match verified {
                    Ok(()) => FieldErrors::default(),
                    Err(Error::Invalid(errors)) => errors,
                    Err(other) => return Err(other),
                };
                errors.add("password", message);
                return Err(Error::Invalid(errors));
            }
        };
        fields.check()?;
        let secret = SessionSecret::generate(user.state.random())?;
        let change = PasswordChange {
            current,
            new,
            revocation,
            renewed: secret.digest(),
            form_key: key,
        };
        let changed =
            passwords::change::change_password(&user.state, &user.principal, change).await;
        Ok((user.with_return_address(to_profile, changed)?, secret))
    };
    match changed.await {
        Ok((changed, secret)) => {
            if changed.is_renewed {
                user.cookie.renew(&secret)?;
            }
            let count = RevocationReceipt::count_of(changed.receipt.as_ref());
            let message = count.message(notice::password_changed);
            user.redirect(paths::PROFILE, &message)
        }
        Err(Error::Invalid(errors)) => html::unprocessable(&SettingsPage {
            revocation,
            ..page_with(&user, user.field_texts(&errors)).await?
        }),
        Err(error @ Error::Throttled(_)) => {
            let page = SettingsPage {
                revocation,
                refused: Some(Refused::by(&error, user.language())),
                ..page_with(&user, FieldTexts::default()).await?
            };
            html::refused(&error, &page)
        }
        Err(other) => Err(other),
    }
}

/// Returns whether `typed` is the address of the user, in any case.
fn is_own_address(user: &BrowserUser, typed: &str) -> bool {
    let own = Email::parse(&user.principal.user().email);
    let typed = Email::parse(typed);
    let canonical = |email: &Email| email.canonical().to_owned();
    matches!((own, typed), (Ok(own), Ok(typed)) if canonical(&own) == canonical(&typed))
}

/// Returns the page after a confirmation.
fn to_profile() -> String {
    paths::PROFILE.to_owned()
}

/// `POST /account/delete`
///
/// A user without a password types the address of the account. Otherwise a wrong click would delete
/// the account of a user who has just signed in.
pub async fn delete(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let password = SecretString::new(fields.text("password"));
    let email = fields.text("email");
    let has_password = factors::has_password(&user.state, user.principal.user().id).await?;
    if !has_password && !is_own_address(&user, &email) {
        fields.errors().add("email", field::own_email_differs());
    }
    let deleted = async {
        fields.check()?;
        let deleted = accounts::delete(&user.state, &user.principal, password).await;
        user.with_return_address(to_profile, deleted)
    };
    match deleted.await {
        Ok(receipt) => {
            let message = receipt.count().message(notice::account_deleted);
            user.sign_out_and_redirect(&message).await
        }
        Err(Error::Invalid(errors)) => {
            let errors = errors.renamed("password", "delete_password");
            let errors = errors.renamed("email", "delete_email");
            html::unprocessable(&page_with(&user, user.field_texts(&errors)).await?)
        }
        Err(error @ Error::Throttled(_)) => {
            let page = SettingsPage {
                refused: Some(Refused::by(&error, user.language())),
                ..page_with(&user, FieldTexts::default()).await?
            };
            html::refused(&error, &page)
        }
        Err(other) => Err(other),
    }
}
