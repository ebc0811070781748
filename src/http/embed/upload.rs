//! Checks the caller after its body has arrived.
//!
//! A client could otherwise send the head of a request, wait until its credential is revoked, and
//! then send the body. A small body is read before the check and then passed on. An app may accept
//! large uploads, so a large body is passed on as it arrives. The caller is then checked before
//! each part of it and before its end. A check at the end alone is not enough: a reader of
//! multipart stops at the last boundary and does not wait for the end.

use std::io;

use actix_web::{
    HttpRequest,
    body::{BodyStream, to_bytes_limited},
    dev::Payload,
    error::PayloadError,
    http::header,
    web::Bytes,
};
use futures_util::{Stream, StreamExt as _, future::LocalBoxFuture, stream};
use tokio::{sync::oneshot, time::timeout};

use super::admission::{identify, identify_again, none_if_second_factor_needed};
use crate::{
    credentials::Principal,
    error::{Error, Result},
    http::{extract::limits, middleware::body::has_body},
    types::message::problem,
};

/// The part of a body that is read before the check of the caller.
pub(super) struct Upload(Option<SmallBody>);

struct SmallBody {
    read: LocalBoxFuture<'static, Result<Bytes>>,
    pass_on: oneshot::Sender<Bytes>,
}

/// A body that has arrived and is not passed on yet.
pub(super) struct BufferedBody(Option<(Bytes, oneshot::Sender<Bytes>)>);

impl Upload {
    /// Takes the payload of a request and replaces it by the one that later extractors read.
    ///
    /// # Errors
    /// Another extractor took the payload before. Then the body could arrive after the check.
    pub(super) fn take(request: &HttpRequest, payload: &mut Payload) -> Result<Self> {
        if !has_body(request) {
            return Ok(Self(None));
        }
        if matches!(payload, Payload::None) {
            return Err(Error::internal(
                "an argument of the handler reads the body before the caller is checked: put the \
                 caller (Can, User) before it",
            ));
        }
        let body = payload.take();
        if !is_small(request) {
            *payload = as_payload(checked(request.clone(), body));
            return Ok(Self(None));
        }
        let read = Box::pin(read(body));
        let (pass_on, passed_on) = oneshot::channel();
        *payload = as_payload(stream::once(async move {
            // The sender is dropped if the caller is refused.
            passed_on.await.map_err(|_| PayloadError::Incomplete(None))
        }));
        Ok(Self(Some(SmallBody { read, pass_on })))
    }

    /// Waits until a small body has arrived.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::BodyTimeout`] and [`Error::Malformed`].
    pub(super) async fn arrived(self) -> Result<BufferedBody> {
        Ok(BufferedBody(match self.0 {
            Some(body) => Some((body.read.await?, body.pass_on)),
            None => None,
        }))
    }
}

impl BufferedBody {
    /// Passes the body on to the extractors after this one.
    pub(super) fn pass_on(self) {
        if let Some((bytes, pass_on)) = self.0 {
            // The handler may not read the body.
            let _ = pass_on.send(bytes);
        }
    }
}

/// Reads the whole body as the client sent it, within [`limits::BODY_TIMEOUT`]. The extractor
/// `Bytes` would apply the `PayloadConfig` of the app and decompress the body, which is the work of
/// the extractor that comes next.
async fn read(body: Payload) -> Result<Bytes> {
    let bytes = to_bytes_limited(BodyStream::new(body), limits::BODY);
    let read = timeout(limits::BODY_TIMEOUT, bytes).await;
    let read = read.map_err(|_| Error::BodyTimeout)?;
    let read = read.map_err(|_| Error::TooLarge(limits::BODY))?;
    read.map_err(|_| Error::Malformed(problem::body_incomplete()))
}

fn as_payload(body: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Payload {
    Payload::Stream {
        payload: Box::pin(body),
    }
}

fn is_small(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    length.is_some_and(|length| length <= limits::BODY)
}

/// Passes each part of a body on while the caller is still the same.
fn checked(request: HttpRequest, body: Payload) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let parts = stream::unfold(Some(body), move |body| {
        let request = request.clone();
        async move {
            let mut body = body?;
            let part = body.next().await;
            match (check_again(request).await, part) {
                (Err(error), _) => {
                    let refused = PayloadError::Io(io::Error::other(error));
                    Some((Err(refused), None))
                }
                (Ok(()), Some(part)) => Some((part, Some(body))),
                (Ok(()), None) => None,
            }
        }
    });
    // A reader of multipart polls again after the end.
    parts.fuse()
}

async fn check_again(request: HttpRequest) -> Result<()> {
    let id = |caller: &Principal| caller.credential().id;
    let before = none_if_second_factor_needed(identify(&request).await)?
        .as_ref()
        .map(id);
    let now = none_if_second_factor_needed(identify_again(&request).await)?
        .as_ref()
        .map(id);
    if before == now {
        Ok(())
    } else {
        Err(Error::NotSignedIn {
            invalid_token: true,
        })
    }
}
