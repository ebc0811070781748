//! The virtual authenticator of the browser (domain WebAuthn of the Chrome DevTools Protocol).

use serde_json::{Value, json};

use super::Window;

/// An authenticator in the device of the window. It answers at once, as after a touch.
pub struct VirtualAuthenticator<'a> {
    window: &'a Window,
    id: String,
}

impl Window {
    /// Gives the device a screen lock that holds passkeys.
    pub async fn add_screen_lock(&self) -> VirtualAuthenticator<'_> {
        self.add_authenticator("internal", true).await
    }

    /// Connects a security key with a PIN, which holds passkeys.
    pub async fn add_security_key(&self) -> VirtualAuthenticator<'_> {
        self.add_authenticator("usb", true).await
    }

    async fn add_authenticator(
        &self,
        transport: &str,
        verifies_user: bool,
    ) -> VirtualAuthenticator<'_> {
        self.cdp("WebAuthn.enable", json!({})).await;
        let options = json!({"options": {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": true,
            "hasUserVerification": verifies_user,
            "isUserVerified": verifies_user,
            "automaticPresenceSimulation": true,
        }});
        let added = self.cdp("WebAuthn.addVirtualAuthenticator", options).await;
        VirtualAuthenticator {
            window: self,
            id: added["authenticatorId"].as_str().expect("an ID").to_owned(),
        }
    }
}

impl VirtualAuthenticator<'_> {
    /// The passkeys that the authenticator holds.
    pub async fn passkeys(&self) -> Vec<Value> {
        let parameters = json!({"authenticatorId": self.id});
        let found = self.command("WebAuthn.getCredentials", parameters).await;
        found["credentials"].as_array().expect("a list").clone()
    }

    /// Whether the authenticator waits for a touch. Otherwise it answers at once, also to a page that
    /// offers a passkey in a field.
    pub async fn wait_for_touch(&self, waits: bool) {
        let parameters = json!({"authenticatorId": self.id, "enabled": !waits});
        self.command("WebAuthn.setAutomaticPresenceSimulation", parameters)
            .await;
    }

    /// Replaces the security key by one without a PIN. It has a copy of the only passkey, with this
    /// counter. Chromium does not ask it for passkeys that the page does not name.
    pub async fn replace_by_key_without_pin(self, counter: u32) -> Self {
        let [passkey] = &self.passkeys().await[..] else {
            panic!("not one passkey");
        };
        let mut copy = passkey.clone();
        copy["signCount"] = json!(counter);
        copy["isResidentCredential"] = json!(false);
        let removed = json!({"authenticatorId": self.id});
        self.command("WebAuthn.removeVirtualAuthenticator", removed)
            .await;
        let key = self.window.add_authenticator("usb", false).await;
        let added = json!({"authenticatorId": key.id, "credential": copy});
        key.command("WebAuthn.addCredential", added).await;
        key
    }

    async fn command(&self, name: &str, parameters: Value) -> Value {
        self.window.cdp(name, parameters).await
    }
}
