//! Delays the responses 429 and overload 503, so that clients that retry in a tight loop do not use
//! up the CPU.

use std::time::Duration;

use actix_web::{dev::ServiceResponse, http::StatusCode};

use crate::error::Error;

/// The delay. Without it, two dozen connections cause thousands of such responses a second and use
/// all cores. With it, each connection gets twenty a second, because a connection is answered in
/// order (RFC 9112, section 9.3.2). It is too short for other clients to notice.
const DELAY: Duration = Duration::from_millis(50);

/// Returns `answer`, after the delay if it is a temporary rejection.
pub async fn delay_rejection(answer: ServiceResponse) -> ServiceResponse {
    if is_temporary(&answer) {
        // Boxed, because the future of each response would otherwise contain the timer.
        Box::pin(tokio::time::sleep(DELAY)).await;
    }
    answer
}

/// Returns whether the response rejects a request because of a rate limit or an overload. A
/// database outage is not one of them: a client that retries then succeeds as soon as the database
/// is back.
#[must_use]
pub fn is_temporary(answer: &ServiceResponse) -> bool {
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE => {
            let error = answer.response().error();
            let error = error.and_then(|error| error.as_error::<Error>());
            matches!(error, Some(Error::Busy))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::Pin, task::Poll};

    use actix_web::{HttpResponse, test::TestRequest};

    use super::*;

    async fn is_ready(answer: &mut (impl Future<Output = ServiceResponse> + Unpin)) -> bool {
        let polled =
            poll_fn(|context| Poll::Ready(Pin::new(&mut *answer).poll(context).is_ready()));
        polled.await
    }

    #[tokio::test(start_paused = true)]
    async fn only_temporary_rejections_are_delayed() {
        let rejection = |error: Error| {
            TestRequest::default()
                .to_srv_request()
                .error_response(error)
        };
        let page = |status| {
            let request = TestRequest::default().to_srv_request();
            request.into_response(HttpResponse::new(status))
        };
        for answer in [
            page(StatusCode::TOO_MANY_REQUESTS),
            rejection(Error::Throttled(Duration::from_secs(3))),
            rejection(Error::Busy),
        ] {
            let mut answer = Box::pin(delay_rejection(answer));
            assert!(!is_ready(&mut answer).await);
            let millisecond = Duration::from_millis(1);
            tokio::time::advance(DELAY - millisecond).await;
            assert!(!is_ready(&mut answer).await);
            tokio::time::advance(2 * millisecond).await;
            assert!(is_ready(&mut answer).await);
        }
        for answer in [
            page(StatusCode::OK),
            page(StatusCode::UNPROCESSABLE_ENTITY),
            rejection(Error::NotFound),
            rejection(Error::Unavailable("gone".to_owned())),
        ] {
            assert!(is_ready(&mut Box::pin(delay_rejection(answer))).await);
        }
    }
}
