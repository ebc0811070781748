//! Windows of a real browser (headless Chromium), used like a person uses them.
//!
//! Every window is a separate browser with an empty profile. Elements are found by their visible
//! text: a field by its label, a button or a link by its words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

pub use self::options::Scheme;
use self::options::{DESKTOP, Look, NARROWEST, PHONE, WindowOptions};
use self::xpath::{field_called, option_called, pressable, pressable_in_row};

mod authenticator;
mod chromium;
mod keyboard;
mod options;
mod xpath;

/// The time for which the window waits for a page, and the interval of its checks.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

pub struct Window {
    driver: WebDriver,
    origin: String,
    look: Look,
}

impl Window {
    /// A window for the pages of `origin` (`http://127.0.0.1:8080`). The default is a desktop with
    /// the light colour scheme.
    pub fn at(origin: &str) -> WindowOptions {
        WindowOptions::at(origin)
    }

    /// Opens a path of the server.
    pub async fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.origin);
        let visited = self.driver.goto(&url).await;
        visited.unwrap_or_else(|error| panic!("{url} can't be shown: {error}"));
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.driver.refresh().await.expect("a page to load again");
    }

    /// The path and query of the current page.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("an address");
        url.as_str()
            .strip_prefix(&self.origin)
            .unwrap_or(url.as_str())
            .to_owned()
    }

    /// The text that is visible now. It is empty while the browser leaves the page.
    async fn visible_text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The visible text of the page.
    pub async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await.expect("a page");
        body.text().await.expect("text")
    }

    /// The source of the page, with the values of its fields.
    pub async fn html(&self) -> String {
        self.driver.source().await.expect("a page")
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
            "`{words}` is not visible; the page says:\n{text}"
        );
    }

    /// Waits until `there` returns `true`, because a page loads some time after a click. If the
    /// time is up, the assertion of the caller fails.
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
            "`{words}` is visible; the page says:\n{text}"
        );
    }

    /// Replaces the text of the field with this label.
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

    /// Clicks the checkbox or the radio button with this label.
    pub async fn tick(&self, label: &str) {
        let field = self.find_single(&field_called(label), label).await;
        field
            .click()
            .await
            .unwrap_or_else(|error| panic!("{label} can't be ticked: {error}"));
    }

    /// Selects the option `choice` in the list with this label.
    pub async fn choose(&self, label: &str, choice: &str) {
        let option = self
            .find_single(&option_called(label, choice), choice)
            .await;
        option
            .click()
            .await
            .unwrap_or_else(|error| panic!("{choice} can't be chosen: {error}"));
    }

    /// Presses the button, or follows the link, with this text.
    pub async fn press(&self, words: &str) {
        self.press_element(&pressable(words), words).await;
    }

    /// Presses the button of the form that is sent to an address with this end.
    pub async fn send(&self, end_of_action: &str) {
        let path = format!("//form[contains(@action, \"{end_of_action}\")]//button");
        self.press_element(&path, end_of_action).await;
    }

    /// The same in the row, card or section that contains `row`, if the page has several such
    /// buttons.
    pub async fn press_in(&self, row: &str, words: &str) {
        self.press_element(&pressable_in_row(row, words), words)
            .await;
    }

    async fn press_element(&self, path: &str, words: &str) {
        let thing = self.find_visible(path, words).await;
        thing
            .click()
            .await
            .unwrap_or_else(|error| panic!("{words} can't be pressed: {error}"));
    }

    /// Opens the menu with the name of the signed-in user.
    pub async fn open_account_menu(&self) {
        let menu = "//details[contains(@class, 'account')]/summary";
        self.press_element(menu, "the account menu").await;
    }

    /// Double-clicks the button.
    pub async fn press_twice(&self, words: &str) {
        let thing = self.find_visible(&pressable(words), words).await;
        let clicks = self.driver.action_chain().double_click_element(&thing);
        clicks
            .perform()
            .await
            .unwrap_or_else(|error| panic!("{words} can't be pressed twice: {error}"));
    }

    /// Delays each response by a second from now on.
    pub async fn slow_down(&self) {
        self.cdp("Network.enable", json!({})).await;
        let conditions = json!({"offline": false, "latency": 1000, "downloadThroughput": -1, "uploadThroughput": -1});
        self.cdp("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// The result of a script in the page (`return …`).
    pub async fn evaluate(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Takes pictures of the whole page, narrow and wide, light and dark, in `target/screenshots`.
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

    /// Expects that the page does not scroll sideways in the narrowest window.
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

    /// Closes the browser and removes its profile.
    pub async fn close(self) {
        self.driver.quit().await.expect("a browser to end");
    }

    /// Gives the window another width and the page another colour scheme.
    pub async fn resize(&self, width: u32, scheme: Scheme) {
        self.look(Look { width, scheme }).await;
    }

    async fn look(&self, look: Look) {
        let metrics = json!({
            "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let scheme = json!({"name": "prefers-color-scheme", "value": look.scheme.name()});
        let is_forced = look.scheme == Scheme::ForcedColors;
        let forced = json!({
            "name": "forced-colors", "value": if is_forced { "active" } else { "none" },
        });
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({"features": [scheme, forced]}),
        )
        .await;
    }

    async fn set_time_zone(&self, time_zone: &str) {
        let parameters = json!({ "timezoneId": time_zone });
        self.cdp("Emulation.setTimezoneOverride", parameters).await;
    }

    async fn accept_languages(&self, user_agent: &str, languages: &str) {
        let parameters = json!({"userAgent": user_agent, "acceptLanguage": languages});
        self.cdp("Emulation.setUserAgentOverride", parameters).await;
    }

    /// Runs a script in each later page, before the scripts of the page.
    pub async fn run_before_each_page(&self, script: &str) {
        let parameters = json!({ "source": script });
        self.cdp("Page.addScriptToEvaluateOnNewDocument", parameters)
            .await;
    }

    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let answer = self.driver.cdp().send_raw(command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn find_single(&self, path: &str, words: &str) -> WebElement {
        self.find_one(words, async || self.find_all(path).await)
            .await
    }

    /// Finds an element that a person can see, and not one of a closed menu.
    async fn find_visible(&self, path: &str, words: &str) -> WebElement {
        let find = async || {
            let mut visible = Vec::new();
            for element in self.find_all(path).await {
                if element.is_displayed().await.unwrap_or(false) {
                    visible.push(element);
                }
            }
            visible
        };
        self.find_one(words, find).await
    }

    async fn find_all(&self, path: &str) -> Vec<WebElement> {
        let found = self.driver.find_all(By::XPath(path)).await;
        found.expect("an XPath")
    }

    async fn find_one(&self, words: &str, find: impl AsyncFn() -> Vec<WebElement>) -> WebElement {
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
    // A sibling of cargo's folder for tests, which is `target/tmp`.
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}
