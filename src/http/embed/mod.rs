//! Narthex as a part of an actix-web app: the public API of the library.

pub mod ability;
mod admission;
mod background;
#[cfg(feature = "pages")]
mod brand;
mod builder;
mod caller;
mod changes;
mod error;
mod extract;
mod guard;
mod refusal;
mod sign_out;
#[cfg(feature = "testing")]
pub mod testing;
mod tokens;
mod upload;
mod users;

use std::sync::Arc;

use actix_web::{HttpRequest, web::ServiceConfig};

#[cfg(feature = "pages")]
pub use self::brand::Brand;
use self::{ability::Require, background::Background};
pub use self::{
    builder::{Builder, Migrate, OpenError},
    caller::Caller,
    changes::{AccountChange, ChangeCursor},
    error::{Error, ErrorKind},
    extract::{Can, OptionalUser, User},
    guard::Guard,
    refusal::{Refusal, RefusalReason},
    sign_out::{Preview, Receipt, Selection, SignOut},
    tokens::{NewApiToken, TokenInfo, Tokens},
    users::{NewUser, Users},
};
use crate::{
    app_state::AppState,
    config::SigningKeys,
    credentials::{Principal, authenticate},
    error::Error as Inner,
    factors::requirement,
    http::{app, mail::MailThread, middleware::body::has_body, paths},
    types::ids::UserId,
};

/// Accounts, sessions and API tokens of an actix-web app.
///
/// A clone is another handle to the same state. Nothing has to be started or stopped: a background
/// thread does the periodic work, and the drop of the last handle ends it. The app keeps its own
/// runtime, logger, signal handlers, headers, default service and tables.
#[derive(Clone)]
pub struct Narthex(Arc<NarthexState>);

struct NarthexState {
    /// The first field, because its thread must end before the database is closed.
    _background: Background,
    _mails: Option<MailThread>,
    state: AppState,
    keys: SigningKeys,
}

impl Narthex {
    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn new(
        state: AppState,
        keys: SigningKeys,
        background: Background,
        mails: Option<MailThread>,
    ) -> Self {
        Self(Arc::new(NarthexState {
            _background: background,
            _mails: mails,
            state,
            keys,
        }))
    }

    /// Returns a function for `App::configure`. It adds the pages, their assets and the JSON API,
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
        // The body arrives later, and the extractor checks the caller again after it. So the result
        // of this early check is not kept.
        let identified = if has_body(request) {
            admission::identify_again(request).await
        } else {
            admission::identify(request).await
        };
        match admission::none_if_second_factor_needed(identified) {
            Ok(caller) => Ok(caller.map(|principal| Caller { principal })),
            Err(error) => Err(Refusal::new(request, error)),
        }
    }
}

impl Narthex {
    /// Checks the credential of `caller` again, and returns the caller as it is now, or `None` if
    /// the credential is not accepted any more. Call it before each message of a web socket and
    /// before a change that comes long after the request.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn verify_again(&self, caller: &Caller) -> Result<Option<Caller>, Error> {
        let Principal { secret, ip, .. } = caller.principal;
        let form = caller.principal.credential().form;
        let checked = authenticate::authenticate(&self.0.state, form, secret, ip).await?;
        let Ok(principal) = checked else {
            return Ok(None);
        };
        let is_satisfied = requirement::is_satisfied(&self.0.state, &principal).await?;
        Ok(is_satisfied.then_some(Caller { principal }))
    }

    /// The accounts.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users(&self.0.state)
    }

    /// The tokens of a user.
    #[must_use]
    pub fn tokens(&self, user: UserId) -> Tokens<'_> {
        Tokens {
            state: &self.0.state,
            user,
        }
    }

    /// Selects credentials of a user, to revoke them:
    ///
    /// ```no_run
    /// # async fn f(narthex: narthex::Narthex, user: narthex::User) -> Result<(), narthex::Error> {
    /// let others = narthex.sign_out(user.id()).others(&user);
    /// let preview = others.preview().await?;
    /// let receipt = others.end_previewed(&preview).await?;
    /// println!("{} sessions and {} tokens revoked", receipt.sessions, receipt.tokens);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sign_out(&self, user: UserId) -> SignOut<'_> {
        SignOut {
            state: &self.0.state,
            user,
        }
    }

    /// Returns the whole path of a page of Narthex, for links in the app.
    #[cfg(feature = "pages")]
    #[must_use]
    pub fn path(&self, page: Page) -> String {
        let path = match page {
            Page::SignIn => paths::LOGIN,
            Page::Register => paths::REGISTER,
            Page::Account => paths::ACCOUNT,
            Page::Sessions => paths::SESSIONS,
            Page::Tokens => paths::TOKENS,
            Page::SignOut => paths::LOGOUT,
        };
        self.0.state.mount().url(path)
    }

    /// Returns the OpenAPI document of Narthex's API, to be merged into that of the app.
    ///
    /// # Errors
    /// None are expected.
    pub fn openapi(&self) -> Result<serde_json::Value, Error> {
        let text = app::openapi_of(self.0.state.settings())?;
        serde_json::from_str(&text).map_err(|error| Error(Inner::internal(error)))
    }
}

/// A page of Narthex. `POST` to the page [`Page::SignOut`] signs the browser out.
#[cfg(feature = "pages")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// Signs in. The query `next` names the page that follows.
    SignIn,
    /// Creates an account.
    Register,
    /// The overview of the account.
    Account,
    /// The list of sessions.
    Sessions,
    /// The list of tokens.
    Tokens,
    /// Signs out.
    SignOut,
}

impl std::fmt::Debug for Narthex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Narthex")
    }
}
