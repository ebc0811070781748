//! The explanations of problem types. The `type` of a problem is the address of its page (RFC 9457,
//! section 3.1.1).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Path};
use askama::Template;

use crate::{
    error::{Error, Result},
    http::response::{
        html::{Layout, page},
        problem_type::ProblemType,
    },
};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Layout,
    kind: &'static ProblemType,
}

/// Shows the page of one problem type.
///
/// # Errors
/// [`Error::NotFound`] if there is no such problem type.
pub async fn show(request: HttpRequest, slug: Path<String>) -> Result<HttpResponse> {
    let kind = ProblemType::named(&slug).ok_or(Error::NotFound)?;
    let frame = Layout::new(&request, None, None);
    page(StatusCode::OK, &ProblemPage { frame, kind })
}
