//! Notices a connection that spins.
//!
//! actix-http reads ahead of the request that it answers. While 128 KiB of further requests wait, its
//! connection polls that request again and again, whatever the request waits for. Only a client that
//! pipelines causes it, and no browser or proxy does.

use std::{future::poll_fn, pin::pin, task::Poll};

use actix_web::{HttpResponse, error::InternalError};

/// The most polls of one request: it is polled once for each packet of its body and a few times besides.
pub const MAX: u32 = 20_000;

/// The output of `future`, or `None` if it was polled more than `max` times.
pub async fn bounded<F: Future>(future: F, max: u32) -> Option<F::Output> {
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

/// The answer in the place of one that was given up. It ends the connection.
#[must_use]
pub fn refused() -> actix_web::Error {
    tracing::info!("connection closed: it pipelines requests");
    let answer = HttpResponse::BadRequest().force_close().finish();
    InternalError::from_response("too many polls", answer).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pending for so many polls, each of which wakes its task again.
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
    async fn future_is_given_up_after_too_many_polls() {
        assert_eq!(bounded(pending(9), 10).await, Some(()));
        assert_eq!(bounded(pending(10), 10).await, None);
    }
}
