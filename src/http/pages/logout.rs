//! Signing out of this browser.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::revoke,
    error::Result,
    http::{
        auth::Visitor,
        middleware::body::{Form, Query},
        paths,
        response::html::{self, Frame, see_other},
        return_to::Next,
    },
};

#[derive(Template)]
#[template(path = "sessions/logout.html")]
struct LogoutPage {
    frame: Frame,
    name: String,
    next: String,
}

fn or_login(next: Option<&Next>) -> &str {
    next.map_or(paths::LOGIN, Next::as_str)
}

/// `GET /logout`: for apps that can only link. It ends nothing, so that a link alone, or an image with
/// this address, signs no user out.
pub async fn form(visitor: Visitor, mut query: Query) -> Result<HttpResponse> {
    let next = Next::take(&mut query.0, &visitor.context.settings);
    let Some(caller) = &visitor.caller else {
        return Ok(see_other(or_login(next.as_ref())));
    };
    html::ok(&LogoutPage {
        frame: Frame {
            user_id: caller.user.id.to_string(),
            ..visitor.frame()
        },
        name: caller.user.name.clone(),
        next: next.map(Next::into_text).unwrap_or_default(),
    })
}

/// `POST /logout`: ends this browser's session. A browser without one is led on all the same, and its
/// dead cookies are deleted.
pub async fn logout(visitor: Visitor, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let next = Next::take(&mut fields, &visitor.context.settings);
    fields.check()?;
    for caller in visitor.sessions().await? {
        let (user, session) = (caller.user.id, caller.credential.id);
        revoke::sign_out_here(&visitor.context, user, session, caller.actor()).await?;
    }
    visitor.cookie.delete();
    Ok(see_other(or_login(next.as_ref())))
}
