//! Answers a panic of a handler like every other internal error, and the worker continues. Without
//! this, actix-web would close the connection without a response.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpRequest,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
};
use futures_util::FutureExt as _;

use crate::error::Error;

/// Runs `answer`, which handles `request`, and converts a panic into a response. The state of the
/// request is dropped by then. State that requests share stays consistent, because each type has
/// its own protection. (It is a function and not a middleware, which would cost each request one
/// more allocation.)
///
/// # Errors
/// The errors of `answer`.
pub async fn catch_panic<B: MessageBody + 'static>(
    request: HttpRequest,
    answer: impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => Ok(response?.map_into_left_body()),
        Err(_) => {
            let error = Error::internal("a handler panicked");
            let response = actix_web::HttpResponse::from_error(error);
            Ok(ServiceResponse::new(request, response).map_into_right_body())
        }
    }
}
