//! A PostgreSQL server that is reached through TLS only. Its certificate is for one name and from
//! an authority of the test run. A second authority exists that clients must not trust.

use std::path::PathBuf;
use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

use super::addresses::unique_loopback_address;
use super::child_process::{ChildProcess, Home};
use super::{postgres, programs};

/// The name in the certificate.
pub const NAME: &str = "db.example.com";

/// The role that authenticates with a certificate instead of a password.
const CERTIFIED: &str = "certified";

/// Creates both authorities, the certificate of the server and three client certificates. One is
/// for `$1` by the trusted authority, one for `$1` by the other authority, and one for another name
/// by the trusted one.
const CERTIFICATES: &str = r#"
set -e
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
for ca in ca other; do
    openssl req -x509 $key -subj /CN=$ca -keyout $ca.key -out $ca.crt \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=keyCertSign"
done
openssl req -x509 $key -subj "/CN=$0" -keyout server.key -out server.crt -CA ca.crt -CAkey ca.key \
    -addext "subjectAltName=DNS:$0" -addext "basicConstraints=critical,CA:FALSE"
for client in "client ca $1" "forged other $1" "another ca somebody"; do
    set -- "$1" $client
    openssl req -x509 $key -subj "/CN=$4" -keyout $2.key -out $2.crt -CA $3.crt -CAkey $3.key \
        -addext "basicConstraints=critical,CA:FALSE"
done
chmod 600 *.key; chmod 644 ca.crt other.crt
"#;

/// TLS with a password or, for one role, with a certificate: `hostssl` matches no other connection
/// (PostgreSQL documentation, section 21.1).
const RULES: &str = "\
local all all trust
hostssl all certified 127.0.0.0/8 cert
hostssl all all 127.0.0.0/8 scram-sha-256
";

/// The server of the run.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

pub struct Server {
    directory: PathBuf,
    address: String,
    _process: ChildProcess,
}

impl Server {
    fn start() -> Self {
        programs::find("openssl", "openssl");
        let home = postgres::init_data_directory();
        let made = home
            .command("sh")
            .args(["-c", CERTIFICATES, NAME, CERTIFIED])
            .output()
            .expect("a POSIX shell");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{said}");
        let rules = home.path().join("data/pg_hba.conf");
        std::fs::write(rules, RULES).expect("room for three lines");
        let address = unique_loopback_address().to_string();
        let process = postgres::start(
            &home,
            &Self::settings(&home, &address).each_ref().map(|s| &**s),
        );
        let server = Self {
            directory: home.path().to_owned(),
            address,
            _process: process,
        };
        server.execute("ALTER ROLE narthex PASSWORD 'hunter2'");
        server.execute(&format!("CREATE ROLE {CERTIFIED} LOGIN"));
        server
    }

    fn settings(home: &Home, address: &str) -> [String; 5] {
        let file = |name: &str| home.path().join(name).display().to_string();
        [
            format!("--listen_addresses={address}"),
            "--ssl=on".to_owned(),
            format!("--ssl_cert_file={}", file("server.crt")),
            format!("--ssl_key_file={}", file("server.key")),
            format!("--ssl_ca_file={}", file("ca.crt")),
        ]
    }

    /// The address of the database of this name, reached as `host` with these parameters.
    pub fn database(&self, name: &str, host: &str, parameters: &str) -> String {
        format!(
            "postgres://narthex:hunter2@{host}/{name}?hostaddr={}&{parameters}",
            self.address
        )
    }

    /// Creates a database for the role that authenticates with a certificate. The parameters name
    /// the certificate.
    pub fn certified_database(&self, name: &str, parameters: &str) -> String {
        self.execute(&format!("CREATE DATABASE {name} OWNER {CERTIFIED}"));
        self.database(name, NAME, parameters)
            .replace("narthex:hunter2@", &format!("{CERTIFIED}@"))
    }

    /// The parameters for a client certificate: `client`, which the server trusts; `forged`, with
    /// the same name by the other authority; or `another`, with another name by the trusted
    /// authority.
    pub fn certificate(&self, name: &str) -> String {
        let file = |of| self.directory.join(name).with_extension(of);
        let (certificate, key) = (file("crt"), file("key"));
        format!("sslcert={}&sslkey={}", certificate.display(), key.display())
    }

    /// The certificate of one of the authorities, `ca` or `other`.
    pub fn authority(&self, name: &str) -> String {
        let file = self.directory.join(name).with_extension("crt");
        file.display().to_string()
    }

    /// Runs SQL as the superuser.
    pub fn execute(&self, sql: &str) {
        let socket = format!(
            "postgres:///postgres?host={}&user=narthex",
            self.directory.display()
        );
        let mut connection = PgConnection::establish(&socket).expect("our own server");
        let done = connection.batch_execute(sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
