//! Closes connections that are polled in a busy loop.
//!
//! actix-http reads ahead while it handles a request. While 128 KiB of further requests wait, its
//! connection polls the current request again and again, even if that request waits for something.
//! Only clients that pipeline requests cause this. Browsers and proxies do not.

use std::{future::poll_fn, pin::pin, task::Poll};

use actix_web::{HttpResponse, error::InternalError};

/// The largest number of polls of one request. A request is polled once for each packet of its
/// body, and a few more times.
pub const MAX: u32 = 20_000;

/// Returns the output of `future`, or `None` if it was polled more than `max` times.
pub async fn with_poll_limit<F: Future>(future: F, max: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        if polls > max {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Returns the error response of a request that was aborted. It closes the connection.
#[must_use]
pub fn rejection() -> actix_web::Error {
    tracing::info!("connection closed: too many pipelined requests");
    let answer = HttpResponse::BadRequest().force_close().finish();
    InternalError::from_response("too many polls", answer).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stays pending for `polls` polls. Each of them wakes the task again.
    async fn pending(mut polls: u32) {
        poll_fn(|context| {
            if polls == 0 {
                return Poll::Ready(());
            }
            polls -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[tokio::test]
    async fn future_is_aborted_after_too_many_polls() {
        assert_eq!(with_poll_limit(pending(9), 10).await, Some(()));
        assert_eq!(with_poll_limit(pending(10), 10).await, None);
    }
}
