//! The page that asks for a mail with a link to set a new password.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    error::{Error, Result},
    http::{
        auth::{ClientInfo, OptionalUser},
        middleware::body::Form,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    passwords::reset,
    types::{email::Email, message::notice},
};

#[derive(Template)]
#[template(path = "password/forgot.html")]
struct ForgotPage {
    layout: Layout,
    email: String,
    errors: FieldTexts,
}

/// `GET /password/forgot`
pub async fn form(user: OptionalUser) -> Result<HttpResponse> {
    user.require_mail()?;
    html::ok(&ForgotPage {
        layout: user.layout(),
        email: String::new(),
        errors: FieldTexts::default(),
    })
}

/// `POST /password/forgot`
///
/// The answer is the same for every address, and also if a limit is reached.
pub async fn request(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    user.require_mail()?;
    let mut fields = form.0;
    let typed = fields.text("email");
    let email = fields.errors().take("email", Email::parse(&typed));
    let checked = fields.check();
    let email = match (checked, email) {
        (Ok(()), Some(email)) => email,
        (Err(errors), _) => {
            return html::unprocessable(&ForgotPage {
                layout: user.layout(),
                email: typed,
                errors: FieldTexts::new(user.language(), &errors),
            });
        }
        (Ok(()), None) => return Err(Error::internal("a field has neither a value nor an error")),
    };
    reset::request(&user.state, email, client.ip).await?;
    user.redirect(paths::PASSWORD_FORGOT, &notice::reset_requested())
}
