//! Builds an actix-web app from an [`AppState`]: the routes and the middleware, in their order.

use std::{collections::BTreeMap, rc::Rc};

#[cfg(feature = "pages")]
use super::response::brand::Brand;
use super::{
    auth::{
        AccessGuard, guard,
        session_cookie::{CookieConfig, cookie_name, middleware::session_cookie_middleware},
    },
    forward_auth::VerifyParamsCache,
    middleware::{
        body,
        bypass::BypassIf,
        catch_panic, compression,
        connection::Unwatched,
        outermost::{Outermost, wrap_request},
        security_headers::Headers,
    },
    openapi::{self, Site, handler::Document},
    paths,
    response::error_response::ResponseFormat,
    routes::{self, Route},
};
use crate::{
    app_state::AppState,
    config::{Mount, Settings, SigningKeys},
    error::Error,
};
use actix_web::{
    Resource,
    body::MessageBody,
    dev::{HttpServiceFactory, Service, ServiceFactory, ServiceRequest, ServiceResponse},
    guard::fn_guard,
    http::header,
    middleware::{Compress, from_fn},
    web,
};

/// The paths with the most requests.
const MOST_REQUESTED: [&str; 2] = [paths::VERIFY, paths::API_USER];

/// Adds all routes to the app of an embedder. Without a mount, [`paths::HOME`] is the app's. Each
/// resource has its own middleware, so the app's other routes, its headers and its default service
/// stay as they are.
pub(super) fn add_routes(config: &mut web::ServiceConfig, state: &AppState, keys: &SigningKeys) {
    let cookie_config = web::Data::new(CookieConfig::new(state.settings(), keys));
    add_state(config, state, keys, &cookie_config);
    let shared = Rc::new(Outermost::new(state));
    for (path, routes) in paths_in_order() {
        if path == paths::HOME && *state.mount() == Mount::ROOT {
            continue;
        }
        let resource =
            resource(state, &cookie_config, path, routes).app_data(body::payload_limit());
        match ResponseFormat::of(path) {
            ResponseFormat::Html => config.service(wrapped(compressed(resource), &shared)),
            ResponseFormat::Json => config.service(wrapped(resource, &shared)),
        };
    }
}

/// Adds the values that handlers, extractors and guards read from the app.
pub(super) fn add_state(
    config: &mut web::ServiceConfig,
    state: &AppState,
    keys: &SigningKeys,
    cookie_config: &web::Data<CookieConfig>,
) {
    config
        .app_data(web::Data::new(state.clone()))
        .app_data(cookie_config.clone())
        .app_data(web::Data::new(document(state.settings())))
        .app_data(web::Data::new(Headers::new(state.settings())))
        .app_data(web::Data::new(VerifyParamsCache::default()))
        .app_data(web::Data::new(keys.clone()));
    #[cfg(feature = "pages")]
    config.app_data(web::Data::new(Brand::new(state.settings())));
}

/// Returns the routes of each path. actix-web tries paths in order. A fixed path comes before a
/// pattern that matches it too ("current" before "{id}"), and the most requested paths come first.
pub(super) fn paths_in_order() -> Vec<(&'static str, Vec<Route>)> {
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes::table() {
        by_path.entry(route.path).or_default().push(route);
    }
    let mut all: Vec<_> = by_path.into_iter().collect();
    all.sort_by_key(|(path, _)| (path.contains('{'), !MOST_REQUESTED.contains(path)));
    all
}

/// Returns the OpenAPI document of this server, which is built on the first request.
fn document(settings: &Settings) -> Document {
    let settings = settings.clone();
    Document::new(move || openapi_of(&settings))
}

/// Builds the OpenAPI document of a server with these settings.
pub(super) fn openapi_of(settings: &Settings) -> Result<String, Error> {
    openapi::json(Site {
        url: &settings.base_url(),
        mount: &settings.server.mount,
        cookie: &cookie_name(settings),
    })
}

/// Builds the resource of one path. The layers from the outside in are the session cookie, the
/// panic handler, the access guard and the handler.
pub(super) fn resource(
    state: &AppState,
    cookie_config: &web::Data<CookieConfig>,
    path: &'static str,
    routes: Vec<Route>,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let access_guard = Rc::new(AccessGuard::new(state.clone(), &routes));
    let (keep_config, keep_state) = (cookie_config.clone(), state.clone());
    let bypasses = match ResponseFormat::of(path) {
        ResponseFormat::Html => |_: &ServiceRequest| false,
        ResponseFormat::Json if path == paths::VERIFY => |_: &ServiceRequest| true,
        ResponseFormat::Json => needs_no_cookie,
    };
    let patterns = paths::patterns(state.mount(), path);
    routes
        .into_iter()
        .fold(Resource::new(patterns), |resource, route| {
            let (method, any) = (route.method, route.any_method);
            resource.route(route.handler.guard(fn_guard(move |guard| {
                any || routes::matches_method(&method, guard)
            })))
        })
        .wrap(from_fn(move |request: ServiceRequest, next| {
            let original = request.request().clone();
            // Boxed, because each layer around it would otherwise contain and move the future.
            let response = Box::pin(guard(Rc::clone(&access_guard), request, next));
            catch_panic::catch_panic(original, response)
        }))
        .wrap(BypassIf::new(
            bypasses,
            cookie_config.middleware(),
            from_fn(move |request, next| {
                session_cookie_middleware(keep_config.clone(), keep_state.clone(), request, next)
            }),
        ))
}

/// Compresses the responses of a page. Most API responses fit into one packet, so they are not
/// compressed.
pub(super) fn compressed<S, B>(
    resource: Resource<S>,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<S, B>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<S, B>,
>
where
    S: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    resource
        .wrap(Compress::default())
        .wrap_fn(compression::fall_back_to_identity)
}

/// Wraps one resource in the outermost middleware.
fn wrapped<S, B>(
    resource: Resource<S>,
    shared: &Rc<Outermost>,
) -> impl HttpServiceFactory + use<S, B>
where
    S: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let shared = Rc::clone(shared);
    resource
        .wrap_fn(|request, service| {
            let response = service.call(request);
            async move { Ok(response.await?.map_into_boxed_body()) }
        })
        .wrap_fn(move |request, service| {
            wrap_request::<Unwatched, _>(Rc::clone(&shared), request, service)
        })
}

/// Returns whether an API request leaves the cookie unchanged, so that the cookie layer is
/// bypassed. With an `Authorization` header, the cookie is not even read. A safe request can
/// authenticate with the cookie but does not change it.
fn needs_no_cookie(request: &ServiceRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION) || request.method().is_safe()
}
