//! A list of many is read as one of few is: by an index, in the order that it is shown in, and no
//! further than the page goes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use narthex::db::DatabaseUrl;

use crate::support::app::TestApp;
use crate::support::client::ApiClient;
use crate::support::sql;

static WATCHING: AtomicBool = AtomicBool::new(false);
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on, connections that are made tell what they are asked while somebody watches.
fn instrument_connections() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let made = diesel::connection::set_default_instrumentation(|| {
            Some(Box::new(|event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event
                    && WATCHING.load(Ordering::Relaxed)
                {
                    SEEN.lock().unwrap().push(query.to_string());
                }
            }))
        });
        made.expect("nobody else instruments connections");
    });
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// How the database would answer a query, whatever its values are; PostgreSQL with these settings.
fn plan(app: &TestApp, settings: &str, query: &str) -> String {
    match &app.context.settings.database {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            let query = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
            let steps: Vec<Step> = query.load(&mut connection).unwrap();
            let steps = steps.into_iter().map(|step| step.detail + "\n");
            steps.collect()
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url).unwrap();
            let values = (1..).take_while(|place| query.contains(&format!("${place}")));
            let values: Vec<_> = values.map(|_| "NULL").collect();
            connection
                .batch_execute(&format!(
                    "{settings} SET plan_cache_mode = force_generic_plan; PREPARE asked AS {query}"
                ))
                .unwrap();
            let query = format!("EXPLAIN EXECUTE asked ({})", values.join(", "));
            let lines: Vec<Line> = diesel::sql_query(query).load(&mut connection).unwrap();
            lines.into_iter().map(|line| line.line + "\n").collect()
        }
    }
}

/// Ten thousand tokens that ended, as many secrets, uses, events and other users: of a table that has only a
/// few rows, all are read whatever indexes there are.
fn add_many(app: &TestApp) {
    let (id, digest, numbers, analyze) = match &app.context.settings.database {
        DatabaseUrl::Sqlite(_) => (
            "randomblob(16)",
            "randomblob(32)",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)",
            "",
        ),
        DatabaseUrl::Postgres(_) => (
            "decode(md5(random()::text), 'hex')",
            "sha256(random()::text::bytea)",
            "WITH n (i) AS (SELECT generate_series(1, 10000))",
            // As autovacuum does after a while.
            "ANALYZE;",
        ),
    };
    sql::execute(
        app,
        &format!(
            "{numbers} INSERT INTO credentials (id, user_id, class, kind, name, abilities, remembered,
                 paused, created_at, ended_at)
             SELECT {id}, users.id, 'token', 'personal', 'old', '', FALSE, FALSE, i, i
             FROM n, users;
             {numbers} INSERT INTO events (id, user_id, at, kind, detail)
             SELECT {id}, users.id, i, 'token_made', 'old' FROM n, users;
             INSERT INTO secrets (digest, credential_id, hint, created_at)
             SELECT {digest}, id, 'abcd', 0 FROM credentials WHERE name = 'old';
             INSERT INTO last_uses (credential_id, at) SELECT id, 0 FROM credentials WHERE name = 'old';
             {numbers} INSERT INTO users (id, email, email_canonical, name, password, created_at)
             SELECT {id}, i || '@example.com', i || '@example.com', 'Somebody', 'none', 0 FROM n;
             {analyze}"
        ),
    );
}

/// What the database is asked, by whomever, while `work` is done: its text and its values.
async fn asked_during(work: impl Future<Output = ()>) -> Vec<(String, String)> {
    // One watches at a time.
    static WATCHED: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _watched = WATCHED.lock().await;
    SEEN.lock().unwrap().clear();
    WATCHING.store(true, Ordering::Relaxed);
    work.await;
    WATCHING.store(false, Ordering::Relaxed);
    let seen = SEEN.lock().unwrap();
    let asked = seen
        .iter()
        .filter_map(|query| query.split_once(" -- binds: "));
    asked
        .map(|(query, values)| (query.to_owned(), values.to_owned()))
        .collect()
}

/// What is asked of the tables that grow, while a page of a list is made.
async fn queries_of(client: &ApiClient, path: &str) -> Vec<String> {
    let asked = asked_during(async {
        client
            .get(&format!("{path}limit=37"))
            .await
            .expect_status(200);
    })
    .await;
    // Other tests ask, too. A page is found again by how many rows are fetched, one or two more than are
    // shown; a look-up is the same whoever asks.
    let ours = asked.into_iter().filter(|(query, values)| {
        let of_a_page = values.ends_with(", 38]") || values.ends_with(", 39]");
        of_a_page
            || query
                .replace(['`', '"'], "")
                .contains("WHERE (secrets.digest =")
    });
    ours.map(|(query, _)| query).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_long_list_is_read_by_an_index_and_no_further() {
    instrument_connections();
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let client = app.api_client(&app.token_of(&ada, "all", &["*"]).await);
    add_many(&app);
    let cursor = "cursor=0196b2f0-0000-7000-8000-000000000000&";
    for list in [
        "tokens?",
        "tokens?ended=true&",
        "sessions?",
        "credentials?ended=true&",
        "events?",
    ] {
        for from in ["", cursor] {
            let path = format!("/api/v1/{list}{from}");
            let queries = queries_of(&client, &path).await;
            assert!(
                !queries.is_empty(),
                "nothing was seen to be asked by {path}"
            );
            for query in queries {
                let plan = plan(&app, "", &query);
                let by_index = plan.contains("USING INDEX") || plan.contains("Index Scan");
                let whole = ["SCAN ", "TEMP B-TREE", "Seq Scan", "Sort"];
                let reads_all = whole.iter().any(|step| plan.contains(step));
                assert!(by_index && !reads_all, "{path}:\n{query}\n{plan}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_is_found_by_an_index_however_it_ended() {
    instrument_connections();
    let app = TestApp::start();
    app.register("ada@example.com").await;
    add_many(&app);
    let asked = asked_during(async {
        narthex::credentials::prune(&app.context).await.unwrap();
    })
    .await;
    for (condition, index) in [
        ("WHERE (credentials.receipt_id <", "credentials_of_receipt"),
        (
            "(credentials.receipt_id IS NULL)",
            "credentials_ended_by_hand",
        ),
    ] {
        let plain = |query: &String| query.replace(['`', '"'], "");
        let query = asked
            .iter()
            .find(|(query, _)| plain(query).contains(condition));
        let (query, _) = query.unwrap_or_else(|| panic!("nothing asked for {condition}"));
        // PostgreSQL may well read all where most are to be forgotten.
        let plan = plan(&app, "SET enable_seqscan = off;", query);
        assert!(plan.contains(index), "{query}\n{plan}");
    }
}
