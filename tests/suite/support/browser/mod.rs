//! Real windows of a real browser: headless Chromium, driven as a person would use it.
//!
//! Every window is a browser of its own, with a profile that starts empty. What is on a page is
//! found by what a person sees: a field by its label, a button or a link by its words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

use self::options::{DESKTOP, Look, NARROWEST, PHONE, Scheme, WindowOptions};
use self::xpath::{field_called, option_called, pressable, pressable_in_row};

mod chromium;
mod options;
mod xpath;

/// How long a person waits for a page, and how often they look.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

pub struct Window {
    driver: WebDriver,
    origin: String,
    look: Look,
}

impl Window {
    /// A window that will show what is at `origin` (`http://127.0.0.1:8080`), on a desktop in the
    /// light unless told otherwise.
    pub fn at(origin: &str) -> WindowOptions {
        WindowOptions::at(origin)
    }

    /// Types an address of our server.
    pub async fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.origin);
        let visited = self.driver.goto(&url).await;
        visited.unwrap_or_else(|error| panic!("{url} can't be shown: {error}"));
    }

    /// Loads the page once more, as a person does who presses F5.
    pub async fn reload(&self) {
        self.driver.refresh().await.expect("a page to load again");
    }

    /// The path and query of what is shown.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("an address");
        url.as_str()
            .strip_prefix(&self.origin)
            .unwrap_or(url.as_str())
            .to_owned()
    }

    /// What can be seen just now: nothing, where the page is being left.
    async fn visible_text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The words that a person can see.
    pub async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await.expect("a page");
        body.text().await.expect("text")
    }

    pub async fn expect_path(&self, path: &str) {
        self.wait_until(async || self.path().await == path).await;
        assert_eq!(
            self.path().await,
            path,
            "the page says:\n{}",
            self.text().await
        );
    }

    pub async fn expect_text(&self, words: &str) {
        self.wait_until(async || self.visible_text().await.contains(words))
            .await;
        let text = self.text().await;
        assert!(
            text.contains(words),
            "`{words}` is not to be seen; the page says:\n{text}"
        );
    }

    /// Looks again and again, as a person does who waits for a page: what was pressed leads there
    /// when the browser gets to it. What is not there after a while is left to the assertion.
    async fn wait_until(&self, there: impl AsyncFn() -> bool) {
        let polling = async {
            let mut polls = tokio::time::interval(POLL_INTERVAL);
            while !there().await {
                polls.tick().await;
            }
        };
        drop(tokio::time::timeout(PAGE_TIMEOUT, polling).await);
    }

    pub async fn expect_no_text(&self, words: &str) {
        let text = self.text().await;
        assert!(
            !text.contains(words),
            "`{words}` is to be seen; the page says:\n{text}"
        );
    }

    /// Writes into the field of that label, in the place of what is there.
    pub async fn fill(&self, label: &str, value: &str) {
        let field = self.find_single(&field_called(label), label).await;
        field
            .clear()
            .await
            .unwrap_or_else(|error| panic!("{label} can't be written: {error}"));
        field
            .send_keys(value)
            .await
            .expect("a field that can be written");
    }

    /// Ticks or unticks the box of that label, or chooses the round button.
    pub async fn tick(&self, label: &str) {
        let field = self.find_single(&field_called(label), label).await;
        field
            .click()
            .await
            .unwrap_or_else(|error| panic!("{label} can't be ticked: {error}"));
    }

    /// Chooses what is called `choice` in the list of that label.
    pub async fn choose(&self, label: &str, choice: &str) {
        let option = self
            .find_single(&option_called(label, choice), choice)
            .await;
        option
            .click()
            .await
            .unwrap_or_else(|error| panic!("{choice} can't be chosen: {error}"));
    }

    /// Presses the button, or follows the link, that says so.
    pub async fn press(&self, words: &str) {
        self.press_element(&pressable(words), words).await;
    }

    /// The same in the row, card or section that has `row` in it, where many have such a button.
    pub async fn press_in(&self, row: &str, words: &str) {
        self.press_element(&pressable_in_row(row, words), words)
            .await;
    }

    async fn press_element(&self, path: &str, words: &str) {
        let thing = self.find_single(path, words).await;
        thing
            .click()
            .await
            .unwrap_or_else(|error| panic!("{words} can't be pressed: {error}"));
    }

    /// Presses it twice in quick succession, as an impatient person does.
    pub async fn press_twice(&self, words: &str) {
        let thing = self.find_single(&pressable(words), words).await;
        let clicks = self.driver.action_chain().double_click_element(&thing);
        clicks
            .perform()
            .await
            .unwrap_or_else(|error| panic!("{words} can't be pressed twice: {error}"));
    }

    /// What the page's JavaScript would answer to `return …`.
    pub async fn evaluate(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Pictures of the whole page, narrow and wide, light and dark, in `target/screenshots`.
    pub async fn screenshot(&self, name: &str) -> Vec<PathBuf> {
        let mut pictures = Vec::new();
        for width in [PHONE, DESKTOP] {
            for scheme in [Scheme::Light, Scheme::Dark] {
                self.look(Look { width, scheme }).await;
                let file = screenshots().join(format!("{name}-{width}-{}.png", scheme.name()));
                let parameters = json!({"format": "png", "captureBeyondViewport": true});
                let shot = self.cdp("Page.captureScreenshot", parameters).await;
                let png = BASE64_STANDARD.decode(shot["data"].as_str().expect("a picture"));
                std::fs::create_dir_all(screenshots()).expect("a directory for screenshots");
                std::fs::write(&file, png.expect("base64")).expect("room");
                pictures.push(file);
            }
        }
        self.look(self.look).await;
        pictures
    }

    /// Even the narrowest window shows this page without scrolling sideways.
    pub async fn expect_no_sideways_scrolling(&self) {
        self.look(Look {
            width: NARROWEST,
            ..self.look
        })
        .await;
        let too_wide = self
            .evaluate(
                "const room = document.documentElement.clientWidth;
                 if (document.documentElement.scrollWidth <= room) return [];
                 return [...document.body.querySelectorAll('*')]
                     .filter(element => element.getBoundingClientRect().right > room)
                     .map(element => element.outerHTML.slice(0, 200));",
            )
            .await;
        let path = self.path().await;
        assert_eq!(
            too_wide,
            json!([]),
            "{path} at {NARROWEST} px: these reach over the edge"
        );
        self.look(self.look).await;
    }

    /// Ends the browser; everything it kept is gone.
    pub async fn close(self) {
        self.driver.quit().await.expect("a browser to end");
    }

    async fn look(&self, look: Look) {
        let metrics = json!({
            "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let scheme = json!({"name": "prefers-color-scheme", "value": look.scheme.name()});
        self.cdp("Emulation.setEmulatedMedia", json!({"features": [scheme]}))
            .await;
    }

    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let answer = self.driver.cdp().send_raw(command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn find_single(&self, path: &str, words: &str) -> WebElement {
        let find = async || {
            self.driver
                .find_all(By::XPath(path))
                .await
                .expect("an XPath")
        };
        self.wait_until(async || find().await.len() == 1).await;
        let found = find().await;
        let [ref one] = found[..] else {
            let text = self.text().await;
            panic!(
                "`{words}` is there {} times; the page says:\n{text}",
                found.len()
            );
        };
        one.clone()
    }
}

fn screenshots() -> PathBuf {
    // The folder beside cargo's own for tests, which is `target/tmp`.
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}
