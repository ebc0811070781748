//! The guard of a scope or a resource of the app.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
    rc::Rc,
};

use actix_web::{
    Error as ActixError, HttpMessage as _,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use futures_util::future::LocalBoxFuture;

use super::{ability::Require, admission::require_caller, extract::with_body};

/// A middleware that accepts only callers that meet the requirement `A`. It serves for scopes and
/// for handlers without arguments, such as files:
///
/// ```
/// # use actix_web::web;
/// # narthex::abilities! { ReadOrders = "orders:read", "Read your orders"; }
/// # fn routes(narthex: &narthex::Narthex) -> actix_web::Scope<impl actix_web::dev::ServiceFactory<
/// #     actix_web::dev::ServiceRequest, Config = (), Response = actix_web::dev::ServiceResponse<
/// #     impl actix_web::body::MessageBody>, Error = actix_web::Error, InitError = ()>> {
/// web::scope("/reports").wrap(narthex.guard::<ReadOrders>())
/// # }
/// ```
///
/// The caller is identified once: an extractor in a handler below the guard does not check the
/// credential again.
pub struct Guard<A: Require>(PhantomData<fn() -> A>);

impl<A: Require> Guard<A> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: Require> std::fmt::Debug for Guard<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

impl<A, S, B> Transform<S, ServiceRequest> for Guard<A>
where
    A: Require,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = ActixError> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = ActixError;
    type InitError = ();
    type Transform = GuardService<A, S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(GuardService {
            service: Rc::new(service),
            requirement: PhantomData,
        }))
    }
}

/// The service of a [`Guard`].
#[doc(hidden)]
pub struct GuardService<A: Require, S> {
    service: Rc<S>,
    requirement: PhantomData<fn() -> A>,
}

impl<A, S, B> Service<ServiceRequest> for GuardService<A, S>
where
    A: Require,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = ActixError> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = ActixError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, ActixError>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            let mut payload = request.take_payload();
            let admitted = with_body(request.request(), &mut payload, require_caller::<A>);
            request.set_payload(payload);
            match admitted.await {
                Ok(_) => Ok(service.call(request).await?.map_into_left_body()),
                Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
            }
        })
    }
}
