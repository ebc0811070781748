//! Middleware that some requests bypass.

use std::{
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
};
use futures_util::{
    FutureExt as _,
    future::{Either, LocalBoxFuture},
};

/// Two layers of middleware, `inner` and `outer`, that a request bypasses if `bypasses` returns
/// true. Then only the service inside them handles the request. The `Condition` of actix-web
/// decides once for all requests.
pub struct BypassIf<I, O> {
    bypasses: fn(&ServiceRequest) -> bool,
    inner: I,
    outer: Rc<O>,
}

impl<I, O> BypassIf<I, O> {
    /// Creates the middleware.
    pub fn new(bypasses: fn(&ServiceRequest) -> bool, inner: I, outer: O) -> Self {
        Self {
            bypasses,
            inner,
            outer: Rc::new(outer),
        }
    }
}

impl<S, B, I, O> Transform<S, ServiceRequest> for BypassIf<I, O>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    I: Transform<Rc<S>, ServiceRequest, InitError = ()>,
    I::Future: 'static,
    O: Transform<
            I::Transform,
            ServiceRequest,
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type InitError = ();
    type Transform = BypassService<S, O::Transform>;
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let (bypasses, service) = (self.bypasses, Rc::new(service));
        let inner = self.inner.new_transform(Rc::clone(&service));
        let outer = Rc::clone(&self.outer);
        async move {
            Ok(BypassService {
                bypasses,
                service,
                wrapped: outer.new_transform(inner.await?).await?,
            })
        }
        .boxed_local()
    }
}

/// The service of [`BypassIf`].
pub struct BypassService<S, A> {
    bypasses: fn(&ServiceRequest) -> bool,
    service: Rc<S>,
    wrapped: A,
}

impl<S, A, B> Service<ServiceRequest> for BypassService<S, A>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    A: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Either<S::Future, A::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.wrapped.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if (self.bypasses)(&request) {
            Either::Left(self.service.call(request))
        } else {
            Either::Right(self.wrapped.call(request))
        }
    }
}
