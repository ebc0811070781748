//! What each sort of problem means: the pages to which the `type` of a problem leads (RFC 9457, section
//! 3.1.1).

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

/// The page of one sort.
///
/// # Errors
/// [`Error::NotFound`] where there is no such sort.
pub async fn show(request: HttpRequest, slug: Path<String>) -> Result<HttpResponse> {
    let kind = ProblemType::named(&slug).ok_or(Error::NotFound)?;
    let frame = Layout::new(&request, None, None);
    page(StatusCode::OK, &ProblemPage { frame, kind })
}
