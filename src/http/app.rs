//! A [`AppState`] becomes an actix-web app: what goes around every request, in which order.

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
        session_cookie::{CookieConfig, cookie_name, middleware::keep},
        user_of,
    },
    connections::{self, InProgress},
    forward_auth::KnownQuestions,
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

/// What is asked with each request that an app gets.
const ASKED_MOST: [&str; 2] = [paths::VERIFY, paths::API_USER];

/// Everything that Narthex serves, for an actix-web app. Register it last: what it has no route for
/// is not found.
#[must_use]
pub fn scope(context: &AppState, keys: &SigningKeys) -> impl HttpServiceFactory + use<> {
    service_with_routes(context, keys, |_| {})
}

pub(crate) fn service_with_routes(
    context: &AppState,
    keys: &SigningKeys,
    others: fn(&mut web::ServiceConfig),
) -> impl HttpServiceFactory + use<> {
    let rules = web::Data::new(CookieConfig::new(&context.settings, keys));
    context.set_node_config(keys);
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes::table() {
        by_path.entry(route.path).or_default().push(route);
    }
    let scope: Scope = web::scope("")
        .app_data(web::Data::new(context.clone()))
        .app_data(rules.clone())
        .app_data(web::Data::new(document(&context.settings)))
        .app_data(web::Data::new(Brand::new(&context.settings)))
        .app_data(web::Data::new(KnownQuestions::default()))
        .app_data(web::Data::new(keys.clone()))
        .app_data(body::payload_limit())
        .configure(others);
    // A fixed path comes before a pattern that it fits too ("current" before "{id}").
    let (patterns, mut fixed): (Vec<_>, Vec<_>) = by_path
        .into_iter()
        .partition(|(path, _)| path.contains('{'));
    // They are tried one after the other: what is asked most is found first.
    fixed.sort_by_key(|(path, _)| !ASKED_MOST.contains(path));
    let scope = fixed
        .into_iter()
        .chain(patterns)
        .fold(scope, |scope, (path, routes)| {
            let resource = resource(context, &rules, path, routes);
            // Pages alone are compressed: most of what the API answers fits into one packet.
            match ResponseFormat::of(path) {
                ResponseFormat::Html => scope.service(
                    resource
                        .wrap(Compress::default())
                        .wrap_fn(compression::or_identity),
                ),
                ResponseFormat::Json => scope.service(resource),
            }
        });
    let shared = Rc::new(OuterMiddleware {
        context: context.clone(),
        headers: Headers::new(&context.settings),
        log: RequestLog::default(),
        listen: context.settings.listen.to_string(),
    });
    scope
        .default_service(web::to(not_found))
        .wrap_fn(move |request, inside| wrap_request(Rc::clone(&shared), request, inside))
}

/// What describes the API that is served here.
fn document(settings: &Settings) -> Document {
    let (url, cookie) = (settings.base_url(), cookie_name(settings));
    Document::new(move || {
        openapi::json(Site {
            url: &url,
            cookie: &cookie,
        })
    })
}

async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}

/// One path: from the outside in, the session cookie, a net for panics, the guard, the handler.
fn resource(
    context: &AppState,
    rules: &web::Data<CookieConfig>,
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
    let keeper = Rc::new(AccessGuard::new(context.clone(), access));
    let (rules_of_cookie, context_of_cookie) = (rules.clone(), context.clone());
    let passes = match ResponseFormat::of(path) {
        ResponseFormat::Html => |_: &ServiceRequest| false,
        ResponseFormat::Json => needs_no_cookie,
    };
    routes
        .into_iter()
        .fold(Resource::new(path), |resource, route| {
            let (method, any) = (route.method, route.any_method);
            resource.route(route.handler.guard(fn_guard(move |context| {
                any || routes::answers(&method, context)
            })))
        })
        .wrap(from_fn(move |request: ServiceRequest, next| {
            let kept = request.request().clone();
            // In a box: whatever is around would carry and move it along otherwise, at every layer.
            let guarded = Box::pin(guard(Rc::clone(&keeper), request, next));
            catch_panic::catch_panic(kept, guarded)
        }))
        .wrap(BypassIf::new(
            passes,
            rules.middleware(),
            from_fn(move |request, next| {
                keep(
                    rules_of_cookie.clone(),
                    context_of_cookie.clone(),
                    request,
                    next,
                )
            }),
        ))
}

/// Who calls the API without changing anything about its cookie: where `Authorization` decides alone, the
/// cookie beside it is not even read, and a call that only looks is let in by it and leaves it as it is.
fn needs_no_cookie(request: &ServiceRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
        || request.method().is_safe()
        || request.path() == paths::VERIFY
}

/// What goes around every request needs, made once for each worker.
struct OuterMiddleware {
    context: AppState,
    headers: Headers,
    log: RequestLog,
    /// The listening address of the settings, as text.
    listen: String,
}

/// What goes around every request. (What is inside is called here, and not by a `ReturnTo`, which would put it
/// into a box more.)
fn wrap_request<S>(
    shared: Rc<OuterMiddleware>,
    request: ServiceRequest,
    inside: &S,
) -> impl Future<Output = Result<ServiceResponse, actix_web::Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
{
    let started = Instant::now();
    let settings = &shared.context.settings;
    let connection = InProgress::begin(request.request());
    client_ip::record(&request, &settings.trusted_proxies);
    let answer = match may_pass(settings, &shared.listen, &request) {
        Ok(()) => match allowed_host::to_https(request.request(), settings)
            .or_else(|| cors::preflight(request.request(), settings))
        {
            Some(answer) => Either::Left(ready(Ok(request.into_response(answer)))),
            None => Either::Right(inside.call(request)),
        },
        Err(error) => Either::Left(ready(Ok(request.error_response(error)))),
    };
    async move {
        let answer = async { Ok(delay_rejection(answer.await?).await) };
        match connections::answered(connection.as_ref(), answer).await {
            Some(answer) => answer.map(|answer| finish(&shared, started, answer, connection)),
            None => Err(poll_limit::refused()),
        }
    }
}

/// What every answer has, whatever it is.
fn finish(
    shared: &OuterMiddleware,
    started: Instant,
    response: ServiceResponse,
    connection: Option<InProgress>,
) -> ServiceResponse {
    let settings = &shared.context.settings;
    // Refusals for now, or a client that pipelines would keep its connection reading ahead of them. And of
    // a process that stops, so that the next request of this client finds another one.
    let closes = is_temporary(&response)
        || shared.context.stopping.has_begun()
        || connection.as_ref().is_some_and(InProgress::is_crowded);
    let (request, response) = response.into_parts();
    let refused = response
        .error()
        .map(|error| error_response::our_error(error, response.status()));
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
    let answered = RequestOutcome {
        status,
        error: refused.as_ref(),
        took: started.elapsed(),
        user: user_of(&request),
    };
    shared.log.write(&request, &answered);
    let answer = ServiceResponse::new(request, response);
    match connection {
        Some(connection) => connection.end(answer),
        None => answer,
    }
}

fn may_pass(settings: &Settings, listen: &str, request: &ServiceRequest) -> Result<(), Error> {
    let authority = request.uri().authority().map(Authority::as_str);
    let (path, headers) = (request.path(), request.headers());
    if !allowed_host::is_allowed_host(path, authority, headers, settings, listen) {
        return Err(Error::Misdirected);
    }
    if !csrf::is_trusted_request(request.request(), settings) {
        return Err(csrf::refusal(request.request(), settings));
    }
    Ok(())
}
