//! The guard before each handler. It authenticates the caller and enforces the access rule of the
//! route.

use std::rc::Rc;

use actix_web::{
    HttpMessage as _, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Bytes,
};

use super::{access::Access, presented_credential, session_cookie::SessionCookie};
#[cfg(feature = "pages")]
use crate::http::{draft, response::error_response::ResponseFormat};
use crate::{
    app_state::AppState,
    credentials::Principal,
    error::{Error, Result},
    factors::requirement,
    http::{middleware::body, routes::Route},
    types::{ability::Ability, credential_kind::CredentialType},
};

/// The access rules of one path, by method.
pub struct AccessGuard {
    state: AppState,
    rules: Vec<AccessRule>,
}

struct AccessRule {
    /// The method, or `None` for every method.
    method: Option<Method>,
    access: Access,
    /// Whether the request counts towards the user's rate limit of changes.
    is_change: bool,
    /// Whether the caller must have a second factor if the settings require one.
    needs_factor: bool,
    /// The abilities of `access`, parsed once. `None` is an invalid ability, which no credential
    /// has.
    abilities: Vec<(&'static str, Option<Ability>)>,
}

impl AccessGuard {
    /// Creates the guard of a path with these routes.
    #[must_use]
    pub fn new(state: AppState, routes: &[Route]) -> Self {
        let rules = routes.iter().map(|route| AccessRule {
            method: (!route.any_method).then(|| route.method.clone()),
            access: route.access,
            is_change: route.is_change(),
            needs_factor: route.needs_factor(),
            abilities: match route.access {
                Access::Abilities(names) | Access::OAuthClient(names) => {
                    let read = names.iter().map(|name| (*name, Ability::parse(name)));
                    read.collect()
                }
                _ => Vec::new(),
            },
        });
        Self {
            state,
            rules: rules.collect(),
        }
    }

    fn rule(&self, method: &Method) -> Option<&AccessRule> {
        // RFC 9110, section 9.3.2: HEAD is GET without the content.
        let method = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.rules
            .iter()
            .find(|rule| rule.method.as_ref().is_none_or(|allowed| allowed == method))
    }

    fn not_allowed(&self) -> Error {
        let mut methods: Vec<&str> = self
            .rules
            .iter()
            .filter_map(|rule| rule.method.as_ref().map(Method::as_str))
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        Error::MethodNotAllowed(methods.join(", "))
    }

    /// Reads the body of a request that needs authentication, so that the credential is checked
    /// after the body has arrived.
    async fn read_body(&self, request: &mut ServiceRequest) -> Result<Bytes> {
        match self.rule(request.method()).map(|rule| rule.access) {
            None | Some(Access::Public) => Ok(Bytes::new()),
            Some(_) => body::buffer_body(request).await,
        }
    }

    /// Counts a change of the caller's account in the memory of this process. A database write for
    /// each count would cost as much as the change.
    fn count_change(
        &self,
        method: &Method,
        caller: Option<Principal>,
    ) -> Result<Option<Principal>> {
        let is_change = self.rule(method).is_some_and(|rule| rule.is_change);
        if let Some(caller) = caller.as_ref().filter(|_| is_change) {
            let now = self.state.now();
            let counted = self.state.change_limiter().count(now, caller.user().id);
            counted.map_err(|wait| {
                metrics::counter!("narthex_rate_limited_total", "limit" => "changes").increment(1);
                Error::Throttled(wait)
            })?;
        }
        Ok(caller)
    }

    /// Authenticates the caller of a refused request, so that the error page has the menu of the
    /// user. If this fails, the page has no menu.
    #[cfg(feature = "pages")]
    async fn keep_menu(&self, request: &ServiceRequest, error: &Error) {
        let format = ResponseFormat::at(self.state.mount(), request.path());
        if format == ResponseFormat::Json || matches!(error, Error::NotSignedIn { .. }) {
            return;
        }
        let caller = presented_credential::from_cookie(&self.state, request.request()).await;
        if let Ok(Some(caller)) = caller {
            request.extensions_mut().insert(Rc::new(caller));
        }
    }

    /// Returns whether this method takes the form of a signed-in page. The guard keeps a draft of
    /// such a form in case it is refused.
    fn takes_form(&self, method: &Method) -> bool {
        let rule = self.rule(method).map(|rule| rule.access);
        rule == Some(Access::SessionPage) && !method.is_safe()
    }

    async fn authorize(&self, request: &HttpRequest, body: &[u8]) -> Result<Option<Principal>> {
        let Some(rule) = self.rule(request.method()) else {
            return Err(self.not_allowed());
        };
        let caller = self.identify(rule, request, body).await?;
        if let Some(caller) = caller.as_ref().filter(|_| rule.needs_factor) {
            requirement::require(&self.state, caller).await?;
        }
        Ok(caller)
    }

    async fn identify(
        &self,
        rule: &AccessRule,
        request: &HttpRequest,
        body: &[u8],
    ) -> Result<Option<Principal>> {
        let state = &self.state;
        let not_signed_in = || Error::NotSignedIn {
            invalid_token: false,
        };
        match rule.access {
            Access::Public => Ok(None),
            Access::OptionalSession => {
                let caller = presented_credential::from_cookie(state, request).await?;
                caller
                    .map(|caller| check_form_user(request, body, caller))
                    .transpose()
            }
            Access::SessionPage => {
                let caller = presented_credential::from_cookie(state, request)
                    .await?
                    .ok_or_else(not_signed_in)?;
                check_form_user(request, body, caller).map(Some)
            }
            Access::AnyCredential => presented_credential::from_header_or_cookie(state, request)
                .await?
                .ok_or_else(not_signed_in)
                .map(Some),
            Access::SessionOnly => {
                let caller = presented_credential::from_header_or_cookie(state, request)
                    .await?
                    .ok_or_else(not_signed_in)?;
                match caller.credential().class() {
                    CredentialType::Session => Ok(Some(caller)),
                    CredentialType::Token => Err(Error::SessionRequired),
                }
            }
            Access::Abilities(required) => {
                let caller = presented_credential::from_header_or_cookie(state, request)
                    .await?
                    .ok_or_else(not_signed_in)?;
                require_abilities(&caller, &rule.abilities)?;
                Ok(Some(caller.with_required_abilities(required)))
            }
            Access::OAuthClient(required) => {
                let caller = presented_credential::from_oauth_client(state, request)
                    .await?
                    .ok_or_else(not_signed_in)?;
                require_abilities(&caller, &rule.abilities)?;
                Ok(Some(caller.with_required_abilities(required)))
            }
        }
    }
}

/// Runs before the handler of a route. A request that it refuses does not reach the handler.
///
/// # Errors
/// The errors of the handler.
pub async fn guard<B: MessageBody + 'static>(
    access_guard: Rc<AccessGuard>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let admitted = match access_guard.read_body(&mut request).await {
        Ok(body) => {
            let admitted = access_guard.authorize(request.request(), &body).await;
            #[cfg(feature = "pages")]
            if access_guard.takes_form(request.method()) {
                let user = match &admitted {
                    Ok(caller) => Ok(caller.as_ref().map(|caller| caller.user().id)),
                    Err(Error::NotSignedIn { .. }) => {
                        presented_credential::former_user(&access_guard.state, request.request())
                            .await
                    }
                    Err(_) => Ok(None),
                };
                match user {
                    Ok(user) => draft::remember(request.request(), body, user),
                    Err(error) => {
                        return Ok(request.error_response(error).map_into_right_body());
                    }
                }
            }
            admitted.and_then(|caller| access_guard.count_change(request.method(), caller))
        }
        Err(error) => Err(error),
    };
    match admitted {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(Rc::new(caller));
            }
            let response = next.call(request).await?;
            SessionCookie::delete_if_emptied(response.request());
            Ok(response.map_into_left_body())
        }
        // An error response and not an `Err`: an `Err` would bypass the middleware around this
        // function, and the session cookie would not be written.
        Err(error) => {
            #[cfg(feature = "pages")]
            access_guard.keep_menu(&request, &error).await;
            Ok(request.error_response(error).map_into_right_body())
        }
    }
}

/// Refuses a form that was made for another user. An old tab can still show such a form after
/// another user has signed in.
fn check_form_user(request: &HttpRequest, body: &[u8], caller: Principal) -> Result<Principal> {
    if body::is_for_another_user(request, body, caller.user().id) {
        return Err(Error::OtherAccount);
    }
    Ok(caller)
}

fn require_abilities(caller: &Principal, abilities: &[(&str, Option<Ability>)]) -> Result<()> {
    let granted = |ability: &Option<Ability>| {
        let ability = ability.as_ref();
        ability.is_some_and(|ability| caller.credential().abilities.grant(ability))
    };
    let missing: Vec<&str> = abilities
        .iter()
        .filter(|(_, ability)| !granted(ability))
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::MissingAbility(missing.join(" ")))
    }
}
