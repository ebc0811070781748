//! Settings from code.

use std::time::Duration;

use narthex::{Brand, Migrate, Narthex};

use super::{Shop, builder};
use crate::support::app::{migrate, signing_key};
use crate::support::database::Database;

/// The error of `open` with this builder.
fn refusal(builder: narthex::Builder) -> String {
    match builder.open() {
        Ok(_) => panic!("it opens"),
        Err(error) => {
            // Rust prints this form if `main` returns the error.
            assert_eq!(format!("{error:?}"), error.to_string());
            error.to_string()
        }
    }
}

#[test]
fn invalid_setting_is_an_error_of_open() {
    let database = Database::fresh(migrate);
    let with = || builder(database.address());
    for (builder, words) in [
        (with().public_url("shop"), "public_url is \"shop\""),
        (
            with().setting("colour", "red"),
            "there is no setting colour",
        ),
        (with().mount("auth"), "mount is \"auth\""),
        (with().token_prefix("?"), "token_prefix is \"?\""),
        (
            with().session_limits(Duration::ZERO, Duration::ZERO),
            "session_idle",
        ),
        (
            with().brand(Brand::new("Shop").accent("red")),
            "accent is \"red\"",
        ),
        (
            with().brand(Brand::new("Shop").logo("no image")),
            "the logo",
        ),
        (with().language("xx"), "language is \"xx\""),
        (with().languages_dir("/nowhere"), "/nowhere"),
        (
            with().mail_server("shop", "help@shop.example"),
            "smtp_url is",
        ),
        (with().mail_from("shop"), "mail_from is \"shop\""),
        (with().secret_key("short"), "secret_key is (not shown)"),
        (with().secret_key_file("/nowhere"), "/nowhere"),
    ] {
        let error = refusal(builder);
        assert!(error.contains(words), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn missing_folder_is_named_with_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("missing/shop.db");
    let url = format!("sqlite://{}", database.display());
    let error = refusal(Narthex::builder().database(url));
    assert!(error.contains(database.to_str().unwrap()), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn missing_tables_are_an_error_if_they_are_not_created() {
    let database = Database::empty();
    let error = refusal(builder(database.address()).migrate(Migrate::Never));
    assert!(error.contains("narthex migrate"), "{error}");
    migrate(database.address());
    assert!(
        builder(database.address())
            .migrate(Migrate::Never)
            .open()
            .is_ok()
    );
}

#[tokio::test]
async fn brand_is_shown_on_the_pages() {
    let brand = Brand::new("Shop")
        .home("https://shop.example.com/")
        .accent("#1a5fb4");
    let shop = Shop::open_with(|builder| {
        builder.brand(brand.logo("<svg xmlns='http://www.w3.org/2000/svg'/>"))
    });
    let page = shop.anonymous().get("/login").await;
    page.expect_text("Shop")
        .expect_text("https://shop.example.com/")
        .expect_text("logo.svg")
        .expect_text("accent.css");
}

#[tokio::test]
async fn pages_have_the_language_and_the_texts_of_the_app() {
    let texts = tempfile::tempdir().unwrap();
    let own = "sign-in-to-continue = Melden Sie sich im Teeladen an.";
    std::fs::write(texts.path().join("de.ftl"), own).unwrap();
    let shop = Shop::open_with(|builder| builder.language("de").languages_dir(texts.path()));
    let page = shop.anonymous().get("/login?next=%2Forders").await;
    page.expect_text("<html lang=\"de\"")
        .expect_text("Melden Sie sich im Teeladen an.");
}

#[tokio::test]
async fn mount_precedes_all_paths_of_narthex() {
    let shop = Shop::open_with(|builder| builder.mount("/auth"));
    let stranger = shop.anonymous();
    stranger.get("/auth/login").await.expect_status(200);
    stranger.get("/login").await.expect_status(404);
    let page = stranger
        .request(reqwest::Method::GET, "/orders")
        .header("accept", "text/html");
    stranger
        .send(page)
        .await
        .expect_redirect("/auth/login?next=%2Forders");
    let problem = stranger.get("/orders").await.problem();
    assert_eq!(problem.kind, "/auth/problems/not-signed-in");
}

#[tokio::test]
async fn closed_registration_is_refused() {
    let shop = Shop::open_with(|builder| builder.registration(false));
    shop.anonymous().get("/register").await.expect_status(403);
}

#[tokio::test]
async fn later_setting_replaces_an_earlier_one() {
    let shop = Shop::open_with(|builder| builder.registration(false).registration(true));
    shop.register("ada@example.com").await;
}

#[test]
fn abilities_of_narthex_need_no_declaration() {
    narthex::abilities! { ReadTokens = "tokens:read", "Read tokens"; }
    let database = Database::fresh(migrate);
    let narthex = Narthex::builder()
        .database(database.address())
        .secret_key(signing_key());
    assert!(narthex.abilities::<ReadTokens>().open().is_ok());
}
