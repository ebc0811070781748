//! A middleware that some requests pass by.

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

/// `around`, but for requests of which `passes` holds: what they need is inside. actix-web's own
/// `Condition` decides once for all requests.
pub struct Unless<T> {
    passes: fn(&ServiceRequest) -> bool,
    around: T,
}

impl<T> Unless<T> {
    /// Goes around what does not pass.
    pub const fn new(passes: fn(&ServiceRequest) -> bool, around: T) -> Self {
        Self { passes, around }
    }
}

impl<S, B, T> Transform<S, ServiceRequest> for Unless<T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    T: Transform<Rc<S>, ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    T::Future: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type InitError = T::InitError;
    type Transform = UnlessService<S, T::Transform>;
    type Future = LocalBoxFuture<'static, Result<Self::Transform, T::InitError>>;

    fn new_transform(&self, inside: S) -> Self::Future {
        let (passes, inside) = (self.passes, Rc::new(inside));
        let around = self.around.new_transform(Rc::clone(&inside));
        async move {
            Ok(UnlessService {
                passes,
                inside,
                around: around.await?,
            })
        }
        .boxed_local()
    }
}

/// What [`Unless`] becomes.
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
