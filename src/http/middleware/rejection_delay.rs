//! Refusals for now, which are worth insisting on: they are not made at once.

use std::time::Duration;

use actix_web::{dev::ServiceResponse, http::StatusCode};

use crate::error::Error;

/// How long an answer is held that says "too many", or "too busy". Made at once, those for whoever insists
/// take all cores: two dozen connections have thousands made in a second. Held, a connection has twenty, for
/// it is answered in its order (RFC 9112, section 9.3.2). Short enough for whoever is in earnest not to notice.
const HELD: Duration = Duration::from_millis(50);

/// Gives `answer` back: after a moment, where it refuses somebody for now.
pub async fn delay_rejection(answer: ServiceResponse) -> ServiceResponse {
    if is_temporary(&answer) {
        // In a box: every answer would carry its room along otherwise.
        Box::pin(tokio::time::sleep(HELD)).await;
    }
    answer
}

/// Whether it is the caller, or the crowd, that makes it come too early. Not where the database is gone:
/// whoever asks then would be let in.
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

    async fn is_there(answer: &mut (impl Future<Output = ServiceResponse> + Unpin)) -> bool {
        let polled =
            poll_fn(|context| Poll::Ready(Pin::new(&mut *answer).poll(context).is_ready()));
        polled.await
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_for_now_is_told_after_a_moment_and_everybody_else_at_once() {
        let refused = |error: Error| {
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
            refused(Error::Throttled(Duration::from_secs(3))),
            refused(Error::Busy),
        ] {
            let mut answer = Box::pin(delay_rejection(answer));
            assert!(!is_there(&mut answer).await);
            let millisecond = Duration::from_millis(1);
            tokio::time::advance(HELD - millisecond).await;
            assert!(!is_there(&mut answer).await);
            tokio::time::advance(2 * millisecond).await;
            assert!(is_there(&mut answer).await);
        }
        for answer in [
            page(StatusCode::OK),
            page(StatusCode::UNPROCESSABLE_ENTITY),
            refused(Error::NotFound),
            refused(Error::Unavailable("gone".to_owned())),
        ] {
            assert!(is_there(&mut Box::pin(delay_rejection(answer))).await);
        }
    }
}
