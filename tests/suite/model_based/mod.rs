//! Whatever is done in whatever order, a pass lets in exactly while it ought to: the service beside a
//! model of it that fits on two pages, compared after every step.

mod model;
mod steps;

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use narthex::{accounts, types::email::Email};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use self::model::{Model, Pass, Which};
use self::steps::{Step, steps};
use crate::support::api::{Token, text};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{AnonymousClient, Browser};
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

const CASES: u32 = 64;

#[test]
fn a_pass_lets_in_exactly_while_it_ought_to_whatever_was_done_in_whatever_order() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    // The same sequences every time, so that a change is not stopped by luck.
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        // A case takes a while; what is left after so many is short enough to read.
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
            let mut person = Person::new(&world, email).await;
            for (number, step) in steps.into_iter().enumerate() {
                person.does(step.clone()).await;
                person.gets_in_as_she_ought_to(number, &step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

struct World {
    app: TestApp,
    /// Shows whatever pass is to be shown.
    anonymous: AnonymousClient,
    /// Asks about the passes of others.
    asker: Token,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start_with(&[
            ("NARTHEX_CONFIRM_FOR", "30d"),
            ("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8"),
        ]);
        let bob = app.register("bob@example.com").await;
        let asker = app.token(&bob, "Gateway", &["tokens:introspect"]).await;
        let anonymous = app.anonymous();
        Self {
            app,
            anonymous,
            asker,
        }
    }
}

struct Person<'a> {
    world: &'a World,
    email: String,
    password: String,
    model: Model,
    found_over: HashSet<usize>,
}

impl<'a> Person<'a> {
    async fn new(world: &'a World, email: String) -> Self {
        let browser = world.app.register(&email).await;
        let mut person = Self {
            world,
            email,
            password: PASSWORD.to_owned(),
            model: Model::default(),
            found_over: HashSet::new(),
        };
        person.has_signed_in(browser, "desktop").await;
        person
    }

    async fn has_signed_in(&mut self, browser: Browser, kind: &'static str) {
        let (id, cookie) = (browser.session_id().await, cookie_of(&browser));
        self.model.signed_in(id, kind, cookie, browser);
    }

    async fn does(&mut self, step: Step) {
        match step {
            Step::Wait(time) => {
                self.world.app.advance(time);
                self.model.now += time;
            }
            Step::SignIn { on_a_phone } => self.signs_in(on_a_phone).await,
            Step::Disable | Step::Enable => self.is_disabled(matches!(step, Step::Disable)).await,
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
                self.does_by(by, step).await;
            }
        }
    }

    async fn signs_in(&mut self, on_a_phone: bool) {
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
            self.has_signed_in(browser, kind).await;
        }
    }

    async fn is_disabled(&mut self, disabled: bool) {
        let context = &self.world.app.context;
        let email = Email::parse(&self.email).unwrap();
        let user = accounts::find_by_email(context, &email)
            .await
            .unwrap()
            .user
            .id;
        if disabled {
            accounts::disable(context, user).await.unwrap();
            self.model.end(&Which::Everything, 0);
        } else {
            accounts::enable(context, user).await.unwrap();
        }
        self.model.disabled = disabled;
    }

    /// What takes a session, which may be none any more: then it is refused, and nothing is done.
    async fn does_by(&mut self, by: usize, step: Step) {
        if let Step::ChangePassword { also, .. } = &step {
            return self.changes_the_password(by, also).await;
        }
        let Some((method, path, body, of)) = self.call(by, &step) else {
            return;
        };
        let browser = self.model.credentials[by].browser.as_ref().unwrap();
        let answer = browser.call(method, &path, body.as_ref()).await;
        let cookie = cookie_of(browser);
        if !self.model.admits(by) {
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
                self.model.made_token(id, secret, abilities, by, life);
            }
            Step::Pause { paused, .. } => {
                answer.expect_status(200);
                self.model.credentials[of].paused = paused;
            }
            Step::Narrow { .. } => {
                answer.expect_status(200);
                self.model.credentials[of].abilities = abilities(false);
            }
            Step::Rotate { overlap, .. } => {
                let secret = text(&answer.expect_status(200).json()["secret"]);
                self.model.has_new_secret(of, secret, overlap);
            }
            Step::End { which, .. } => {
                let receipt = answer.expect_status(200);
                let mut ended = receipt.ids();
                ended.sort();
                assert_eq!(ended, self.model.end(&which, by), "{receipt}");
            }
            Step::Confirm { .. } => {
                answer.expect_status(204);
                self.model.has_new_secret(by, cookie, Duration::ZERO);
            }
            _ => {
                answer.expect_status(204);
                self.model.credentials[of].ended = true;
            }
        }
    }

    /// What is called for a step, and which credential it is about. Nothing, where there is no token.
    fn call(&self, by: usize, step: &Step) -> Option<(Method, String, Option<Value>, usize)> {
        let tokens = self.model.tokens();
        let of = |number: &usize| tokens.get(number % tokens.len().max(1)).copied();
        let path = |of: usize| format!("/api/v1/tokens/{}", self.model.credentials[of].id);
        let own = &self.model.credentials[by].id;
        let (method, path, body, of) = match step {
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
                (Method::PATCH, path(of(token)?), body, of(token)?)
            }
            Step::Narrow { token, .. } => {
                let body = json!({"abilities": abilities(false)});
                (Method::PATCH, path(of(token)?), body, of(token)?)
            }
            Step::Rotate { token, overlap, .. } => {
                let body = json!({"overlap": overlap.as_secs()});
                (Method::POST, path(of(token)?) + "/rotate", body, of(token)?)
            }
            Step::EndOne { token, .. } => {
                (Method::DELETE, path(of(token)?), Value::Null, of(token)?)
            }
            Step::End { which, .. } => (
                Method::POST,
                "/api/v1/sign-out".to_owned(),
                which.as_json(own),
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
        Some((method, path, (!body.is_null()).then_some(body), of))
    }

    async fn changes_the_password(&mut self, by: usize, also: &[&str]) {
        let ok = self.model.admits(by);
        let browser = self.model.credentials[by].browser.as_ref().unwrap();
        let new = format!("another battery staple {}", self.model.passes.len());
        let mut form = vec![("current_password", &*self.password), ("password", &*new)];
        // As the page sends it: a box that is not ticked is not there.
        form.push(("also", ""));
        form.extend(also.iter().map(|class| ("also", *class)));
        let answer = browser
            .post("/account/password", &form)
            .await
            .expect_status(303);
        assert_eq!(answer.location().starts_with("/login"), !ok, "{answer}");
        if !ok {
            return;
        }
        let cookie = cookie_of(browser);
        self.model.credentials[by].last_used = self.model.now;
        self.model.has_new_secret(by, cookie, Duration::ZERO);
        if also.contains(&"sessions") {
            self.model.end(&Which::OtherSessions, by);
        }
        if also.contains(&"tokens") {
            self.model.end(&Which::Tokens, by);
        }
        self.password = new;
    }

    /// Every pass that she ever had, each asked in another way than at the step before. What is over for
    /// good, and was found to be, is asked by turns.
    async fn gets_in_as_she_ought_to(&mut self, number: usize, step: &Step) {
        for (n, pass) in self.model.passes.iter().enumerate() {
            if self.found_over.contains(&n) && !(n + number).is_multiple_of(5) {
                continue;
            }
            let found = self.is_let_in(pass, n + number).await;
            let expected = self.model.lets_in(pass);
            let kind = self.model.credentials[pass.of].kind;
            assert_eq!(found, expected, "{kind} {}, after {step:?}", pass.of);
            if self.model.is_over(pass) {
                self.found_over.insert(n);
            }
        }
        self.model.all_were_used();
    }

    async fn is_let_in(&self, pass: &Pass, way: usize) -> bool {
        let credential = &self.model.credentials[pass.of];
        let anonymous = &self.world.anonymous;
        let get = |path: &str| {
            let request = anonymous.request(Method::GET, path);
            if credential.is_session() {
                request.header("cookie", format!("narthex={}", pass.secret))
            } else {
                request.bearer_auth(&pass.secret)
            }
        };
        match way % 4 {
            0 => anonymous.send(get("/api/v1/user")).await.status == 200,
            1 => anonymous.send(get("/auth/verify")).await.status == 200,
            2 => {
                let status = anonymous
                    .send(get("/auth/verify?ability=orders:write"))
                    .await
                    .status;
                // Let in, and told what it lacks.
                assert_eq!(
                    status == 403,
                    self.model.lets_in(pass) && !credential.may("orders:write")
                );
                status != 401
            }
            _ => {
                let form = [("token", &*pass.secret)];
                let asked = self
                    .world
                    .asker
                    .client
                    .request(Method::POST, "/oauth/introspect");
                let answer = self.world.asker.client.send(asked.form(&form)).await;
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
