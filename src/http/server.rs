//! The server: its sockets and workers, its start and its shutdown.

use std::{io, sync::Arc};

use actix_web::{
    App, HttpServer,
    dev::{Server as ActixServer, ServerHandle},
    rt::task::JoinHandle,
    web,
};

use super::{
    app::service_with_routes,
    connections::Connections,
    extract::limits,
    listener::{Listener, Listeners, SocketFile},
    middleware::client_ip,
    ops::metrics,
    service_manager,
};
use crate::{
    app_state::AppState,
    config::{ListenAddress, SigningKeys},
    credentials::last_used,
    http::background::{
        cleanup_loop, end_idle_connections, ignore_user_signals, shutdown_on_signal,
        write_last_used,
    },
    util::worker_pool::available_parallelism,
};

/// A server that is bound to its address and not yet running.
pub struct Server {
    server: ActixServer,
    metrics: Option<ActixServer>,
    address: ListenAddress,
    socket_file: Option<SocketFile>,
    context: AppState,
    connections: Arc<Connections>,
}

impl Server {
    /// Binds the listening address of the settings.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn bind(context: AppState, keys: SigningKeys) -> io::Result<Self> {
        Self::bind_with_routes(context, keys, |_| {})
    }

    /// The same for an app that has `routes` of its own at the same address. They come before Narthex's
    /// own, and what goes around every request of those goes around theirs too: headers, log, refusals.
    /// Who may call them is their own business.
    ///
    /// # Errors
    /// As [`Server::bind`].
    pub fn bind_with_routes(
        context: AppState,
        keys: SigningKeys,
        routes: fn(&mut web::ServiceConfig),
    ) -> io::Result<Self> {
        let listeners = Listeners::open(&context.settings.listen)?;
        Self::with_listeners(context, keys, listeners, routes)
    }

    /// The same on sockets that are open already.
    ///
    /// # Errors
    /// When a socket cannot be used, or the address of the metrics cannot be had.
    pub fn with_listeners(
        context: AppState,
        keys: SigningKeys,
        listeners: Listeners,
        routes: fn(&mut web::ServiceConfig),
    ) -> io::Result<Self> {
        // Before the workers build the app: whatever wakes the node must find it said.
        context.set_node_config(&keys);
        let shared = context.clone();
        let workers = available_parallelism();
        let of_a_worker = limits::connections_a_worker(workers);
        let connections = Connections::new(of_a_worker * workers, &context.settings);
        let connections = Arc::new(connections);
        let accepting = Arc::clone(&connections);
        let app = move || App::new().service(service_with_routes(&shared, &keys, routes));
        let mut server = HttpServer::new(app)
            .client_request_timeout(limits::HEADER_TIMEOUT)
            .keep_alive(limits::KEEP_ALIVE)
            .workers(workers)
            .max_connections(of_a_worker)
            // Else the last piece of a compressed page waits for the client's delayed acknowledgement.
            .tcp_nodelay(true)
            .on_connect(move |connection, data| {
                accepting.accept(connection, data);
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
        let metrics = context
            .settings
            .metrics_listen
            .map(|listen| metrics::bind(listen, &context))
            .transpose()?;
        Ok(Self {
            server: server.run(),
            metrics,
            address: listeners.address,
            socket_file: listeners.file,
            context,
            connections,
        })
    }

    /// The address that was bound, its port known where the settings left it open.
    #[must_use]
    pub const fn address(&self) -> &ListenAddress {
        &self.address
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
        let _socket_file = self.socket_file;
        let beside = [
            Some(actix_web::rt::spawn(service_manager::reset_watchdog())),
            Some(actix_web::rt::spawn(write_last_used(self.context.clone()))),
            Some(actix_web::rt::spawn(cleanup_loop(self.context.clone()))),
            Some(actix_web::rt::spawn(end_idle_connections(self.connections))),
            self.metrics
                .map(|server| actix_web::rt::spawn(async { drop(server.await) })),
        ];
        ignore_user_signals()?;
        let stopping = shutdown_on_signal(self.context.clone(), self.server.handle())?;
        let stopping = actix_web::rt::spawn(stopping);
        // Joined before the first request: what the settings of several processes disagree about is said
        // at the start.
        self.context.nodes.ensure_running();
        let (context, handle) = (self.context.clone(), self.server.handle());
        let disagreement = actix_web::rt::spawn(async move {
            context.nodes.config_mismatch_changed().await;
            handle.stop(false).await;
        });
        let served = self.server.await;
        disagreement.abort();
        stopping.abort();
        let served = match self.context.nodes.config_mismatch() {
            Some(why) => Err(io::Error::other(why)),
            None => served,
        };
        // Nobody has to wait for this process from here on: it checks no pass any more.
        self.context.nodes.leave_cluster().await;
        beside.iter().flatten().for_each(JoinHandle::abort);
        if let Err(error) = last_used::flush_on_shutdown(&self.context).await {
            tracing::error!(cause = %error, "the last-used times since the last write are lost");
        }
        served
    }
}
