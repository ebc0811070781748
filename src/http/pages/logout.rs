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
    layout: Layout,
    name: String,
    next: String,
}

/// `GET /logout`, for apps that can only link. It changes nothing. Otherwise a link alone, or an
/// image with this address, would sign the user out.
pub async fn form(user: OptionalUser, mut query: Query) -> Result<HttpResponse> {
    let next = ReturnTo::take(&mut query.0, user.state.settings());
    let Some(caller) = &user.principal else {
        let page = or_page(next, user.state.mount(), paths::LOGIN);
        return Ok(see_other(&page));
    };
    html::ok(&LogoutPage {
        layout: user.layout(),
        name: caller.user().name.clone(),
        next: next.map(ReturnTo::into_text).unwrap_or_default(),
    })
}

/// `POST /logout`: revokes the session of this browser. Without an active session, its cookies are
/// deleted all the same.
pub async fn logout(user: OptionalUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = ReturnTo::take(&mut fields, user.state.settings());
    fields.check()?;
    for caller in user.sessions().await? {
        let (user_id, session) = (caller.user().id, caller.credential().id);
        revoke::sign_out_here(&user.state, user_id, session, caller.actor()).await?;
    }
    user.cookie.delete();
    let page = or_page(next, user.state.mount(), paths::LOGIN);
    Ok(see_other(&page))
}
