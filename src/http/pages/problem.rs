//! The explanations of problem types. The `type` of a problem is the address of its page (RFC 9457,
//! section 3.1.1).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Path};
use askama::Template;

use crate::{
    error::{Error, Result},
    http::{
        extract::language::language_of,
        response::{
            html::{Layout, page},
            problem_type::ProblemType,
        },
    },
    i18n,
};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    layout: Layout,
    kind: &'static ProblemType,
    title: String,
    meaning: String,
}

/// Shows the page of one problem type.
///
/// # Errors
/// [`Error::NotFound`] if there is no such problem type.
pub async fn show(request: HttpRequest, slug: Path<String>) -> Result<HttpResponse> {
    let kind = ProblemType::named(&slug).ok_or(Error::NotFound)?;
    let layout = Layout::new(&request, None);
    let language = language_of(&request);
    let template = ProblemPage {
        layout,
        kind,
        title: i18n::text(&language, &(kind.title)()),
        meaning: i18n::text(&language, &(kind.meaning)()),
    };
    page(StatusCode::OK, &template)
}
