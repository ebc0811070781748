//! `/openapi.json`: the OpenAPI document.

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

/// The OpenAPI document as JSON. It is built on the first request so that the start does not wait
/// for it. The application passes the builder because the document depends on the route table.
pub struct Document(LazyLock<Result<String>, Builder>);

type Builder = Box<dyn FnOnce() -> Result<String> + Send>;

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
    /// Creates a document that `make` builds on the first request.
    #[must_use]
    pub fn new(make: impl FnOnce() -> Result<String> + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(make)))
    }
}

/// Returns this document (OpenAPI 3.1).
///
/// # Errors
/// None are expected.
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
