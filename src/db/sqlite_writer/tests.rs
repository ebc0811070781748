//! Tests of the one thread that writes to SQLite.

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

/// As many as were inserted, if none was before.
fn inserted(target: &DatabaseUrl) -> usize {
    let mut connection = target.connect().unwrap();
    let all = diesel::sql_query("UPDATE rows SET id = id");
    all.execute(&mut connection).unwrap()
}

type Answered = oneshot::Receiver<Result<(), Error>>;
type Change = fn(&mut AnyConnection) -> Result<(), Error>;

/// Has all of them wait behind a change, so that they share a commit.
fn together(writer: &Writer, changes: &[Change]) -> Vec<Answered> {
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
    let mut answers = together(&writer, &[insert, refused, insert]);
    let last = answers.pop().unwrap().blocking_recv().unwrap();
    let middle = answers.pop().unwrap().blocking_recv().unwrap();
    assert!(last.is_ok());
    assert!(matches!(middle, Err(Error::Panicked)));
    assert_eq!(inserted(&target), 2);
}

#[test]
fn refused_single_change_leaves_nothing_and_the_next_is_made() {
    let (_folder, target, writer) = writer();
    let refused = writer.submit_and_wait(|connection| {
        insert(connection)?;
        Err::<(), _>(Error::Panicked)
    });
    assert!(matches!(refused, Err(Error::Panicked)));
    assert_eq!(inserted(&target), 0);
    writer.submit_and_wait(insert).unwrap();
    assert_eq!(inserted(&target), 1);
}

#[test]
fn automatic_rollback_fails_the_whole_batch() {
    let (_folder, target, writer) = writer();
    // As SQLite does by itself where the disk is full.
    let lost: Change = |connection| {
        connection.batch_execute("ROLLBACK")?;
        Err(Error::Panicked)
    };
    for answered in together(&writer, &[insert, lost, insert, insert]) {
        // Also not begun is an answer: its sender is gone.
        let made = matches!(answered.blocking_recv(), Ok(Ok(())));
        assert!(!made);
    }
    assert_eq!(inserted(&target), 0);
    writer.submit_and_wait(insert).unwrap();
    assert_eq!(inserted(&target), 1);
}
