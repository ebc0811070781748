//! Tests with the connections of a real server and a manual clock.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream as Client},
    sync::mpsc,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use tokio::sync::Semaphore;

use super::*;
use crate::{config::Sources, http::middleware::connection::RequestConnection as _};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Running {
    connections: Arc<Connections>,
    address: SocketAddr,
    handle: ServerHandle,
    /// Receives one message for each request that began.
    begun: mpsc::Receiver<()>,
    /// The permits to answer requests.
    answers: Arc<Semaphore>,
}

/// Starts actix-web with these connections. Its handler waits for a permit.
fn serve(settings: &[(&str, &str)]) -> Running {
    let sources = Sources::of(settings.iter().copied()).unwrap();
    let connections = Connections::new(1000, &Settings::read(&sources).unwrap());
    let connections = Arc::new(connections);
    let accepted = Arc::clone(&connections);
    let (began, begun) = mpsc::channel();
    let answers = Arc::new(Semaphore::new(0));
    let permits = web::Data::from(Arc::clone(&answers));
    let (ready, started) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let began = began.clone();
                let handler = move |request: HttpRequest, answers: web::Data<Semaphore>| {
                    let request = InProgress::begin(&request);
                    began.send(()).unwrap();
                    async move {
                        answers.acquire().await.unwrap().forget();
                        drop(request);
                        HttpResponse::Ok().body("ok")
                    }
                };
                let data = permits.clone();
                App::new().app_data(data).default_service(web::to(handler))
            });
            let server = server
                .workers(1)
                .disable_signals()
                .keep_alive(KEEP_ALIVE)
                .on_connect(move |connection, data| accepted.accept(connection, data))
                .bind("127.0.0.1:0")
                .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            ready.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (address, handle) = started.recv().unwrap();
    Running {
        connections,
        address,
        handle,
        begun,
        answers,
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Running {
    fn connect(&self) -> Client {
        Client::connect(self.address).unwrap()
    }

    /// Sends one request and reads the response to its end.
    fn ask(&self, client: &mut Client) -> bool {
        self.answers.add_permits(1);
        client.write_all(REQUEST).unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\nok") {
            match client.read(&mut byte) {
                Ok(1) => answer.extend(byte),
                _ => return false,
            }
        }
        self.begun.recv().is_ok()
    }

    fn end_idle(&self, times: u64) {
        for _ in 0..times {
            self.connections.end_idle();
        }
    }
}

fn is_open(client: &Client) -> bool {
    client.set_nonblocking(true).unwrap();
    let peeked = client.peek(&mut [0]);
    client.set_nonblocking(false).unwrap();
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn connection_with_half_of_a_further_head_is_ended() {
    let server = serve(&[]);
    let mut client = server.connect();
    assert!(server.ask(&mut client));
    client.write_all(b"GET / HT").unwrap();
    server.end_idle(IDLE_TICKS - 1);
    assert!(is_open(&client));
    server.end_idle(1);
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "it was ended");
    // A request starts the time again.
    let mut client = server.connect();
    for _ in 0..3 {
        server.end_idle(IDLE_TICKS - 1);
        assert!(server.ask(&mut client));
    }
}

#[test]
fn connection_whose_request_takes_long_is_not_ended() {
    let server = serve(&[]);
    let mut client = server.connect();
    client.write_all(REQUEST).unwrap();
    server.begun.recv().unwrap();
    server.end_idle(3 * IDLE_TICKS);
    assert!(is_open(&client));
    server.answers.add_permits(1);
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[test]
fn client_has_its_share_of_connections_and_no_more() {
    let server = serve(&[("NARTHEX_CONNECTIONS_PER_CLIENT", "3")]);
    let mut held: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    for client in &mut held {
        assert!(server.ask(client));
    }
    let mut further = server.connect();
    assert_eq!(further.read(&mut [0]).unwrap_or(0), 0, "it was refused");
    // A connection that ended frees its place.
    drop(held.pop());
    while server.connections.open.load(Ordering::Relaxed) > 2 {
        std::thread::yield_now();
    }
    assert!(server.ask(&mut server.connect()));
}

#[test]
fn trusted_proxy_has_as_many_connections_as_there_are() {
    let server = serve(&[
        ("NARTHEX_CONNECTIONS_PER_CLIENT", "3"),
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let mut held: Vec<Client> = (0..20).map(|_| server.connect()).collect();
    for client in &mut held {
        assert!(server.ask(client));
    }
}
