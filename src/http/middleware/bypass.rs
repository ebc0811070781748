//! Middleware that some requests pass by.

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

/// `inner`, and `outer` around that, but for requests of which `passes` holds: what they need is inside of
/// both. actix-web's own `Condition` decides once for all requests.
pub struct BypassIf<I, O> {
    passes: fn(&ServiceRequest) -> bool,
    inner: I,
    outer: Rc<O>,
}

impl<I, O> BypassIf<I, O> {
    /// Goes around what does not pass.
    pub fn new(passes: fn(&ServiceRequest) -> bool, inner: I, outer: O) -> Self {
        Self {
            passes,
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
    type Transform = UnlessService<S, O::Transform>;
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, inside: S) -> Self::Future {
        let (passes, inside) = (self.passes, Rc::new(inside));
        let inner = self.inner.new_transform(Rc::clone(&inside));
        let outer = Rc::clone(&self.outer);
        async move {
            Ok(UnlessService {
                passes,
                inside,
                around: outer.new_transform(inner.await?).await?,
            })
        }
        .boxed_local()
    }
}

/// What [`BypassIf`] becomes.
pub struct UnlessService<S, A> {
    passes: fn(&ServiceRequest) -> bool,
    inside: Rc<S>,
    around: A,
}

impl<S, A, B> Service<ServiceRequest> for UnlessService<S, A>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    A: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Either<S::Future, A::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.around.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if (self.passes)(&request) {
            Either::Left(self.inside.call(request))
        } else {
            Either::Right(self.around.call(request))
        }
    }
}
