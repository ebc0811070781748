//! Model-based test: random sequences of steps run against the server and against a small model.
//! After every step, the server must accept exactly the secrets that the model accepts.

mod model;
mod steps;

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use narthex::accounts;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use self::model::{IssuedSecret, Model, Target};
use self::steps::{Step, steps};
use crate::support::api::{Token, text};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{AnonymousClient, Browser};
use crate::support::programs;
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

/// The number of cases. The tests that need no other program take two minutes at most, so they have
/// fewer.
fn cases() -> u32 {
    if programs::are_included() { 64 } else { 24 }
}

#[test]
fn server_accepts_exactly_the_secrets_that_the_model_accepts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    // The same sequences in every run, so that a failure is reproducible.
    let config = Config {
        cases: cases(),
        failure_persistence: None,
        // A case is slow. After this many shrinking steps, the sequence is short enough to read.
        max_shrink_iters: 60,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let cases = Cell::new(0);
    let outcome = runner.run(&steps(), |steps| {
        cases.set(cases.get() + 1);
        let email = format!("ada-{}@example.com", cases.get());
        runtime.block_on(async {
            let mut user = TestUser::new(&world, email).await;
            for (number, step) in steps.into_iter().enumerate() {
                user.apply(step.clone()).await;
                user.expect_model_agrees(number, &step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

struct World {
    app: TestApp,
    /// Sends the secret under test.
    anonymous: AnonymousClient,
    /// A token that introspects the secrets of other users.
    introspector: Token,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start_with(&[
            ("NARTHEX_CONFIRM_FOR", "30d"),
            ("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8"),
        ]);
        let bob = app.register("bob@example.com").await;
        let introspector = app.token(&bob, "Gateway", &["tokens:introspect"]).await;
        let anonymous = app.anonymous();
        Self {
            app,
            anonymous,
            introspector,
        }
    }
}

struct TestUser<'a> {
    world: &'a World,
    email: String,
    password: String,
    model: Model,
    found_ended: HashSet<usize>,
}

impl<'a> TestUser<'a> {
    async fn new(world: &'a World, email: String) -> Self {
        let browser = world.app.register(&email).await;
        let mut user = Self {
            world,
            email,
            password: PASSWORD.to_owned(),
            model: Model::default(),
            found_ended: HashSet::new(),
        };
        user.record_session(browser, "desktop").await;
        user
    }

    async fn record_session(&mut self, browser: Browser, kind: &'static str) {
        let (id, cookie) = (browser.session_id().await, cookie_of(&browser));
        self.model.add_session(id, kind, cookie, browser);
    }

    async fn apply(&mut self, step: Step) {
        match step {
            Step::Wait(time) => {
                self.world.app.advance(time);
                self.model.now += time;
            }
            Step::SignIn { on_a_phone } => self.sign_in(on_a_phone).await,
            Step::Disable | Step::Enable => self.set_disabled(matches!(step, Step::Disable)).await,
            Step::MakeToken { by, .. }
            | Step::Pause { by, .. }
            | Step::Narrow { by, .. }
            | Step::Rotate { by, .. }
            | Step::EndOne { by, .. }
            | Step::End { by, .. }
            | Step::SignOut { by }
            | Step::Confirm { by }
            | Step::ChangePassword { by, .. } => {
                let sessions = self.model.sessions();
                let by = sessions[by % sessions.len()];
                self.apply_as(by, step).await;
            }
        }
    }

    async fn sign_in(&mut self, on_a_phone: bool) {
        let (agent, kind) = if on_a_phone {
            (SAFARI_ON_IPHONE, "mobile")
        } else {
            (FIREFOX_ON_LINUX, "desktop")
        };
        let browser = self.world.app.browser().with_user_agent(agent);
        let form = [("email", &*self.email), ("password", &*self.password)];
        let answer = browser.post("/login", &form).await;
        if self.model.disabled {
            assert_ne!(answer.status, 303, "{answer}");
        } else {
            answer.expect_redirect("/account");
            self.record_session(browser, kind).await;
        }
    }

    async fn set_disabled(&mut self, disabled: bool) {
        let state = &self.world.app.state;
        let user = self.world.app.user_id(&self.email).await;
        if disabled {
            accounts::disable(state, user).await.unwrap();
            self.model.revoke(&Target::Sessions, 0);
        } else {
            accounts::enable(state, user).await.unwrap();
        }
        self.model.disabled = disabled;
    }

    /// Applies a step that needs a session. If the session has ended, the step is refused and has
    /// no effect.
    async fn apply_as(&mut self, by: usize, step: Step) {
        if let Step::ChangePassword { also, .. } = &step {
            return self.change_password(by, also).await;
        }
        let Some((method, path, body, index)) = self.call(by, &step) else {
            return;
        };
        let browser = self.model.credentials[by].browser.as_ref().unwrap();
        let answer = browser.call(method, &path, body.as_ref()).await;
        let cookie = cookie_of(browser);
        if !self.model.accepts_newest_of(by) {
            answer.expect_status(401);
            return;
        }
        self.model.credentials[by].last_used = self.model.now;
        match step {
            Step::MakeToken {
                may_write, life, ..
            } => {
                let made = answer.expect_status(201).json();
                let (id, secret) = (text(&made["token"]["id"]), text(&made["secret"]));
                let abilities = abilities(may_write);
                self.model.add_token(id, secret, abilities, by, life);
            }
            Step::Pause { paused, .. } => {
                answer.expect_status(200);
                self.model.credentials[index].paused = paused;
            }
            Step::Narrow { .. } => {
                answer.expect_status(200);
                self.model.credentials[index].abilities = abilities(false);
            }
            Step::Rotate { overlap, .. } => {
                let secret = text(&answer.expect_status(200).json()["secret"]);
                self.model.add_secret(index, secret, overlap);
            }
            Step::End { which, .. } => {
                let receipt = answer.expect_status(200);
                let mut ended = receipt.ids();
                ended.sort();
                assert_eq!(ended, self.model.revoke(&which, by), "{receipt}");
            }
            Step::Confirm { .. } => {
                answer.expect_status(204);
                self.model.add_secret(by, cookie, Duration::ZERO);
            }
            _ => {
                answer.expect_status(204);
                self.model.credentials[index].ended = true;
            }
        }
    }

    /// The call for a step, and the index of the credential that the step changes. `None` if the
    /// step needs a token and there is none.
    fn call(&self, by: usize, step: &Step) -> Option<(Method, String, Option<Value>, usize)> {
        let tokens = self.model.tokens();
        let index = |number: &usize| tokens.get(number % tokens.len().max(1)).copied();
        let path = |index: usize| format!("/api/v1/tokens/{}", self.model.credentials[index].id);
        let own_id = &self.model.credentials[by].id;
        let (method, path, body, index) = match step {
            Step::MakeToken {
                may_write, life, ..
            } => {
                let life = life.map(|life| life.as_secs());
                let body =
                    json!({"name": "CI", "abilities": abilities(*may_write), "expires_in": life});
                (Method::POST, "/api/v1/tokens".to_owned(), body, by)
            }
            Step::Pause { token, paused, .. } => {
                let body = json!({ "paused": paused });
                (Method::PATCH, path(index(token)?), body, index(token)?)
            }
            Step::Narrow { token, .. } => {
                let body = json!({"abilities": abilities(false)});
                (Method::PATCH, path(index(token)?), body, index(token)?)
            }
            Step::Rotate { token, overlap, .. } => {
                let body = json!({"overlap": overlap.as_secs()});
                (
                    Method::POST,
                    path(index(token)?) + "/rotate",
                    body,
                    index(token)?,
                )
            }
            Step::EndOne { token, .. } => (
                Method::DELETE,
                path(index(token)?),
                Value::Null,
                index(token)?,
            ),
            Step::End { which, .. } => (
                Method::POST,
                "/api/v1/sign-out".to_owned(),
                which.as_json(own_id),
                by,
            ),
            Step::Confirm { .. } => {
                let body = json!({ "password": self.password });
                (Method::POST, "/api/v1/confirm".to_owned(), body, by)
            }
            _ => (
                Method::DELETE,
                "/api/v1/sessions/current".to_owned(),
                Value::Null,
                by,
            ),
        };
        Some((method, path, (!body.is_null()).then_some(body), index))
    }

    async fn change_password(&mut self, by: usize, also: &[&str]) {
        let accepted = self.model.accepts_newest_of(by);
        let browser = self.model.credentials[by].browser.as_ref().unwrap();
        let new = format!("another battery staple {}", self.model.secrets.len());
        let mut form = vec![("current_password", &*self.password), ("password", &*new)];
        // The page sends no value for a box that is not ticked.
        form.push(("also", ""));
        form.extend(also.iter().map(|class| ("also", *class)));
        let answer = browser
            .post("/account/password", &form)
            .await
            .expect_status(303);
        assert_eq!(
            answer.location().starts_with("/login"),
            !accepted,
            "{answer}"
        );
        if !accepted {
            return;
        }
        let cookie = cookie_of(browser);
        self.model.credentials[by].last_used = self.model.now;
        self.model.add_secret(by, cookie, Duration::ZERO);
        if also.contains(&"sessions") {
            self.model.revoke(&Target::OtherSessions, by);
        }
        if also.contains(&"tokens") {
            self.model.revoke(&Target::Tokens, by);
        }
        self.password = new;
    }

    /// Checks every secret that the user ever had, each in another way than after the previous
    /// step. A secret that was already found to be ended for good is checked after every fifth
    /// step.
    async fn expect_model_agrees(&mut self, number: usize, step: &Step) {
        for (n, issued) in self.model.secrets.iter().enumerate() {
            if self.found_ended.contains(&n) && !(n + number).is_multiple_of(5) {
                continue;
            }
            let found = self.is_accepted(issued, n + number).await;
            let expected = self.model.accepts(issued);
            let kind = self.model.credentials[issued.index].kind;
            assert_eq!(found, expected, "{kind} {}, after {step:?}", issued.index);
            if self.model.has_ended(issued) {
                self.found_ended.insert(n);
            }
        }
        self.model.mark_accepted_as_used();
    }

    async fn is_accepted(&self, issued: &IssuedSecret, method_number: usize) -> bool {
        let credential = &self.model.credentials[issued.index];
        let anonymous = &self.world.anonymous;
        let get = |path: &str| {
            let request = anonymous.request(Method::GET, path);
            if credential.is_session() {
                request.header("cookie", format!("narthex={}", issued.secret))
            } else {
                request.bearer_auth(&issued.secret)
            }
        };
        match method_number % 4 {
            0 => anonymous.send(get("/api/v1/user")).await.status == 200,
            1 => anonymous.send(get("/auth/verify")).await.status == 200,
            2 => {
                let status = anonymous
                    .send(get("/auth/verify?ability=orders:write"))
                    .await
                    .status;
                // Authenticated, but without the ability.
                assert_eq!(
                    status == 403,
                    self.model.accepts(issued) && !credential.may("orders:write")
                );
                status != 401
            }
            _ => {
                let form = [("token", &*issued.secret)];
                let request = self
                    .world
                    .introspector
                    .client
                    .request(Method::POST, "/oauth/introspect");
                let answer = self
                    .world
                    .introspector
                    .client
                    .send(request.form(&form))
                    .await;
                answer.expect_status(200).json()["active"] == true
            }
        }
    }
}

fn abilities(may_write: bool) -> Vec<&'static str> {
    if may_write {
        vec!["orders:read", "orders:write"]
    } else {
        vec!["orders:read"]
    }
}

fn cookie_of(browser: &Browser) -> String {
    browser
        .cookie("narthex")
        .map(|cookie| cookie.value)
        .unwrap_or_default()
}
