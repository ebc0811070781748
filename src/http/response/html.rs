//! Pages: what they have in common, and how a template becomes an answer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use askama::Template;

use super::{assets, brand::Brand, error_response};
use crate::{
    error::{Error, Result},
    http::{draft, paths},
};

/// What the frame of a page shows around its content.
pub struct Layout {
    /// The address of the stylesheet.
    pub style: String,
    /// The operator's name and look.
    pub brand: Data<Brand>,
    /// Who is signed in, by name.
    pub user: Option<String>,
    /// The id of the user who is signed in, which every form of the page carries; else empty.
    pub user_id: String,
    /// The path of this page, by which the navigation marks where one is.
    pub path: String,
    /// The path and query of this page, to come back to it.
    pub address: String,
    /// What an earlier request has to say.
    pub message: Option<String>,
    /// The address of the receipt that the message is about.
    pub receipt: Option<String>,
}

impl Layout {
    /// The frame of the page at this request's address.
    #[must_use]
    pub fn new(request: &HttpRequest, user: Option<String>, message: Option<String>) -> Self {
        Self {
            style: assets::url("narthex.css"),
            brand: Brand::of(request),
            user,
            user_id: String::new(),
            path: request.path().to_owned(),
            address: draft::address_without(request),
            message,
            receipt: None,
        }
    }

    /// Where a file that only some pages need is to be had.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether this page is `path` or lies below it.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path || (path != paths::ACCOUNT && self.path.starts_with(&format!("{path}/")))
    }
}

/// A page.
///
/// # Errors
/// None that is known: a template that compiles renders.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse> {
    let text = template.render().map_err(Error::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(text))
}

/// A good page.
///
/// # Errors
/// As [`page`].
pub fn ok(template: &impl Template) -> Result<HttpResponse> {
    page(StatusCode::OK, template)
}

/// A form to be corrected.
///
/// # Errors
/// As [`page`].
pub fn unprocessable(template: &impl Template) -> Result<HttpResponse> {
    page(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A form that was refused for a reason that is none of its fields, with what was typed: the page
/// says the reason, and when to come back.
///
/// # Errors
/// As [`page`].
pub fn refused(error: &Error, template: &impl Template) -> Result<HttpResponse> {
    let mut response = page(error.status(), template)?;
    error_response::set_retry_after(&mut response, error);
    Ok(response)
}

/// On to another page, with GET (RFC 9110, section 15.4.4).
#[must_use]
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .finish()
}
