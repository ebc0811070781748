//! In which coding an answer is sent.

use actix_web::{
    HttpMessage as _,
    dev::{Service, ServiceRequest},
    http::header::{self, AcceptEncoding, Encoding},
};

/// The codings that actix-web's `Compress` has, the answer as it is among them.
const CODINGS: [fn() -> Encoding; 4] = [
    Encoding::identity,
    Encoding::brotli,
    Encoding::gzip,
    Encoding::deflate,
];

/// Has an answer sent as it is to a client that accepts no coding of ours. RFC 9110, section 12.5.3,
/// leaves that to the server; `Compress` would answer `406`, with a text that has no type.
pub fn or_identity<S: Service<ServiceRequest>>(
    mut request: ServiceRequest,
    inside: &S,
) -> S::Future {
    let codings = CODINGS.map(|coding| coding());
    let refuses_all = request
        .get_header::<AcceptEncoding>()
        .is_some_and(|accepted| accepted.negotiate(codings.iter()).is_none());
    if refuses_all {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    inside.call(request)
}
