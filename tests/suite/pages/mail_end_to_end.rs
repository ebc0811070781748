//! The steps of a person with the links of mails, in a real browser and in each language.

use narthex::accounts::invitation;
use narthex::types::email::Email;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::mail_server::{CONTACT, MailServer};
use crate::support::mount;
use crate::support::page::ADA;

const NEW: &str = "countess@example.com";
const OTHER_PASSWORD: &str = "a quite different sentence";

/// The same words in each language.
type Words = [&'static str; 2];
/// The preferences of the browsers.
const LANGUAGES: Words = ["en-GB", "de-AT"];

const ADDRESS: Words = ["Email address", "E-Mail-Adresse"];
const PASSWORD_FIELD: Words = ["Password", "Passwort"];
const NEW_PASSWORD: Words = ["New password", "Neues Passwort"];
const NAME: Words = ["Your name", "Ihr Name"];
const SIGN_IN: Words = ["Sign in", "Anmelden"];
const CREATE: Words = ["Create account", "Konto erstellen"];
const SET_PASSWORD: Words = ["Set password", "Passwort festlegen"];
const CONFIRM: Words = ["Confirm email address", "E-Mail-Adresse bestätigen"];

/// A window of a person who reads one of the languages.
struct Story {
    app: TestApp,
    server: MailServer,
    window: Window,
    language: usize,
}

impl Story {
    async fn in_each_language(settings: &[(&str, &str)], tell: impl AsyncFn(&Self)) {
        for (language, accepted) in LANGUAGES.into_iter().enumerate() {
            let server = MailServer::start();
            let url = server.url();
            let of_mail = [("NARTHEX_SMTP_URL", &*url), ("NARTHEX_CONTACT", CONTACT)];
            let app = TestApp::start_with(&[&of_mail, settings].concat());
            let root = format!("{}{}", app.origin, mount::from_environment().as_str());
            let window = Window::at(&root).accepting(accepted).open().await;
            let story = Self {
                app,
                server,
                window,
                language,
            };
            tell(&story).await;
            story.window.close().await;
        }
    }

    async fn fill(&self, label: Words, value: &str) {
        self.window.fill(label[self.language], value).await;
    }

    async fn press(&self, words: Words) {
        self.window.press(words[self.language]).await;
    }

    async fn expect(&self, path: &str, words: Words) {
        self.window.expect_path(path).await;
        self.window.expect_text(words[self.language]).await;
    }

    /// Opens the link of the mail. The secret is not in the address of the page.
    async fn follow(&self, to: &str, path: &str) {
        let is_meant = |mail: &crate::support::mail_server::ReceivedMail| {
            mail.to == [to] && mail.text().contains(path)
        };
        let mail = tokio::task::block_in_place(|| self.server.wait_for_mail(is_meant));
        self.window.visit(&mail.link()).await;
        self.window.expect_path(path).await;
    }

    async fn sign_in(&self, email: &str, password: &str) {
        self.window.visit("/login").await;
        self.fill(ADDRESS, email).await;
        self.fill(PASSWORD_FIELD, password).await;
        self.press(SIGN_IN).await;
        self.window.expect_path("/account").await;
    }

    /// Chooses a new password on the page of a reset, and signs in with it.
    async fn choose_password(&self) {
        self.fill(NEW_PASSWORD, OTHER_PASSWORD).await;
        self.press(SET_PASSWORD).await;
        let set = [
            "Password changed. Sign in with the new password.",
            "Passwort geändert. Melden Sie sich mit dem neuen Passwort an.",
        ];
        self.expect("/login", set).await;
        self.sign_in(ADA, OTHER_PASSWORD).await;
    }

    /// An account with a session in another browser and a personal token.
    async fn ada_with_a_token(&self) -> (Browser, String) {
        self.app.add_user(ADA).await;
        let other = self.app.sign_in(ADA).await;
        let token = self.app.token_of(&other, "Shop CI", &["account:read"]);
        let token = token.await;
        (other, token)
    }

    /// Expects that the session has ended and the token is paused, and that the person sees it.
    async fn expect_ended(&self, other: &Browser, token: &str) {
        other.get("/api/v1/user").await.expect_status(401);
        let client = self.app.api_client(token);
        client.get("/api/v1/user").await.expect_status(401);
        self.window.visit("/account/tokens").await;
        self.expect("/account/tokens", ["Paused", "Pausiert"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn person_registers_and_verifies_the_address() {
    Story::in_each_language(&[], async |story| {
        story.window.visit("/register").await;
        story.fill(NAME, "Ada").await;
        story.fill(ADDRESS, ADA).await;
        story.fill(PASSWORD_FIELD, PASSWORD).await;
        story.press(CREATE).await;
        let sent = ["We sent an email to", "Wir haben eine E-Mail an"];
        story.expect("/verify-email", sent).await;
        story.follow(ADA, "/verify-email").await;
        story.fill(PASSWORD_FIELD, PASSWORD).await;
        story.press(CONFIRM).await;
        let done = ["Email address confirmed.", "E-Mail-Adresse bestätigt."];
        story.expect("/login", done).await;
        story.sign_in(ADA, PASSWORD).await;
        let user = story.app.sign_in(ADA).await.get("/api/v1/user").await;
        assert_eq!(user.json()["email_verified"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn person_resets_a_forgotten_password() {
    Story::in_each_language(&[], async |story| {
        let (other, token) = story.ada_with_a_token().await;
        story.window.visit("/login").await;
        story
            .press(["Forgot password?", "Passwort vergessen?"])
            .await;
        story.fill(ADDRESS, ADA).await;
        story.press(["Send link", "Link senden"]).await;
        let answer = [
            "If there is an account with this address",
            "Wenn es ein Konto mit dieser Adresse gibt",
        ];
        story.window.expect_text(answer[story.language]).await;
        story.follow(ADA, "/password/reset").await;
        story.choose_password().await;
        story.expect_ended(&other, &token).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn person_changes_the_address_and_undoes_it() {
    Story::in_each_language(&[], async |story| {
        let (other, token) = story.ada_with_a_token().await;
        story.sign_in(ADA, PASSWORD).await;
        story.window.visit("/account/profile").await;
        story.fill(ADDRESS, NEW).await;
        story.press(["Save", "Speichern"]).await;
        let pending = ["Cancel the change", "Änderung abbrechen"];
        story.expect("/account/profile", pending).await;
        story.follow(NEW, "/email/confirm").await;
        story.press(CONFIRM).await;
        let changed = ["Email address changed.", "E-Mail-Adresse geändert."];
        story.expect("/account/profile", changed).await;

        story.follow(ADA, "/email/undo").await;
        let undo = ["Undo the change", "Änderung rückgängig machen"];
        story.press(undo).await;
        let restored = [
            "Your email address is restored.",
            "Ihre E-Mail-Adresse ist wiederhergestellt.",
        ];
        story.expect("/password/reset", restored).await;
        story.choose_password().await;
        story.expect_ended(&other, &token).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn invited_person_joins_although_registration_is_closed() {
    let closed = [("NARTHEX_REGISTRATION", "closed")];
    Story::in_each_language(&closed, async |story| {
        let address = Email::parse(ADA).unwrap();
        let invited = invitation::invite(&story.app.state, address, None).await;
        invited.unwrap();
        story.follow(ADA, "/invitation").await;
        let lead = ["You are invited", "Sie sind eingeladen"];
        story.expect("/invitation", lead).await;
        story.fill(NAME, "Ada Lovelace").await;
        story.fill(PASSWORD_FIELD, PASSWORD).await;
        story.press(CREATE).await;
        story.window.expect_path("/account").await;
        story.window.expect_text("Ada Lovelace").await;
        story.app.sign_in(ADA).await;
    })
    .await;
}
