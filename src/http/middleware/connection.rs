//! The connection of a request, as the outermost middleware sees it.

use std::convert::Infallible;

use actix_web::{HttpRequest, dev::ServiceResponse};

/// A request in progress on a connection that the server watches. The program's own server watches
/// its connections. The server of an app does not, and its type is [`Unwatched`].
///
/// A type parameter, and not an `Option` in each app, because the program's `Connections` is not
/// compiled into a library without the feature `cli`.
pub(crate) trait RequestConnection: Sized + 'static {
    /// Begins a request. Returns `None` if its connection is not watched.
    fn begin(request: &HttpRequest) -> Option<Self>;

    /// Returns whether so many connections are open that this one should end after its response.
    fn is_crowded(&self) -> bool;

    /// Marks the connection: no request may follow this one.
    fn close(&self);

    /// Closes the connection if an earlier response announced its end, and returns whether it did.
    /// actix-http continues with pipelined requests, which RFC 9112, section 9.6, forbids.
    async fn ends_after_close(&self) -> bool;

    /// Waits from time to time until the client has read the earlier responses. actix-http answers
    /// pipelined requests without this wait, and keeps the responses in memory.
    async fn wait_for_reader(&self);

    /// Ends the connection of a request that was aborted: after its error response, or at once if
    /// the client does not read. actix-http would try to write to such a client in a busy loop.
    fn abort(&self);

    /// Ends the request: immediately, or with the last byte of a body of unknown length.
    fn end(self, answer: ServiceResponse) -> ServiceResponse;
}

/// The connection of a server that is not the program's own. It has no values.
pub(crate) type Unwatched = Infallible;

impl RequestConnection for Unwatched {
    fn begin(_: &HttpRequest) -> Option<Self> {
        None
    }

    fn is_crowded(&self) -> bool {
        match *self {}
    }

    fn close(&self) {
        match *self {}
    }

    async fn ends_after_close(&self) -> bool {
        match *self {}
    }

    async fn wait_for_reader(&self) {
        match *self {}
    }

    fn abort(&self) {
        match *self {}
    }

    fn end(self, _: ServiceResponse) -> ServiceResponse {
        match self {}
    }
}
