//! A [`Context`] becomes an actix-web app: what goes around every request, in which order; serving
//! and shutting down.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    num::NonZero,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer, Resource, Scope,
    body::{BoxBody, MessageBody},
    dev::{
        HttpServiceFactory, Server as ActixServer, ServerHandle, ServiceRequest, ServiceResponse,
    },
    guard::{GuardContext, fn_guard},
    http::{Method, StatusCode, uri::Authority},
    middleware::{Compress, Condition, Next, from_fn},
    web,
};

use crate::{
    callers::{Access, Gatekeeper, guard},
    config::{Settings, SigningKeys},
    context::Context,
    credentials::{Pruned, prune, usage},
    error::Error,
    openapi::{self, Site},
    protocols::{metrics, openapi::Document},
    routes::{self, Route},
    sessions::cookie::{CookieRules, cookie_name, keep},
    web::{
        address, body, cors,
        headers::Headers,
        host, limits, panics,
        refusal::{self, Surface},
        request_log, same_origin,
    },
};

/// How often what has expired is ended, and what ended long ago forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// A server that is bound to its address and not yet running.
pub struct Server {
    server: ActixServer,
    metrics: Option<ActixServer>,
    address: SocketAddr,
    context: Context,
}

impl Server {
    /// Binds the listening address of the settings.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn bind(context: Context, keys: SigningKeys) -> io::Result<Self> {
        let listen = context.settings.listen;
        // Before the workers build the app: whatever wakes the node must find it said.
        context.go_by(&keys);
        let shared = context.clone();
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let connections = limits::connections_a_worker(workers);
        let server = HttpServer::new(move || App::new().service(scope(&shared, &keys)))
            .client_request_timeout(limits::HEAD_WITHIN)
            .keep_alive(limits::KEEP_ALIVE)
            .workers(workers)
            .max_connections(connections)
            .on_connect(|connection, _| limits::bound_connection(connection))
            .shutdown_timeout(limits::STOP_WITHIN_SECONDS)
            .bind(listen)?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        let metrics = context
            .settings
            .metrics_listen
            .map(metrics::bind)
            .transpose()?;
        Ok(Self {
            server: server.run(),
            metrics,
            address,
            context,
        })
    }

    /// The address that was bound, its port known where the settings left it open.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// By which the server is stopped from outside.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is told to stop, by a signal or by its handle; finishes what is under way and
    /// writes what is only in memory.
    ///
    /// # Errors
    /// When serving fails.
    pub async fn run(self) -> io::Result<()> {
        let beside = [
            Some(actix_web::rt::spawn(write_last_used(self.context.clone()))),
            Some(actix_web::rt::spawn(prune_now_and_then(
                self.context.clone(),
            ))),
            self.metrics
                .map(|server| actix_web::rt::spawn(async { drop(server.await) })),
        ];
        // Joined before the first request: what the settings of several processes disagree about is said
        // at the start.
        self.context.nodes.wake();
        let (context, handle) = (self.context.clone(), self.server.handle());
        let disagreement = actix_web::rt::spawn(async move {
            context.nodes.disagreement().await;
            handle.stop(false).await;
        });
        let served = self.server.await;
        disagreement.abort();
        let served = match self.context.nodes.disagrees() {
            Some(why) => Err(io::Error::other(why)),
            None => served,
        };
        // Nobody has to wait for this process from here on: it checks no pass any more.
        self.context.nodes.leave().await;
        beside
            .iter()
            .flatten()
            .for_each(actix_web::rt::task::JoinHandle::abort);
        if let Err(error) = usage::flush(&self.context).await {
            tracing::error!(cause = %error, "the last-used times since the last write are lost");
        }
        served
    }
}

async fn write_last_used(context: Context) {
    loop {
        actix_web::rt::time::sleep(context.settings.last_used_every).await;
        if let Err(error) = usage::flush(&context).await {
            tracing::warn!(cause = %error, "last-used times could not be written; they are kept");
        }
    }
}

async fn prune_now_and_then(context: Context) {
    loop {
        actix_web::rt::time::sleep(PRUNE_EVERY).await;
        match prune(&context).await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tracing::info!(pruned.expired, pruned.forgotten, "pruned"),
            Err(error) => tracing::warn!(cause = %error, "pruning failed; it is tried again"),
        }
    }
}

/// Everything that Narthex serves, for an actix-web app. Register it last: what it has no route for
/// is not found.
#[must_use]
pub fn scope(context: &Context, keys: &SigningKeys) -> impl HttpServiceFactory + use<> {
    let rules = web::Data::new(CookieRules::new(&context.settings, keys));
    context.go_by(keys);
    let mut by_path: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes::table() {
        by_path.entry(route.path).or_default().push(route);
    }
    let scope: Scope = web::scope("")
        .app_data(web::Data::new(context.clone()))
        .app_data(rules.clone())
        .app_data(web::Data::new(document(&context.settings)))
        .app_data(web::Data::new(keys.clone()))
        .app_data(body::payload_limit());
    // A fixed path comes before a pattern that it fits too ("current" before "{id}").
    let (patterns, fixed): (Vec<_>, Vec<_>) = by_path
        .into_iter()
        .partition(|(path, _)| path.contains('{'));
    let scope = fixed
        .into_iter()
        .chain(patterns)
        .fold(scope, |scope, (path, routes)| {
            scope.service(resource(context, &rules, path, routes))
        });
    let (shared, headers) = (context.clone(), Rc::new(Headers::new(&context.settings)));
    scope
        .default_service(web::to(not_found))
        .wrap(from_fn(move |request, next| {
            around(shared.clone(), Rc::clone(&headers), request, next)
        }))
}

/// What describes the API that is served here.
fn document(settings: &Settings) -> Document {
    let (url, cookie) = (settings.base_url(), cookie_name(settings));
    Document::new(move || openapi::json(Site { url: &url, cookie }))
}

async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}

/// One path: from the outside in, compression, the session cookie, a net for panics, the guard, the
/// handler.
fn resource(
    context: &Context,
    rules: &web::Data<CookieRules>,
    path: &'static str,
    routes: Vec<Route>,
) -> impl HttpServiceFactory + use<> {
    let access: Vec<(Option<Method>, Access)> = routes
        .iter()
        .map(|route| {
            let method = (!route.any_method).then(|| route.method.clone());
            (method, route.access)
        })
        .collect();
    let keeper = Rc::new(Gatekeeper::new(context.clone(), access));
    let rules_of_cookie = rules.clone();
    routes
        .into_iter()
        .fold(Resource::new(path), |resource, route| {
            let (method, any) = (route.method, route.any_method);
            resource.route(
                route
                    .handler
                    .guard(fn_guard(move |context| any || answers(&method, context))),
            )
        })
        .wrap(from_fn(move |request, next| {
            guard(Rc::clone(&keeper), request, next)
        }))
        .wrap(from_fn(panics::caught))
        .wrap(rules.middleware())
        .wrap(from_fn(move |request, next| {
            keep(rules_of_cookie.clone(), request, next)
        }))
        .wrap(Condition::new(
            Surface::of(path) == Surface::Page,
            Compress::default(),
        ))
}

/// RFC 9110, section 9.3.2: HEAD is answered as GET is, without the content.
fn answers(method: &Method, context: &GuardContext<'_>) -> bool {
    let asked = &context.head().method;
    asked == method || (asked == Method::HEAD && method == Method::GET)
}

/// What goes around every request.
async fn around(
    context: Context,
    headers: Rc<Headers>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let settings = &context.settings;
    address::note(&request, &settings.trusted_proxies);
    let response = match may_pass(&context, &request) {
        Ok(()) => match cors::preflight(request.request(), settings) {
            Some(allowed) => request.into_response(allowed),
            None => next.call(request).await?.map_into_boxed_body(),
        },
        Err(error) => request.error_response(error),
    };
    let (request, response) = response.into_parts();
    let refused = response
        .error()
        .map(|error| our_error(error, response.status()));
    let mut response = match &refused {
        Some(error) => with_cookies_of(&response, refusal::answer(&request, error)),
        None => response,
    };
    let status = response.status();
    headers.put_on(response.headers_mut(), request.path());
    cors::put_on(response.headers_mut(), &request, settings);
    request_log::write(&request, status, refused.as_ref(), started.elapsed());
    Ok(ServiceResponse::new(request, response))
}

fn may_pass(context: &Context, request: &ServiceRequest) -> Result<(), Error> {
    let authority = request.uri().authority().map(Authority::as_str);
    if !host::is_ours(
        request.path(),
        authority,
        request.headers(),
        &context.settings,
    ) {
        return Err(Error::Misdirected);
    }
    if !same_origin::may_act(request.request(), &context.settings) {
        return Err(Error::CrossSite);
    }
    Ok(())
}

/// The error behind a response: ours, or what actix-web itself had to refuse.
fn our_error(error: &actix_web::Error, status: StatusCode) -> Error {
    match error.as_error::<Error>() {
        Some(ours) => ours.to_owned(),
        None if status == StatusCode::NOT_FOUND => Error::NotFound,
        None if status.is_client_error() => {
            Error::Malformed("The request cannot be read.".to_owned())
        }
        None => Error::internal(error),
    }
}

/// The answer to a refused request still sets the cookies that the handler wanted set.
fn with_cookies_of(refused: &HttpResponse, mut answer: HttpResponse) -> HttpResponse {
    use actix_web::http::header::SET_COOKIE;
    for value in refused.headers().get_all(SET_COOKIE) {
        answer.headers_mut().append(SET_COOKIE, value.clone());
    }
    answer
}
