//! Builds an actix-web app from an [`AppState`]: the routes and the middleware, in their order.

use std::{collections::BTreeMap, rc::Rc, time::Instant};

use actix_web::{
    HttpResponse, Resource, Scope,
    body::MessageBody,
    dev::{HttpServiceFactory, Service, ServiceFactory, ServiceRequest, ServiceResponse},
    guard::fn_guard,
    http::{ConnectionType, Method, header, uri::Authority},
    middleware::{Compress, from_fn},
    web,
};
use futures_util::future::{Either, ready};

use super::{
    auth::{
        Access, AccessGuard, guard,
        session_cookie::{CookieConfig, cookie_name, middleware::session_cookie_middleware},
        user_of,
    },
    connections::{self, InProgress},
    forward_auth::VerifyParamsCache,
    middleware::{
        allowed_host, body,
        bypass::BypassIf,
        catch_panic, client_ip, compression, cors, csrf, poll_limit,
        rejection_delay::{delay_rejection, is_temporary},
        request_log::{RequestLog, RequestOutcome},
        security_headers::Headers,
    },
    openapi::{self, Site, handler::Document},
    paths,
    response::{
        brand::Brand,
        error_response::{self, ResponseFormat},
    },
    routes::{self, Route},
};
use crate::{
    app_state::AppState,
    config::{Settings, SigningKeys},
    error::Error,
};

/// The paths with the most requests.
const MOST_REQUESTED: [&str; 2] = [paths::VERIFY, paths::API_USER];

/// Returns all routes of Narthex for the program's own server. Every other path is answered with
/// 404.
pub fn service_with_routes(
    context: &AppState,
    keys: &SigningKeys,
    extra_routes: fn(&mut web::ServiceConfig),
) -> impl HttpServiceFactory + use<> {
    context.set_node_config(keys);
    let cookie_config = web::Data::new(CookieConfig::new(context.settings(), keys));
    let scope: Scope = web::scope("")
        .app_data(body::payload_limit())
        .configure(|config| add_state(config, context, keys, &cookie_config))
        .configure(extra_routes);
    let scope = paths_in_order()
        .into_iter()
        .fold(scope, |scope, (path, routes)| {
            let resource = resource(context, &cookie_config, path, routes);
            match ResponseFormat::of(path) {
                ResponseFormat::Html => scope.service(compressed(resource)),
                ResponseFormat::Json => scope.service(resource),
            }
        });
    let shared = Rc::new(OuterMiddleware::new(context));
    scope
        .default_service(web::to(not_found))
        .wrap_fn(move |request, service| wrap_request(Rc::clone(&shared), request, service))
}

/// Adds all routes to the app of an embedder, except [`paths::HOME`]. Each resource has its own
/// middleware, so the app's other routes, its headers and its default service stay as they are.
pub(super) fn add_routes(config: &mut web::ServiceConfig, context: &AppState, keys: &SigningKeys) {
    let cookie_config = web::Data::new(CookieConfig::new(context.settings(), keys));
    add_state(config, context, keys, &cookie_config);
    let shared = Rc::new(OuterMiddleware::new(context));
    for (path, routes) in paths_in_order() {
        if path == paths::HOME {
            continue;
        }
        let resource =
            resource(context, &cookie_config, path, routes).app_data(body::payload_limit());
        match ResponseFormat::of(path) {
            ResponseFormat::Html => config.service(wrapped(compressed(resource), &shared)),
            ResponseFormat::Json => config.service(wrapped(resource, &shared)),
        };
    }
}

/// Adds the values that handlers, extractors and guards read from the app.
fn add_state(
    config: &mut web::ServiceConfig,
    context: &AppState,
    keys: &SigningKeys,
    cookie_config: &web::Data<CookieConfig>,
) {
    config
        .app_data(web::Data::new(context.clone()))
        .app_data(cookie_config.clone())
        .app_data(web::Data::new(document(context.settings())))
        .app_data(web::Data::new(Brand::new(context.settings())))
        .app_data(web::Data::new(Headers::new(context.settings())))
        .app_data(web::Data::new(VerifyParamsCache::default()))
        .app_data(web::Data::new(keys.clone()));
}

/// Returns the routes of each path. actix-web tries paths in order. A fixed path comes before a
/// pattern that matches it too ("current" before "{id}"), and the most requested paths come first.
fn paths_in_order() -> Vec<(&'static str, Vec<Route>)> {
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes::table() {
        by_path.entry(route.path).or_default().push(route);
    }
    let mut all: Vec<_> = by_path.into_iter().collect();
    all.sort_by_key(|(path, _)| (path.contains('{'), !MOST_REQUESTED.contains(path)));
    all
}

/// Returns the OpenAPI document of this server.
fn document(settings: &Settings) -> Document {
    let (url, cookie) = (settings.base_url(), cookie_name(settings));
    let mount = settings.server.mount.clone();
    Document::new(move || {
        openapi::json(Site {
            url: &url,
            mount: &mount,
            cookie: &cookie,
        })
    })
}

async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}

/// Builds the resource of one path. The layers from the outside in are the session cookie, the
/// panic handler, the access guard and the handler.
fn resource(
    context: &AppState,
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
    let access: Vec<(Option<Method>, Access, bool)> = routes
        .iter()
        .map(|route| {
            let method = (!route.any_method).then(|| route.method.clone());
            (method, route.access, route.is_change())
        })
        .collect();
    let access_guard = Rc::new(AccessGuard::new(context.clone(), access));
    let (keep_config, keep_context) = (cookie_config.clone(), context.clone());
    let bypasses = match ResponseFormat::of(path) {
        ResponseFormat::Html => |_: &ServiceRequest| false,
        ResponseFormat::Json if path == paths::VERIFY => |_: &ServiceRequest| true,
        ResponseFormat::Json => needs_no_cookie,
    };
    let patterns = paths::patterns(context.mount(), path);
    routes
        .into_iter()
        .fold(Resource::new(patterns), |resource, route| {
            let (method, any) = (route.method, route.any_method);
            resource.route(route.handler.guard(fn_guard(move |context| {
                any || routes::matches_method(&method, context)
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
                session_cookie_middleware(keep_config.clone(), keep_context.clone(), request, next)
            }),
        ))
}

/// Compresses the responses of a page. Most API responses fit into one packet, so they are not
/// compressed.
fn compressed<S, B>(
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
    shared: &Rc<OuterMiddleware>,
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
        .wrap_fn(move |request, service| wrap_request(Rc::clone(&shared), request, service))
}

/// Returns whether an API request leaves the cookie unchanged, so that the cookie layer is
/// bypassed. With an `Authorization` header, the cookie is not even read. A safe request can
/// authenticate with the cookie but does not change it.
fn needs_no_cookie(request: &ServiceRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION) || request.method().is_safe()
}

/// The state of the outermost middleware, created once per worker.
struct OuterMiddleware {
    context: AppState,
    headers: Headers,
    log: RequestLog,
    /// The listen address of the settings, as text.
    listen: String,
}

impl OuterMiddleware {
    fn new(context: &AppState) -> Self {
        Self {
            context: context.clone(),
            headers: Headers::new(context.settings()),
            log: RequestLog::default(),
            listen: context.settings().server.listen.to_string(),
        }
    }
}

/// The outermost middleware. (It calls the inner service itself. The `Next` of actix-web would add
/// one box.)
fn wrap_request<S>(
    shared: Rc<OuterMiddleware>,
    request: ServiceRequest,
    service: &S,
) -> impl Future<Output = Result<ServiceResponse, actix_web::Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
{
    let started = Instant::now();
    let settings = shared.context.settings();
    let connection = InProgress::begin(request.request());
    client_ip::record(request.request(), &settings.server.trusted_proxies);
    let answer = match check_request(settings, &shared.listen, &request) {
        Ok(()) => match allowed_host::to_https(request.request(), settings)
            .or_else(|| cors::preflight(request.request(), settings))
        {
            Some(answer) => Either::Left(ready(Ok(request.into_response(answer)))),
            None => Either::Right(service.call(request)),
        },
        Err(error) => Either::Left(ready(Ok(request.error_response(error)))),
    };
    async move {
        let answer = async { Ok(delay_rejection(answer.await?).await) };
        match connections::run(connection.as_ref(), answer).await {
            Some(answer) => answer.map(|answer| finish(&shared, started, answer, connection)),
            None => Err(poll_limit::rejection()),
        }
    }
}

/// Completes each response: errors, headers, log and connection.
fn finish(
    shared: &OuterMiddleware,
    started: Instant,
    response: ServiceResponse,
    connection: Option<InProgress>,
) -> ServiceResponse {
    let settings = shared.context.settings();
    // After a temporary rejection, the connection is closed. Otherwise a client that pipelines
    // requests would keep the connection reading ahead. If the process is shutting down, the close
    // makes the client connect to another server.
    let closes = is_temporary(&response)
        || shared.context.shutdown().is_shutting_down()
        || connection.as_ref().is_some_and(InProgress::is_crowded);
    let (request, response) = response.into_parts();
    let refused = response
        .error()
        .map(|error| error_response::to_narthex_error(error, response.status()));
    let mut response = match &refused {
        Some(error) => {
            error_response::with_cookies_of(&response, error_response::answer(&request, error))
        }
        None => response,
    };
    let status = response.status();
    if closes {
        connection.iter().for_each(InProgress::close);
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    shared.headers.apply(response.headers_mut(), request.path());
    cors::apply(response.headers_mut(), &request, settings);
    let outcome = RequestOutcome {
        status,
        error: refused.as_ref(),
        took: started.elapsed(),
        user: user_of(&request),
    };
    shared.log.write(&request, &outcome);
    let answer = ServiceResponse::new(request, response);
    match connection {
        Some(connection) => connection.end(answer),
        None => answer,
    }
}

fn check_request(settings: &Settings, listen: &str, request: &ServiceRequest) -> Result<(), Error> {
    let authority = request.uri().authority().map(Authority::as_str);
    let path = settings.server.mount.relative(request.path());
    let headers = request.headers();
    if !allowed_host::is_allowed_host(path, authority, headers, settings, listen) {
        return Err(Error::Misdirected);
    }
    if !csrf::is_trusted_request(request.request(), settings) {
        return Err(csrf::refusal(request.request(), settings));
    }
    Ok(())
}
