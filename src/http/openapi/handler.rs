//! `/openapi.json`: the document that describes the API.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web::Data};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Type},
};

use super::schemas::Shape;
use crate::{
    error::Result,
    http::{middleware::body::NoQuery, paths},
};

/// The document, as JSON: made when it is first asked for, so that no start waits for it. The app says
/// how, for it is made from the route table.
pub struct Document(LazyLock<Result<String>, Make>);

type Make = Box<dyn FnOnce() -> Result<String> + Send>;

impl utoipa::PartialSchema for Document {
    fn schema() -> Shape {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("An OpenAPI document."))
            .into()
    }
}

impl ToSchema for Document {}

impl Document {
    /// One that `make` makes.
    #[must_use]
    pub fn new(make: impl FnOnce() -> Result<String> + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(make)))
    }
}

/// This document (OpenAPI 3.1).
///
/// # Errors
/// None that is known.
#[utoipa::path(
    get,
    path = paths::OPENAPI,
    tag = "Service",
    operation_id = "getDocument",
    responses((status = 200, description = "The document.", body = Document))
)]
pub async fn document(document: Data<Document>, _: NoQuery) -> Result<HttpResponse> {
    let text = document.0.clone()?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(text))
}
