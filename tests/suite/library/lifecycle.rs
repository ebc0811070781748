//! The background work of an embedded Narthex, and its end.

use std::time::Duration;

use super::{Shop, builder};
use crate::support::app::migrate;
use crate::support::database::Database;

#[tokio::test]
async fn node_leaves_and_uses_are_written_when_the_app_stops() {
    let mut shop = Shop::open_with(|builder| builder.last_used_every(Duration::from_secs(3600)));
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    token.get("/api/orders").await.expect_status(200);
    shop.stop();
    let address = shop.database.address();
    // The workers drop their handles on threads of their own, for which the server does not wait.
    while super::rows(address, "nodes") > 0 || super::rows(address, "last_uses") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn drop_inside_another_runtime_ends_the_background_thread() {
    let database = Database::fresh(migrate);
    let runtimes = [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ];
    for mut runtime in runtimes {
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async {
            let narthex = builder(database.address()).open().unwrap();
            let user = narthex.users().find_by_email("ada@example.com").await;
            assert!(user.unwrap().is_none());
            while super::rows(database.address(), "nodes") == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // The last handle is dropped by a task of the app.
            tokio::spawn(async move { drop(narthex) }).await.unwrap();
            assert_eq!(super::rows(database.address(), "nodes"), 0);
        });
    }
}

#[tokio::test]
async fn drop_of_the_last_handle_ends_the_background_thread() {
    let database = Database::fresh(migrate);
    let narthex = builder(database.address()).open().unwrap();
    let clone = narthex.clone();
    drop(narthex);
    // The background thread joins the cluster after `open` returns.
    while super::rows(database.address(), "nodes") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(clone);
    assert_eq!(super::rows(database.address(), "nodes"), 0);
}
