//! The page that creates an account with the link of an invitation.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    accounts::invitation::{self, Invitation},
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        auth::{ClientInfo, OptionalUser},
        middleware::body::{Form, Query},
        pages::mailed_link::{check_form, invalid},
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
    },
    mail::links::{LinkSecret, Purpose},
    passwords::policy::NewPassword,
    sessions::{self, SignIn, SignedIn},
    types::{fields::Fields, name::Name},
};

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    layout: Layout,
    email: String,
    name: String,
    /// The name of the link in the form.
    link: String,
    errors: FieldTexts,
}

/// `GET /invitation`
///
/// The secret of the link moves into the signed cookie at once. So it is in no later address, and a
/// program that follows links changes nothing.
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    user.require_mail()?;
    let token = query.0.text("token");
    if !token.is_empty() {
        user.cookie.keep_link(Purpose::Invitation, &token)?;
        return Ok(see_other(&user.address(paths::INVITATION)));
    }
    match find(&user).await? {
        Some(found) => {
            let name = found.1.name.clone().unwrap_or_default();
            html::ok(&page(&user, &found, name, FieldTexts::default()))
        }
        None => invalid(&user, Purpose::Invitation),
    }
}

/// `POST /invitation`
///
/// The user is signed in afterwards, as after a registration without mail.
pub async fn accept(user: OptionalUser, client: ClientInfo, form: Form) -> Result<HttpResponse> {
    user.require_mail()?;
    let mut fields = form.0;
    check_form(&user, Purpose::Invitation, &mut fields)?;
    let name = fields.text("name");
    let password = SecretString::new(fields.text("password"));
    let Some(found) = find(&user).await? else {
        return invalid(&user, Purpose::Invitation);
    };
    let (secret, invitation) = &found;
    let browser = user.browser()?;
    let details = user.sign_in_parameters(client, browser.as_ref()).await?;
    let new = parse(fields, invitation, &name, password);
    let accepted = match new {
        Ok((name, password)) => create(&user, secret, name, password, details).await,
        Err(error) => Err(error),
    };
    match accepted {
        Ok(signed_in) => {
            user.cookie.remove_link();
            user.enter(&signed_in, false, None, browser)
        }
        Err(Error::NotFound) => invalid(&user, Purpose::Invitation),
        Err(Error::Invalid(errors)) => {
            let errors = FieldTexts::new(user.language(), &errors);
            html::unprocessable(&page(&user, &found, name, errors))
        }
        Err(other) => Err(other),
    }
}

/// Returns the invitation of the link that the browser has followed, if it works.
async fn find(user: &OptionalUser) -> Result<Option<(LinkSecret, Invitation)>> {
    let Some(secret) = user.cookie.link(Purpose::Invitation) else {
        return Ok(None);
    };
    let found = invitation::find(&user.state, &secret).await?;
    Ok(found.map(|invitation| (secret, invitation)))
}

fn parse(
    mut fields: Fields,
    invitation: &Invitation,
    name: &str,
    password: SecretString,
) -> Result<(Name, NewPassword)> {
    let errors = fields.errors();
    let name = errors.take("name", Name::parse(name));
    let password = NewPassword::parse(password, Some(&invitation.email), name.as_ref());
    let password = errors.take("password", password);
    fields.check()?;
    name.zip(password)
        .ok_or_else(|| Error::internal("a field has neither a value nor an error"))
}

async fn create(
    user: &OptionalUser,
    secret: &LinkSecret,
    name: Name,
    password: NewPassword,
    details: SignIn,
) -> Result<SignedIn> {
    let state = &user.state;
    let language = user.language_of_account();
    let proof = invitation::accept(state, secret, name, password, language, details.ip).await?;
    sessions::sign_in(state, proof, details).await
}

fn page(
    user: &OptionalUser,
    (secret, invitation): &(LinkSecret, Invitation),
    name: String,
    errors: FieldTexts,
) -> InvitationPage {
    InvitationPage {
        layout: user.layout(),
        email: invitation.email.as_str().to_owned(),
        name,
        link: secret.form_name(),
        errors,
    }
}
