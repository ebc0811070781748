//! The program's own server: its sockets and workers, its start and its shutdown. An app that embeds
//! Narthex has a server of its own.

mod connections;
mod limits;
pub mod listener;
mod metrics;
mod service;
pub(crate) mod service_manager;
mod signals;

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::{App, HttpServer, dev::Server as ActixServer, rt::task::JoinHandle, web};

pub use self::service::service_with_routes;
use self::{
    connections::{Connections, end_idle_connections},
    listener::{Listener, Listeners, SocketFile},
    signals::{ignore_user_signals, shutdown_on_signal},
};
use crate::{
    app_state::AppState,
    config::{ListenAddress, SigningKeys},
    http::{
        background::{
            cleanup_loop, count_password_schemes, remove_factors, write_last_used,
            write_last_used_at_shutdown,
        },
        mail::MailThread,
        middleware::client_ip,
    },
    util::worker_pool::available_parallelism,
};

/// Binds the address of the metrics. An error names the address and its setting, because the server
/// has another address too.
fn bind_metrics(listen: SocketAddr, state: &AppState) -> io::Result<ActixServer> {
    metrics::bind(listen, state).map_err(|error| {
        let reason = format!("cannot listen on {listen}: {error} (NARTHEX_METRICS_LISTEN)");
        io::Error::new(error.kind(), reason)
    })
}

/// A server that is bound to its address and does not run yet.
pub struct Server {
    server: ActixServer,
    metrics: Option<ActixServer>,
    address: ListenAddress,
    socket_file: Option<SocketFile>,
    state: AppState,
    connections: Arc<Connections>,
    mails: Option<MailThread>,
}

impl Server {
    /// Binds the listen address of the settings.
    ///
    /// # Errors
    /// An error of the operating system if the address is not available.
    #[cfg(feature = "internals")]
    pub fn bind(state: AppState, keys: SigningKeys) -> io::Result<Self> {
        Self::bind_with_routes(state, keys, |_| {})
    }

    /// Like [`Server::bind`], with `routes` of the app on the same address. They precede the routes
    /// of Narthex and get the same outermost middleware: headers, log and rejections. The app must
    /// check the access to them itself.
    ///
    /// # Errors
    /// The errors of [`Server::bind`].
    #[cfg(feature = "internals")]
    pub fn bind_with_routes(
        state: AppState,
        keys: SigningKeys,
        routes: fn(&mut web::ServiceConfig),
    ) -> io::Result<Self> {
        let listeners = Listeners::open(&state.settings().server.listen)?;
        Self::with_listeners(state, keys, listeners, routes)
    }

    /// Starts the server on open sockets, with `routes` of the app on the same address. They precede
    /// the routes of Narthex, and the app must check the access to them itself.
    ///
    /// # Errors
    /// An error of the operating system if a socket is not usable or the address of the metrics is
    /// not available.
    pub fn with_listeners(
        state: AppState,
        keys: SigningKeys,
        listeners: Listeners,
        routes: fn(&mut web::ServiceConfig),
    ) -> io::Result<Self> {
        // Before the workers build the app, because the node needs the configuration when it joins
        // the cluster.
        state.set_node_config(&keys);
        let shared = state.clone();
        let workers = available_parallelism();
        let per_worker = limits::connections_a_worker(workers);
        let connections = Connections::new(per_worker * workers, state.settings());
        let connections = Arc::new(connections);
        let accepted = Arc::clone(&connections);
        let app = move || App::new().service(service_with_routes(&shared, &keys, routes));
        let mut server = HttpServer::new(app)
            .client_request_timeout(limits::HEADER_TIMEOUT)
            .keep_alive(limits::KEEP_ALIVE)
            .h1_write_buffer_size(limits::WRITE_BUFFER)
            .workers(workers)
            .max_connections(per_worker)
            // Otherwise the last packet of a compressed page waits for the client's delayed
            // acknowledgement.
            .tcp_nodelay(true)
            .on_connect(move |connection, data| {
                accepted.accept(connection, data);
                client_ip::record_peer(connection, data);
            })
            .shutdown_timeout(limits::SHUTDOWN_TIMEOUT_SECS)
            .disable_signals();
        for listener in listeners.sockets {
            server = match listener {
                Listener::Tcp(listener) => server.listen(listener)?,
                Listener::Unix(listener) => server.listen_uds(listener)?,
            };
        }
        let metrics = state
            .settings()
            .server
            .metrics_listen
            .map(|listen| bind_metrics(listen, &state))
            .transpose()?;
        let mails = MailThread::start(state.clone())?;
        Ok(Self {
            server: server.run(),
            metrics,
            address: listeners.address,
            socket_file: listeners.file,
            state,
            connections,
            mails,
        })
    }

    /// Returns the bound address, with the actual port if the settings have port 0.
    #[must_use]
    pub const fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// Returns the handle that stops the server.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn handle(&self) -> actix_web::dev::ServerHandle {
        self.server.handle()
    }

    /// Serves until a signal or the handle stops the server. Then requests in progress are
    /// finished, and cached last-used times are written.
    ///
    /// # Errors
    /// An error if the server fails.
    pub async fn run(self) -> io::Result<()> {
        let _socket_file = self.socket_file;
        let background_tasks = [
            Some(actix_web::rt::spawn(service_manager::reset_watchdog())),
            Some(actix_web::rt::spawn(write_last_used(self.state.clone()))),
            Some(actix_web::rt::spawn(cleanup_loop(self.state.clone()))),
            Some(actix_web::rt::spawn(remove_factors(self.state.clone()))),
            Some(actix_web::rt::spawn(count_password_schemes(
                self.state.clone(),
            ))),
            Some(actix_web::rt::spawn(end_idle_connections(self.connections))),
            self.metrics
                .map(|server| actix_web::rt::spawn(async { drop(server.await) })),
        ];
        ignore_user_signals()?;
        let stopping = shutdown_on_signal(self.state.clone(), self.server.handle())?;
        let stopping = actix_web::rt::spawn(stopping);
        // The node joins the cluster before the first request, so that a configuration mismatch is
        // reported at the start.
        self.state.cluster().ensure_running();
        let (state, handle) = (self.state.clone(), self.server.handle());
        let mismatch_watch = actix_web::rt::spawn(async move {
            state.cluster().config_mismatch_changed().await;
            handle.stop(false).await;
        });
        let result = self.server.await;
        mismatch_watch.abort();
        stopping.abort();
        let result = match self.state.cluster().config_mismatch() {
            Some(mismatch) => Err(io::Error::other(mismatch)),
            None => result,
        };
        // Waits for the answer of the mail server, so that the next start does not send a mail again.
        drop(self.mails);
        // This process checks no credentials any more, so other nodes need not wait for it.
        self.state.cluster().leave_cluster().await;
        background_tasks
            .iter()
            .flatten()
            .for_each(JoinHandle::abort);
        write_last_used_at_shutdown(&self.state).await;
        result
    }
}
