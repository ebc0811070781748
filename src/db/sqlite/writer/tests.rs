//! Tests of the writing thread.

use diesel::RunQueryDsl as _;
use tempfile::TempDir;

use super::*;
use crate::db::closed::open;

fn writer() -> (TempDir, DatabaseUrl, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let target = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    let mut connection = target.connect().unwrap();
    connection
        .batch_execute("CREATE TABLE rows (id INTEGER PRIMARY KEY)")
        .unwrap();
    let writer = Writer::start(target.clone(), connection, open().0).unwrap();
    (folder, target, writer)
}

fn insert(connection: &mut AnyConnection) -> Result<(), Error> {
    diesel::sql_query("INSERT INTO rows DEFAULT VALUES").execute(connection)?;
    Ok(())
}

/// Returns the number of rows.
fn row_count(target: &DatabaseUrl) -> usize {
    let mut connection = target.connect().unwrap();
    let all = diesel::sql_query("UPDATE rows SET id = id");
    all.execute(&mut connection).unwrap()
}

type Response = oneshot::Receiver<Result<(), Error>>;
type Change = fn(&mut AnyConnection) -> Result<(), Error>;

/// Queues `changes` while another change runs, so that they share a commit.
fn queue_batch(writer: &Writer, changes: &[Change]) -> Vec<Response> {
    let (began, begun) = sync_channel(0);
    let (go, wait) = sync_channel(0);
    let first = move |_: &mut AnyConnection| {
        began.send(()).unwrap();
        wait.recv().unwrap();
        Ok::<_, Error>(())
    };
    let first = writer.queue(first, || {}).unwrap();
    begun.recv().unwrap();
    let queued = changes.iter().map(|change| writer.queue(*change, || {}));
    let queued = queued.collect::<Result<_, _>>().unwrap();
    go.send(()).unwrap();
    first.blocking_recv().unwrap().unwrap();
    queued
}

#[test]
fn only_the_refused_change_of_a_shared_commit_is_rolled_back() {
    let (_folder, target, writer) = writer();
    let refused: Change = |connection| {
        insert(connection)?;
        Err(Error::Panicked)
    };
    let mut answers = queue_batch(&writer, &[insert, refused, insert]);
    let last = answers.pop().unwrap().blocking_recv().unwrap();
    let middle = answers.pop().unwrap().blocking_recv().unwrap();
    assert!(last.is_ok());
    assert!(matches!(middle, Err(Error::Panicked)));
    assert_eq!(row_count(&target), 2);
}

#[test]
fn refused_single_change_leaves_nothing_and_the_next_is_made() {
    let (_folder, target, writer) = writer();
    let refused = writer.submit_and_wait(|connection| {
        insert(connection)?;
        Err::<(), _>(Error::Panicked)
    });
    assert!(matches!(refused, Err(Error::Panicked)));
    assert_eq!(row_count(&target), 0);
    writer.submit_and_wait(insert).unwrap();
    assert_eq!(row_count(&target), 1);
}

#[test]
fn automatic_rollback_fails_the_whole_batch() {
    let (_folder, target, writer) = writer();
    // SQLite does the same by itself if the disk is full.
    let lost: Change = |connection| {
        connection.batch_execute("ROLLBACK")?;
        Err(Error::Panicked)
    };
    for receiver in queue_batch(&writer, &[insert, lost, insert, insert]) {
        // A closed channel is an answer too: the change was not begun.
        let made = matches!(receiver.blocking_recv(), Ok(Ok(())));
        assert!(!made);
    }
    assert_eq!(row_count(&target), 0);
    writer.submit_and_wait(insert).unwrap();
    assert_eq!(row_count(&target), 1);
}
