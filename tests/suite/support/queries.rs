//! The queries that a server runs, as diesel reports them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use narthex::db::DatabaseUrl;

use super::app::TestApp;

static RECORDING: AtomicBool = AtomicBool::new(false);
static QUERIES: Mutex<Vec<Recorded>> = Mutex::new(Vec::new());

struct Recorded {
    database: String,
    query: String,
}

/// Records the queries of one connection while `RECORDING` is set.
#[derive(Default)]
struct Recorder {
    database: String,
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                without_options(url).clone_into(&mut self.database);
            }
            InstrumentationEvent::StartQuery { query, .. } if RECORDING.load(Ordering::Relaxed) => {
                QUERIES.lock().unwrap().push(Recorded {
                    database: self.database.clone(),
                    query: query.to_string(),
                });
            }
            _ => {}
        }
    }
}

/// The address without the options of a connection.
fn without_options(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Has connections record their queries from now on. Servers that a test starts after that count.
pub fn instrument_connections() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let made =
            diesel::connection::set_default_instrumentation(|| Some(Box::new(Recorder::default())));
        made.expect("no other instrumentation");
    });
}

/// Returns the text and the values of each query on the database of `app` during `work`.
pub async fn queries_during(
    app: &TestApp,
    work: impl Future<Output = ()>,
) -> Vec<(String, String)> {
    // Only one test records at a time.
    static ONE_RECORDER: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _recorder = ONE_RECORDER.lock().await;
    QUERIES.lock().unwrap().clear();
    RECORDING.store(true, Ordering::Relaxed);
    work.await;
    RECORDING.store(false, Ordering::Relaxed);
    let database = match &app.state.settings().database.url {
        DatabaseUrl::Sqlite(path) => path.to_str().expect("a readable path"),
        DatabaseUrl::Postgres(url) => without_options(url.as_str()),
    };
    let queries = QUERIES.lock().unwrap();
    let of_app = queries
        .iter()
        .filter(|recorded| recorded.database == database);
    // A server polls SQLite by a pragma to learn of changes.
    let of_app = of_app.filter(|recorded| !recorded.query.starts_with("PRAGMA"));
    let texts = of_app.filter_map(|recorded| recorded.query.split_once(" -- binds: "));
    texts
        .map(|(query, values)| (query.to_owned(), values.to_owned()))
        .collect()
}
