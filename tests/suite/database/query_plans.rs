//! Query plans of long lists. A page is read by an index in the order of the list, and no row
//! beyond the page is read.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use narthex::db::DatabaseUrl;

use crate::support::app::TestApp;
use crate::support::client::ApiClient;
use crate::support::queries::{instrument_connections, queries_during};
use crate::support::sql;

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

/// Returns the plan of the database for a query with any values; PostgreSQL uses these settings.
fn plan(app: &TestApp, settings: &str, query: &str) -> String {
    match &app.state.settings().database.url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            let query = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
            let steps: Vec<Step> = query.load(&mut connection).unwrap();
            let steps = steps.into_iter().map(|step| step.detail + "\n");
            steps.collect()
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url.as_str()).unwrap();
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

/// Inserts ten thousand each of ended tokens, secrets, last uses, events and other users. A
/// database reads a table of few rows completely, whatever indexes exist.
fn add_many(app: &TestApp) {
    let (id, digest, numbers, analyze) = match &app.state.settings().database.url {
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
            // Autovacuum does the same after some time.
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
             {numbers} INSERT INTO users (id, email, email_canonical, name, password_hash, created_at)
             SELECT {id}, i || '@example.com', i || '@example.com', 'Somebody', 'none', 0 FROM n;
             {analyze}"
        ),
    );
}

/// Returns the queries of one page of a list that read growing tables.
async fn queries_of(app: &TestApp, client: &ApiClient, path: &str) -> Vec<String> {
    let recorded = queries_during(app, async {
        client
            .get(&format!("{path}limit=37"))
            .await
            .expect_status(200);
    })
    .await;
    // The server runs other queries, too. The query of a page is recognised by its limit, which is
    // one or two more than the rows of the page.
    let relevant = recorded.into_iter().filter(|(query, values)| {
        let is_of_a_page = values.ends_with(", 38]") || values.ends_with(", 39]");
        is_of_a_page
            || query
                .replace(['`', '"'], "")
                .contains("WHERE (secrets.digest =")
    });
    relevant.map(|(query, _)| query).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn list_page_reads_only_its_rows_by_an_index() {
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
            let queries = queries_of(&app, &client, &path).await;
            assert!(!queries.is_empty(), "no query was recorded for {path}");
            for query in queries {
                let plan = plan(&app, "", &query);
                let by_index = plan.contains("USING INDEX") || plan.contains("Index Scan");
                let full_reads = ["SCAN ", "TEMP B-TREE", "Seq Scan", "Sort"];
                let reads_all = full_reads.iter().any(|step| plan.contains(step));
                assert!(by_index && !reads_all, "{path}:\n{query}\n{plan}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cleanup_finds_ended_credentials_by_an_index() {
    instrument_connections();
    let app = TestApp::start();
    app.register("ada@example.com").await;
    add_many(&app);
    let recorded = queries_during(&app, async {
        narthex::credentials::prune(&app.state).await.unwrap();
    })
    .await;
    for (condition, index) in [
        (
            "WHERE (credentials.receipt_id <",
            "credentials_receipt_id_idx",
        ),
        (
            "(credentials.receipt_id IS NULL)",
            "credentials_ended_at_idx",
        ),
    ] {
        let plain = |query: &String| query.replace(['`', '"'], "");
        let query = recorded
            .iter()
            .find(|(query, _)| plain(query).contains(condition));
        let (query, _) = query.unwrap_or_else(|| panic!("no query has {condition}"));
        // PostgreSQL may prefer a full read if most rows are to be deleted.
        let plan = plan(&app, "SET enable_seqscan = off;", query);
        assert!(plan.contains(index), "{query}\n{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_list_is_found_by_the_receipts_of_its_user() {
    instrument_connections();
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    add_many(&app);
    for state in ["active", "ended"] {
        let recorded = queries_during(&app, async {
            let path = format!("/account/tokens?state={state}");
            ada.get(&path).await.expect_status(200);
        })
        .await;
        let plain = |query: &String| query.replace(['`', '"'], "");
        let query = recorded
            .iter()
            .find(|(query, _)| plain(query).contains("INNER JOIN receipts ON"));
        let (query, _) = query.unwrap_or_else(|| panic!("no query joins receipts: {state}"));
        // PostgreSQL reads an empty table completely.
        let plan = plan(&app, "SET enable_seqscan = off;", query);
        for index in ["receipts_user_id_idx", "credentials_receipt_id_idx"] {
            assert!(plan.contains(index), "{query}\n{plan}");
        }
    }
}
