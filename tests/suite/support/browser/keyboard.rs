//! A window that is used with the keyboard alone.

use serde_json::json;
use thirtyfour::Key;

use super::Window;

/// More presses of the Tab key than any page has controls.
const MOST_STOPS: usize = 60;

/// The label of the element with the focus, or its own text.
const FOCUSED: &str = "const focused = document.activeElement;
     if (focused === document.body) return '';
     const named = (focused.labels?.[0] ?? focused).cloneNode(true);
     for (const unnamed of named.querySelectorAll('[aria-hidden]')) unnamed.remove();
     return (focused.getAttribute('aria-label') ?? named.textContent).trim();";

impl Window {
    /// Presses the Tab key until the focus is on the control with this label or text.
    pub async fn tab_to(&self, name: &str) {
        let mut stops = Vec::new();
        for _ in 0..MOST_STOPS {
            let focused = self.focused().await;
            if focused == name {
                return;
            }
            stops.push(focused);
            self.press_key(Key::Tab).await;
        }
        let path = self.path().await;
        panic!("the Tab key does not reach `{name}` on {path}: {stops:?}");
    }

    /// Presses the Enter key on the control with this label or text.
    pub async fn press_at(&self, name: &str) {
        self.tab_to(name).await;
        self.press_enter().await;
    }

    /// Types a text into the control with the focus.
    pub async fn type_text(&self, text: &str) {
        let keys = self.driver.action_chain().send_keys(text);
        keys.perform().await.expect("keys that can be pressed");
    }

    /// Presses the Tab key or the space bar.
    pub async fn press_key(&self, key: Key) {
        let keys = self.driver.action_chain().send_keys(key);
        keys.perform().await.expect("a key that can be pressed");
    }

    /// Presses the Enter key. The event of the key and the event of its character are one, as for a
    /// real key. WebDriver sends two. If the first one follows a link, the second one could send the
    /// form of the next page.
    pub async fn press_enter(&self) {
        for (kind, text) in [("keyDown", "\r"), ("keyUp", "")] {
            let event = json!({
                "type": kind,
                "key": "Enter",
                "code": "Enter",
                "text": text,
                "windowsVirtualKeyCode": 13,
            });
            self.cdp("Input.dispatchKeyEvent", event).await;
        }
    }

    /// The label or the text of the control with the focus.
    pub async fn focused(&self) -> String {
        let name = self.evaluate(FOCUSED).await;
        name.as_str().unwrap_or_default().to_owned()
    }
}
