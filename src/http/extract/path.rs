//! The id in a path.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{Ready, ready};

use crate::{
    error::{Error, Result},
    types::id::Id,
};

/// The `{id}` of a route. Text that is not an id is answered with 404, like an unknown id.
pub struct PathId<T>(pub Id<T>);

impl<T: 'static> FromRequest for PathId<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("id")
            .and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or(Error::NotFound))
    }
}
