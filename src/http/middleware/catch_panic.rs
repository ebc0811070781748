//! A handler that panics: its caller is told as much as of any other fault of ours, and the worker
//! goes on. Without this actix-web would close the connection without a word.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpRequest,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
};
use futures_util::FutureExt as _;

use crate::error::Error;

/// Runs what answers `kept` and makes an answer of its panic. Whatever it held is dropped by then; what
/// is shared by requests keeps whole through a panic, each piece by its own means. (Not a middleware of
/// its own: that costs each request an allocation more.)
///
/// # Errors
/// Those of `answer`.
pub async fn catch_panic<B: MessageBody + 'static>(
    kept: HttpRequest,
    answer: impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(answered) => Ok(answered?.map_into_left_body()),
        Err(_) => {
            let error = Error::internal("a handler panicked");
            let refused = actix_web::HttpResponse::from_error(error);
            Ok(ServiceResponse::new(kept, refused).map_into_right_body())
        }
    }
}
