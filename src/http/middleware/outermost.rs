//! The outermost middleware of each route: checks before the request, and headers, errors and the
//! log after it.

use std::{rc::Rc, time::Instant};

use actix_web::{
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{ConnectionType, uri::Authority},
};
use futures_util::future::{Either, ready};

use super::{
    allowed_host, client_ip,
    connection::RequestConnection,
    cors, csrf, poll_limit,
    rejection_delay::{delay_rejection, is_temporary},
    request_log::{RequestLog, RequestOutcome},
    security_headers::Headers,
};
use crate::{
    app_state::AppState,
    config::Settings,
    error::Error,
    http::{auth::user_of, response::error_response},
};

/// The state of the outermost middleware, created once per worker.
pub struct Outermost {
    state: AppState,
    headers: Headers,
    log: RequestLog,
    /// The listen address of the settings, as text.
    listen: String,
}

impl Outermost {
    /// Creates the state.
    #[must_use]
    pub fn new(state: &AppState) -> Self {
        Self {
            state: state.clone(),
            headers: Headers::new(state.settings()),
            log: RequestLog::default(),
            listen: state.settings().server.listen.to_string(),
        }
    }
}

/// Runs the middleware around `service`. (It calls the inner service itself. The `Next` of
/// actix-web would add one box.)
pub(crate) fn wrap_request<C, S>(
    shared: Rc<Outermost>,
    request: ServiceRequest,
    service: &S,
) -> impl Future<Output = Result<ServiceResponse, actix_web::Error>> + use<C, S>
where
    C: RequestConnection,
    S: Service<ServiceRequest, Response = ServiceResponse, Error = actix_web::Error>,
{
    let started = Instant::now();
    let settings = shared.state.settings();
    let connection = C::begin(request.request());
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
        match run(connection.as_ref(), answer).await {
            Some(answer) => answer.map(|answer| finish(&shared, started, answer, connection)),
            None => Err(poll_limit::rejection()),
        }
    }
}

/// Runs the future of a response. Returns `None` if the connection must end: it is polled in a busy
/// loop, or an earlier response announced its end.
async fn run<C: RequestConnection, F: Future>(
    connection: Option<&C>,
    answer: F,
) -> Option<F::Output> {
    let Some(connection) = connection else {
        return poll_limit::with_poll_limit(answer, poll_limit::MAX).await;
    };
    if connection.ends_after_close().await {
        return None;
    }
    let answer = async {
        connection.wait_for_reader().await;
        answer.await
    };
    let answer = poll_limit::with_poll_limit(answer, poll_limit::MAX).await;
    if answer.is_none() {
        connection.abort();
    }
    answer
}

/// Completes each response: errors, headers, log and connection.
fn finish<C: RequestConnection>(
    shared: &Outermost,
    started: Instant,
    response: ServiceResponse,
    connection: Option<C>,
) -> ServiceResponse {
    let settings = shared.state.settings();
    // After a temporary rejection, the connection is closed. Otherwise a client that pipelines
    // requests would keep the connection reading ahead. If the process is shutting down, the close
    // makes the client connect to another server.
    let closes = is_temporary(&response)
        || shared.state.shutdown().is_shutting_down()
        || connection.as_ref().is_some_and(C::is_crowded);
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
        connection.iter().for_each(C::close);
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    shared.headers.apply(response.headers_mut(), &request);
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
