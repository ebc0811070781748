//! Listening on TCP, on a Unix socket and on a socket of systemd; notifications to the service
//! manager; and `narthex health`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::addresses::{free_port, unused_address};
use crate::support::binary::{Narthex, PROCESS_TIMEOUT, RunningServer, signal};
use crate::support::client::AnonymousClient;
use crate::support::output::Output;
use crate::support::programs;
use crate::support::raw_http::status;

const URL: &str = "https://id.example.com";
const CLIENT: &str = "203.0.113.7";

/// Sends a request like a proxy on this machine does, and returns the response.
fn send(mut stream: impl Read + Write, path: &str, headers: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: id.example.com\r\n{headers}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn forwarded_header() -> String {
    format!("X-Forwarded-For: {CLIENT}\r\n")
}

/// An installation that listens on a Unix socket, and the path of the socket.
fn on_unix_socket() -> (Narthex, PathBuf) {
    let narthex = Narthex::installed();
    let socket = narthex.directory().join("narthex.sock");
    let listen = format!("unix:{}", socket.display());
    let narthex = narthex
        .with("NARTHEX_LISTEN", &listen)
        .with("NARTHEX_PUBLIC_URL", URL);
    (narthex, socket)
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).expect("a server on the socket");
    stream.set_read_timeout(Some(PROCESS_TIMEOUT)).unwrap();
    stream
}

fn connect_tcp(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a server at the address");
    stream.set_read_timeout(Some(PROCESS_TIMEOUT)).unwrap();
    stream
}

/// The number of request lines in the log that name this client.
fn requests_of(log: &str, client: &str) -> usize {
    log.lines()
        .filter(|line| line.contains("request") && line.contains(client))
        .count()
}

#[tokio::test]
async fn listen_accepts_a_port_alone_and_localhost() {
    let port = free_port();
    for listen in [format!(":{port}"), format!("localhost:{port}")] {
        let narthex = Narthex::installed().with("NARTHEX_LISTEN", &listen);
        let serving = narthex.serve();
        let origin = format!("http://127.0.0.1:{port}");
        AnonymousClient::at(&origin)
            .get("/login")
            .await
            .expect_status(200);
        let healthy = narthex.run(&["health"]).expect_code(0);
        assert!(healthy.stdout.contains("answers 200 at /readyz"));
        serving.stop().expect_code(0);
    }
}

#[test]
fn unix_socket_serves_its_owner_and_group() {
    let (narthex, socket) = on_unix_socket();
    let serving = narthex.serve();
    assert_eq!(serving.url, URL);
    let metadata = fs::metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o660);
    assert_eq!(status(&send(connect(&socket), "/login", "")), 200);
    serving.stop().expect_code(0);
    assert!(!socket.exists(), "the socket is removed at the stop");
    let remaining: Vec<_> = fs::read_dir(narthex.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("sock"))
        .collect();
    assert_eq!(remaining, Vec::<String>::new());
}

#[test]
fn forwarded_header_is_trusted_on_a_unix_socket() {
    let (narthex, socket) = on_unix_socket();
    let serving = narthex.serve();
    assert_eq!(
        status(&send(connect(&socket), "/login", &forwarded_header())),
        200
    );
    // Without a header the client has no address.
    assert_eq!(status(&send(connect(&socket), "/login", "")), 200);
    let log = serving.stop().expect_code(0).stderr;
    assert_eq!(requests_of(&log, CLIENT), 1, "{log}");
    assert!(!log.contains("NARTHEX_TRUSTED_PROXIES"), "{log}");
}

#[test]
fn start_replaces_the_socket_of_a_dead_server_only() {
    let (narthex, socket) = on_unix_socket();
    narthex.serve().kill();
    assert!(socket.exists(), "a killed server leaves its socket");
    let serving = narthex.serve();
    let Err(second) = narthex.try_serve(&[]) else {
        panic!("two servers on one socket")
    };
    let line = second.expect_error();
    assert!(
        line.contains("another server listens on the socket"),
        "{line}"
    );
    assert_eq!(status(&send(connect(&socket), "/login", "")), 200);
    serving.stop().expect_code(0);

    fs::write(&socket, "precious").unwrap();
    let Err(refused) = narthex.try_serve(&[]) else {
        panic!("the server replaced a file")
    };
    let line = refused.expect_error();
    assert!(line.contains("the file is not a socket"), "{line}");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "precious");
}

#[test]
fn stop_keeps_the_socket_of_a_later_server() {
    let (narthex, socket) = on_unix_socket();
    let serving = narthex.serve();
    fs::remove_file(&socket).unwrap();
    let _later = UnixListener::bind(&socket).unwrap();
    serving.stop().expect_code(0);
    assert!(socket.exists());
}

/// Runs `narthex serve` behind `systemd-socket-activate` on that address, sends one request and
/// stops the server. Returns the response and the log.
fn serve_activated(listen: &str, send: impl FnOnce() -> String) -> (String, String) {
    let activate = programs::find("systemd-socket-activate", "systemd");
    let activate = activate.to_str().expect("a readable path");
    let narthex = Narthex::installed().started_by(&[activate, "--listen", listen]);
    let mut child = narthex
        .command(&["serve"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    let log = Output::of(child.stderr.take().unwrap());
    log.wait_for(PROCESS_TIMEOUT, |line| {
        line.starts_with("Listening on").then_some(())
    })
    .expect("a socket");
    // The server starts because of this connection.
    let answer = send();
    signal(&child, "TERM");
    let log = log
        .read_to_end(PROCESS_TIMEOUT)
        .expect("a server that stops");
    assert_eq!(child.wait().unwrap().code(), Some(0), "{log}");
    (answer, log)
}

#[test]
#[ignore = "needs systemd: use scripts/test"]
fn server_accepts_sockets_of_systemd() {
    let address = unused_address().to_string();
    let (answer, _) = serve_activated(&address, || send(connect_tcp(&address), "/healthz", ""));
    assert_eq!(status(&answer), 200);

    let home = tempfile::tempdir().unwrap();
    let socket = home.path().join("activated.sock");
    let (answer, log) = serve_activated(socket.to_str().unwrap(), || {
        send(connect(&socket), "/healthz", &forwarded_header())
    });
    assert_eq!(status(&answer), 200);
    assert!(socket.exists(), "the socket belongs to systemd");
    assert!(!log.contains("NARTHEX_TRUSTED_PROXIES"), "{log}");
}

#[test]
fn inherited_descriptor_that_is_no_socket_stops_the_start() {
    let Err(outcome) = Narthex::installed().with("LISTEN_FDS", "1").try_serve(&[]) else {
        panic!("the server started")
    };
    let line = outcome.expect_error();
    assert!(
        line.starts_with("cannot use an inherited socket: "),
        "{line}"
    );
}

#[test]
fn service_manager_is_notified_of_start_stop_and_watchdog() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PROCESS_TIMEOUT)).unwrap();
    let next = || {
        let mut message = [0; 512];
        let length = manager.recv(&mut message).expect("a message");
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let serving = Narthex::installed()
        .with("NOTIFY_SOCKET", path.to_str().unwrap())
        .with("WATCHDOG_USEC", "100000")
        .serve();
    let mut messages = Vec::new();
    while messages
        .iter()
        .filter(|message| *message == "WATCHDOG=1\n")
        .count()
        < 2
        || !messages.contains(&"READY=1\nSTATUS=serving\n".to_owned())
    {
        messages.push(next());
    }
    assert!(!messages.iter().any(|message| message.contains("STOPPING")));
    serving.signal("TERM");
    while !next().starts_with("STOPPING=1\n") {}
    serving.outcome().expect_code(0);
}

/// Sends three requests like a proxy does, and returns the log.
fn log_behind_a_proxy(narthex: &Narthex) -> String {
    let serving: RunningServer = narthex.serve();
    let address = serving.url.strip_prefix("http://").unwrap();
    for _ in 0..3 {
        let stream = connect_tcp(address);
        assert_eq!(status(&send(stream, "/healthz", &forwarded_header())), 200);
    }
    serving.stop().expect_code(0).stderr
}

#[test]
fn untrusted_forwarded_header_logs_one_warning() {
    let log = log_behind_a_proxy(&Narthex::installed());
    let warnings: Vec<_> = log
        .lines()
        .filter(|line| line.contains("NARTHEX_TRUSTED_PROXIES"))
        .collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("WARN"), "{log}");
    assert!(warnings[0].contains("127.0.0.1/32"), "{log}");
    assert!(warnings[0].contains("x-forwarded-for"), "{log}");

    let configured = Narthex::installed().with("NARTHEX_TRUSTED_PROXIES", "127.0.0.1");
    let log = log_behind_a_proxy(&configured);
    assert!(!log.contains("NARTHEX_TRUSTED_PROXIES"), "{log}");
}

#[test]
fn health_queries_the_configured_address() {
    let address = unused_address().to_string();
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", &address);
    let line = narthex.run(&["health"]).expect_error();
    assert!(
        line.starts_with(&format!("{address} does not answer: ")),
        "{line}"
    );
    let serving = narthex.serve();
    for (arguments, path) in [
        (&["health"][..], "/readyz"),
        (&["health", "--live"], "/healthz"),
    ] {
        let message = narthex.run(arguments).expect_code(0).stdout;
        assert_eq!(message, format!("{address} answers 200 at {path}\n"));
    }
    serving.stop().expect_code(0);

    let (narthex, socket) = on_unix_socket();
    let serving = narthex.serve();
    let message = narthex.run(&["health"]).expect_code(0).stdout;
    assert_eq!(
        message,
        format!("unix:{} answers 200 at /readyz\n", socket.display())
    );
    serving.stop().expect_code(0);
}

#[test]
fn health_fails_if_the_server_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", &address);
    for (answer, words) in [
        (
            "HTTP/1.1 503 Service Unavailable\r\n\r\n",
            "answers 503 at /readyz",
        ),
        ("SSH-2.0-OpenSSH\r\n", "the answer is not HTTP"),
    ] {
        let listener = listener.try_clone().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 256];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let line = narthex.run(&["health"]).expect_error();
        assert!(line.contains(words), "{line}");
        server.join().unwrap();
    }
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "127.0.0.1:0");
    let line = narthex.run(&["health"]).expect_error();
    assert!(line.contains("set one in NARTHEX_LISTEN"), "{line}");
}
