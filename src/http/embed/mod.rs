//! Narthex as a part of an actix-web app: the public API of the library.

pub mod ability;
mod admission;
mod background;
mod brand;
mod builder;
mod caller;
mod extract;
mod guard;
mod refusal;
#[cfg(feature = "testing")]
pub mod testing;
mod upload;

use std::sync::Arc;

use actix_web::{HttpRequest, web::ServiceConfig};

use self::{ability::Require, background::Background};
pub use self::{
    brand::Brand,
    builder::{Builder, Migrate, OpenError},
    caller::Caller,
    extract::{Can, OptionalUser, User},
    guard::Guard,
    refusal::{Refusal, RefusalReason},
};
use crate::{app_state::AppState, config::SigningKeys, http::app};

/// Accounts, sessions and API tokens of an actix-web app.
///
/// A clone is another handle to the same state. Nothing has to be started or stopped: a background
/// thread does the periodic work, and the drop of the last handle ends it. The app keeps its own
/// runtime, logger, signal handlers, headers, default service and tables.
#[derive(Clone)]
pub struct Narthex(Arc<Inner>);

struct Inner {
    /// The first field, because its thread must end before the database is closed.
    _background: Background,
    state: AppState,
    keys: SigningKeys,
}

impl Narthex {
    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn new(state: AppState, keys: SigningKeys, background: Background) -> Self {
        Self(Arc::new(Inner {
            _background: background,
            state,
            keys,
        }))
    }

    /// Returns a function for `App::configure`. It adds the pages, the JSON API and the assets,
    /// and makes the extractors work on all routes of the app:
    ///
    /// ```no_run
    /// # use actix_web::App;
    /// # let narthex = narthex::Narthex::builder().open().unwrap();
    /// App::new().configure(narthex.routes());
    /// ```
    ///
    /// Call `configure` on the `App` itself. The paths are those of the program, except `/`, which
    /// belongs to the app. A path that the app registers before is the app's.
    pub fn routes(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let narthex = self.clone();
        move |config| {
            app::add_routes(config, &narthex.0.state, &narthex.0.keys);
            config.app_data(actix_web::web::Data::new(narthex));
        }
    }

    /// Returns a middleware that accepts only callers that meet the requirement `A`.
    #[must_use]
    pub const fn guard<A: Require>(&self) -> Guard<A> {
        Guard::new()
    }

    /// Returns the caller of a request, if there is one. It serves where an extractor cannot be
    /// used: web sockets, GraphQL, middleware of the app.
    ///
    /// # Errors
    /// An invalid token; a cross-site request or another host with the cookie; a failure of the
    /// database.
    pub async fn caller(&self, request: &HttpRequest) -> Result<Option<Caller>, Refusal> {
        match admission::identify(request).await {
            Ok(caller) => Ok(caller.map(|principal| Caller {
                principal: (*principal).clone(),
            })),
            Err(error) => Err(Refusal::new(request, error)),
        }
    }
}

impl std::fmt::Debug for Narthex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Narthex")
    }
}
