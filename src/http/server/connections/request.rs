//! The requests in progress, each with its connection.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    web::Bytes,
};

use super::{Activity, Connection, Connections};
use crate::http::{middleware::connection::RequestConnection, server::limits};

/// The bytes that each response counts for its head.
const HEAD_BYTES: usize = 1024;

/// A request in progress. Its connection is not idle.
pub struct InProgress {
    connections: Arc<Connections>,
    activity: Arc<Activity>,
}

impl RequestConnection for InProgress {
    fn begin(request: &HttpRequest) -> Option<Self> {
        let connection = request.conn_data::<Connection>()?;
        connection.activity.requests.fetch_add(1, Ordering::Relaxed);
        Some(Self {
            connections: Arc::clone(&connection.connections),
            activity: Arc::clone(&connection.activity),
        })
    }

    fn is_crowded(&self) -> bool {
        self.connections.are_near_limit()
    }

    fn close(&self) {
        self.activity.is_closing.store(true, Ordering::Relaxed);
    }

    async fn ends_after_close(&self) -> bool {
        if !self.activity.is_closing.load(Ordering::Relaxed) {
            return false;
        }
        // The earlier response is written during this yield.
        tokio::task::yield_now().await;
        self.activity.end();
        true
    }

    async fn wait_for_reader(&self) {
        let unchecked = &self.activity.unchecked_bytes;
        if unchecked.load(Ordering::Relaxed) < limits::UNCHECKED_BYTES {
            return;
        }
        unchecked.store(0, Ordering::Relaxed);
        loop {
            // The earlier responses are usually written during this yield.
            tokio::task::yield_now().await;
            if self.activity.is_writable() {
                return;
            }
            if self.activity.becomes_writable().await.is_err() {
                self.activity.end();
                return;
            }
        }
    }

    fn abort(&self) {
        if self.activity.is_writable() {
            self.close();
        } else {
            self.activity.end();
        }
    }

    fn end(self, answer: ServiceResponse) -> ServiceResponse {
        let size = answer.response().body().size();
        let body_bytes = match size {
            BodySize::Sized(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            // The size is unknown, so the next request checks.
            BodySize::Stream => limits::UNCHECKED_BYTES,
            BodySize::None => 0,
        };
        let bytes = body_bytes.saturating_add(HEAD_BYTES);
        let unchecked = &self.activity.unchecked_bytes;
        unchecked.fetch_add(bytes, Ordering::Relaxed);
        match size {
            BodySize::Stream => answer.map_body(|_, body| {
                BoxBody::new(Streamed {
                    body,
                    _request: self,
                })
            }),
            _ => answer,
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.activity.touch(self.connections.tick());
        self.activity.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body of unknown length, and the request that it answers.
struct Streamed {
    body: BoxBody,
    _request: InProgress,
}

impl MessageBody for Streamed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
