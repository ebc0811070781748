//! The page that signs this browser out.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::revoke,
    error::Result,
    http::{
        auth::OptionalUser,
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Layout, see_other},
        return_to::{ReturnTo, or_page},
    },
};

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    frame: Layout,
    name: String,
    next: String,
}

/// `GET /logout`, for apps that can only link. It changes nothing. Otherwise a link alone, or an
/// image with this address, would sign the user out.
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.context.settings());
    let Some(caller) = &user.principal else {
        let page = or_page(next, user.context.mount(), paths::LOGIN);
        return Ok(see_other(&page));
    };
    html::ok(&LogoutPage {
        frame: user.frame(),
        name: caller.user().name.clone(),
        next: next.map(ReturnTo::into_text).unwrap_or_default(),
    })
}

/// `POST /logout`: revokes the session of this browser. Without an active session, its cookies are
/// deleted all the same.
pub async fn logout(user: OptionalUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = ReturnTo::take(&mut fields, user.context.settings());
    fields.check()?;
    for caller in user.sessions().await? {
        let (user_id, session) = (caller.user().id, caller.credential().id);
        revoke::sign_out_here(&user.context, user_id, session, caller.actor()).await?;
    }
    user.cookie.delete();
    let page = or_page(next, user.context.mount(), paths::LOGIN);
    Ok(see_other(&page))
}
