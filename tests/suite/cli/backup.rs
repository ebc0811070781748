//! `narthex backup`: a copy of an SQLite database while a server uses it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::app::migrate;
use crate::support::binary::Narthex;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn backup_of_a_running_server_is_complete() {
    let operator = Operator::new();
    if Engine::of_this_run() == Engine::Postgres {
        let line = operator.run_err(&["backup", "copy.db"]);
        assert!(line.contains("pg_dump"), "{line}");
        return;
    }
    operator.add_user(ADA);
    let serving = operator.serve();
    let secret = operator.add_token(ADA, "deploy", &[]);
    assert!(serving.accepts_token(&secret).await);

    let outcome = operator.run(&["backup", "copy.db"]).expect_code(0);
    assert!(outcome.stdout.contains("copy.db ("), "{outcome:#?}");
    assert!(
        outcome.stderr.contains("narthex.key belongs with it"),
        "{outcome:#?}"
    );
    let copy = operator.narthex.directory().join("copy.db");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(serving.accepts_token(&secret).await);
    operator.run_ok(&["token", "revoke", &operator.only_token_of(ADA)]);
    assert!(!serving.accepts_token(&secret).await);
    serving.stop().expect_code(0);

    // The token is active in the copy, which was made before the revocation.
    let address = format!("sqlite://{}", copy.display());
    let restored = Narthex::installed().with("DATABASE_URL", &address);
    let serving = restored.serve();
    assert!(serving.accepts_token(&secret).await);
    serving.stop().expect_code(0);
}

#[test]
fn backup_overwrites_no_file_and_creates_no_database() {
    if Engine::of_this_run() == Engine::Postgres {
        return;
    }
    let operator = Operator::on(Database::fresh(migrate));
    let folder = operator.narthex.directory();
    fs::write(folder.join("there.db"), "precious").unwrap();
    symlink("elsewhere.db", folder.join("link.db")).unwrap();
    for file in ["there.db", "link.db", "no/such/folder.db"] {
        let line = operator.run_err(&["backup", file]);
        assert!(
            line.contains(&format!("{file} cannot be created")),
            "{line}"
        );
    }
    assert_eq!(
        fs::read_to_string(folder.join("there.db")).unwrap(),
        "precious"
    );
    assert!(!folder.join("elsewhere.db").exists());

    let without_database = Narthex::installed();
    let line = without_database.run(&["backup", "copy.db"]).expect_error();
    assert!(line.contains("there is no narthex.db"), "{line}");
    assert_eq!(
        fs::read_dir(without_database.directory()).unwrap().count(),
        0
    );

    // A file that is no database is not copied.
    fs::write(
        without_database.directory().join("narthex.db"),
        "x".repeat(4096),
    )
    .unwrap();
    without_database.run(&["backup", "copy.db"]).expect_code(1);
    assert!(!without_database.directory().join("copy.db").exists());
}
