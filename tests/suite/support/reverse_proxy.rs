//! A real proxy with a configuration from the documentation, with Narthex and an app behind it.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::addresses::unique_loopback_address;
use super::binary::{Narthex, RunningServer};
use super::child_process::{ChildProcess, Home};
use super::client::{AnonymousClient, ApiClient, Browser};
use super::echo_app::EchoApp;
use super::operator::Operator;
use super::programs;

const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The proxies whose configuration is tested.
#[derive(Clone, Copy, Debug)]
pub enum Proxy {
    Nginx,
    Caddy,
}

/// A complete deployment. The ports are those of the configuration files. The address belongs to
/// this deployment only: the loopback network has 16 million addresses.
pub struct ProxyDeployment {
    /// The origin that users enter.
    pub origin: String,
    pub operator: Operator,
    pub app: EchoApp,
    narthex: Option<RunningServer>,
    _proxy: ChildProcess,
}

const PROXY_PORT: u16 = 8000;
const NARTHEX_PORT: u16 = 8080;
const APP_PORT: u16 = 3000;

/// The origin of Narthex if it has its own host name.
pub const ID: &str = "http://id.example.com:8000";
/// The origin of the app if it has its own host name.
pub const APP_URL: &str = "http://app.example.com:8000";

impl ProxyDeployment {
    /// Narthex and the app on one origin: `docs/nginx.conf`, `docs/Caddyfile`.
    pub fn of(proxy: Proxy) -> Self {
        let ip = unique_loopback_address();
        let origin = format!("http://{ip}:{PROXY_PORT}");
        let moved = [
            ("http://localhost:8000", origin.clone()),
            ("listen 8000;", format!("listen {ip}:{PROXY_PORT};")),
        ];
        Self::start(ip, proxy, "", &moved, &[("NARTHEX_PUBLIC_URL", &origin)])
    }

    /// Narthex and the app under two host names: `docs/nginx-hosts.conf`, `docs/Caddyfile-hosts`.
    pub fn with_two_hosts(proxy: Proxy) -> Self {
        let ip = unique_loopback_address();
        let moved = [
            ("https://id.example.com", ID.to_owned()),
            ("https://app.example.com", APP_URL.to_owned()),
            ("listen 8000;", format!("listen {ip}:{PROXY_PORT};")),
        ];
        let settings = [
            ("NARTHEX_PUBLIC_URL", ID),
            ("NARTHEX_COOKIE_DOMAIN", "example.com"),
            ("NARTHEX_TRUSTED_ORIGINS", APP_URL),
        ];
        Self::start(ip, proxy, "-hosts", &moved, &settings)
    }

    /// Starts the deployment. Only addresses in the documented configuration change: those in
    /// `moved`, and those of Narthex and the app.
    fn start(
        ip: IpAddr,
        proxy: Proxy,
        layout: &str,
        moved: &[(&str, String)],
        settings: &[(&str, &str)],
    ) -> Self {
        let abilities = "[abilities]\n\"orders:read\" = \"Read your orders\"\n";
        let mut operator = Operator::new()
            .with("NARTHEX_LISTEN", &format!("{ip}:{NARTHEX_PORT}"))
            .with("NARTHEX_TRUSTED_PROXIES", "127.0.0.1");
        for (name, value) in settings {
            operator = operator.with(name, value);
        }
        let narthex: Narthex = operator.narthex.with_file("narthex.toml", abilities);
        let operator = Operator {
            narthex,
            ..operator
        };
        let file = match proxy {
            Proxy::Nginx => format!("nginx{layout}.conf"),
            Proxy::Caddy => format!("Caddyfile{layout}"),
        };
        let mut text = read_docs_file(&file);
        for (from, to) in moved {
            text = text.replace(from, to);
        }
        for port in [NARTHEX_PORT, APP_PORT] {
            let from = format!("127.0.0.1:{port}");
            assert!(text.contains(&from), "{file} has no {from}");
            text = text.replace(&from, &format!("{ip}:{port}"));
        }
        Self {
            origin: format!("http://{ip}:{PROXY_PORT}"),
            narthex: Some(operator.serve()),
            operator,
            app: EchoApp::at((ip, APP_PORT)),
            _proxy: match proxy {
                Proxy::Nginx => nginx(&text),
                Proxy::Caddy => caddy(&text, ip),
            },
        }
    }

    pub fn anonymous(&self) -> AnonymousClient {
        AnonymousClient::at(&self.origin)
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.origin)
    }

    pub fn api_client(&self, secret: &str) -> ApiClient {
        ApiClient::at(&self.origin, secret)
    }

    /// Creates an account and signs in, through the proxy.
    pub async fn register(&self, email: &str) -> Browser {
        let browser = self.browser();
        let form = [
            ("name", "Ada"),
            ("email", email),
            ("password", super::app::PASSWORD),
        ];
        let made = browser.post("/register", &form).await;
        made.expect_redirect("/account");
        browser
    }

    /// Sends `GET` with a token. The path is sent exactly as it is written.
    pub fn exchange(&self, path: &str, secret: &str) -> String {
        let host = self.origin.trim_start_matches("http://");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\n\
             Accept: application/json\r\nConnection: close\r\n\r\n"
        );
        // `raw_http::exchange` closes its half of the connection. A proxy would take that for a
        // client that has gone.
        let mut stream = TcpStream::connect(host).expect("a proxy");
        stream
            .write_all(request.as_bytes())
            .expect("a proxy that reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Kills Narthex. The proxy and the app still run.
    pub fn kill_narthex(&mut self) {
        self.narthex.take().expect("it is killed once").kill();
    }
}

/// Reads one of the documented configuration files.
pub fn read_docs_file(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::read_to_string(docs.join(name)).expect("a configuration")
}

/// The settings of Debian's `/etc/nginx/nginx.conf` for the files in `conf.d`.
const NGINX: &str = "daemon off;
pid nginx.pid;
error_log stderr notice;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include narthex.conf;
}
";

fn nginx(narthex: &str) -> ChildProcess {
    let home = home_with("nginx", [("nginx.conf", NGINX), ("narthex.conf", narthex)]);
    let directory = home.path().display().to_string();
    let arguments = ["-p", &directory, "-c", "nginx.conf", "-e", "stderr"];
    let process = ChildProcess::start(&home, "TERM", &programs::find("nginx", "nginx"), &arguments);
    wait_until(&process, "start worker process ");
    process
}

/// Starts HAProxy with `docs/haproxy.cfg`, with every address in it replaced by this one.
pub fn haproxy(ip: IpAddr) -> ChildProcess {
    let text = read_docs_file("haproxy.cfg").replace("127.0.0.1", &ip.to_string());
    let home = home_with("haproxy", [("haproxy.cfg", &text), ("unused", "")]);
    let arguments = ["-db", "-f", "haproxy.cfg"];
    let process = ChildProcess::start(
        &home,
        "TERM",
        &programs::find("haproxy", "haproxy"),
        &arguments,
    );
    // HAProxy logs nothing when it is ready.
    while TcpStream::connect((ip, PROXY_PORT)).is_err() {
        std::thread::yield_now();
    }
    process
}

fn caddy(narthex: &str, ip: IpAddr) -> ChildProcess {
    let options = format!("{{\n\tadmin off\n\tdefault_bind {ip}\n}}\nimport narthex\n");
    let home = home_with("caddy", [("Caddyfile", &options), ("narthex", narthex)]);
    let arguments = ["run", "--config", "Caddyfile", "--adapter", "caddyfile"];
    let process = ChildProcess::start(&home, "TERM", &programs::find("caddy", "caddy"), &arguments);
    wait_until(&process, "serving initial configuration");
    process
}

/// Creates a directory with these files, for a program that must not run as root.
fn home_with(name: &str, files: [(&str, &str); 2]) -> Home {
    let home = Home::new(name).for_user_instead_of_root("nobody");
    for (name, text) in files {
        std::fs::write(home.path().join(name), text).expect("room for a file");
    }
    home
}

#[track_caller]
fn wait_until(process: &ChildProcess, words: &str) {
    let ready = |line: &str| line.contains(words).then_some(());
    process
        .output
        .wait_for(STARTS_WITHIN, ready)
        .unwrap_or_else(|| panic!("the proxy does not start:\n{}", process.output.so_far()));
}
