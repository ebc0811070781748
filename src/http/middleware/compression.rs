//! The content coding of responses.

use actix_web::{
    HttpMessage as _,
    dev::{Service, ServiceRequest},
    http::header::{self, AcceptEncoding, Encoding},
};

/// The codings of actix-web's `Compress`, `identity` included.
const CODINGS: [fn() -> Encoding; 4] = [
    Encoding::identity,
    Encoding::brotli,
    Encoding::gzip,
    Encoding::deflate,
];

/// Sends the response uncompressed if the client accepts no supported coding. RFC 9110, section
/// 12.5.3, permits this. `Compress` would answer `406` with a text that has no media type.
pub fn fall_back_to_identity<S: Service<ServiceRequest>>(
    mut request: ServiceRequest,
    service: &S,
) -> S::Future {
    let codings = CODINGS.map(|coding| coding());
    let refuses_all = request
        .get_header::<AcceptEncoding>()
        .is_some_and(|accepted| accepted.negotiate(codings.iter()).is_none());
    if refuses_all {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    service.call(request)
}
