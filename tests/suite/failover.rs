//! A PostgreSQL cluster with a standby: a standby is never read.

use crate::support::binary::Narthex;
use crate::support::replication::Replicated;

const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

#[test]
fn a_standby_in_the_url_is_refused_with_what_to_do() {
    let database = Replicated::start();
    let both = Narthex::installed().with("DATABASE_URL", &database.address());
    both.run(&["migrate"]).expect_code(0);
    database.catch_up();
    let address = database.standby.address();
    for address in [
        address.clone(),
        format!("{address}&target_session_attrs=any"),
    ] {
        let standby = Narthex::installed()
            .with("DATABASE_URL", &address)
            .with("NARTHEX_SECRET_KEY", KEY);
        for command in [&["serve"][..], &["user", "list"]] {
            let line = standby.run(command).expect_refusal();
            assert!(line.contains("this server is a standby"), "{line}");
            assert!(
                line.contains("DATABASE_URL has to lead to the primary"),
                "{line}"
            );
        }
        let checked = standby.run(&["check"]).expect_code(1).stdout;
        assert!(checked.contains("this server is a standby"), "{checked}");
    }
    // The standby comes first in this one.
    let serving = both.serve();
    serving.stop().expect_code(0);
}
