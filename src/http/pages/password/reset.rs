//! The page that sets a new password with the link of a mail.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    crypto::secret::SecretString,
    error::{Error, Result},
    factors::Code,
    http::{
        address::Address,
        auth::{ClientInfo, OptionalUser},
        middleware::body::{Form, Query},
        pages::mailed_link::{check_form, invalid, link_and_target},
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
    },
    i18n,
    mail::links::{LinkSecret, Purpose},
    passwords::{
        reset::ResetTarget,
        set_by_link::{PasswordByLink, set_by_link},
    },
    types::message::notice,
};

#[derive(Template)]
#[template(path = "password/reset.html")]
struct ResetPage {
    layout: Layout,
    email: String,
    /// The name of the link in the form.
    link: String,
    needs_code: bool,
    has_app: bool,
    pause_tokens: bool,
    errors: FieldTexts,
}

/// `GET /password/reset`
///
/// The secret of the link moves into the signed cookie at once. So it is in no later address, and a
/// program that follows links changes nothing.
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let token = query.0.text("token");
    if !token.is_empty() {
        user.cookie.keep_link(Purpose::ResetPassword, &token)?;
        let mount = user.state.mount();
        return Ok(see_other(&Address::of(mount, paths::PASSWORD_RESET)));
    }
    match link_and_target(&user, Purpose::ResetPassword).await? {
        Some(found) => html::ok(&page(&user, &found, true, FieldTexts::default())),
        None => invalid(&user, Purpose::ResetPassword),
    }
}

/// `POST /password/reset`
pub async fn reset(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    check_form(&user, Purpose::ResetPassword, &mut fields)?;
    let password = SecretString::new(fields.text("password"));
    let also = fields.many("also");
    let mut fields = fields.without_empty(&["code"]);
    let code = fields.read("code", Code::parse);
    let Some(found) = link_and_target(&user, Purpose::ResetPassword).await? else {
        return invalid(&user, Purpose::ResetPassword);
    };
    let (secret, target) = &found;
    // A browser sends nothing for an empty checkbox, so the form has an empty field in addition.
    let pauses = also.is_empty() || also.iter().any(|choice| choice == "personal_tokens");
    let new = fields
        .errors()
        .take("password", target.parse_password(password));
    if let Err(errors) = fields.check() {
        let errors = FieldTexts::new(user.language(), &errors);
        return html::unprocessable(&page(&user, &found, pauses, errors));
    }
    let new = new.ok_or_else(|| Error::internal("a password has neither a value nor an error"))?;
    let request = PasswordByLink {
        purpose: Purpose::ResetPassword,
        secret: secret.clone(),
        new,
        code,
        keep_personal_tokens: !pauses,
        ip: client.ip,
    };
    match set_by_link(&user.state, request).await {
        Ok(_) => {
            let message = i18n::text(user.language(), &notice::password_reset());
            user.sign_out_and_redirect(&message).await
        }
        Err(Error::NotFound) => invalid(&user, Purpose::ResetPassword),
        Err(Error::Invalid(errors)) => {
            let errors = FieldTexts::new(user.language(), &errors);
            html::unprocessable(&page(&user, &found, pauses, errors))
        }
        Err(error @ Error::Throttled(_)) => {
            let errors = FieldTexts::one("code", error.sentence(user.language()));
            html::refused(&error, &page(&user, &found, pauses, errors))
        }
        Err(other) => Err(other),
    }
}

fn page(
    user: &OptionalUser,
    (secret, target): &(LinkSecret, ResetTarget),
    pause_tokens: bool,
    errors: FieldTexts,
) -> ResetPage {
    ResetPage {
        layout: user.layout(),
        email: target.email.clone(),
        link: secret.form_name(),
        needs_code: target.needs_code,
        has_app: target.has_app,
        pause_tokens,
        errors,
    }
}
