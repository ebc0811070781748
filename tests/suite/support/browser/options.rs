//! The options of a window, before it is opened.

use super::{Window, chromium};
use crate::support::user_agents::CHROME_ON_WINDOWS;

/// The width of a window and its colour scheme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub width: u32,
    pub scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    Light,
    Dark,
    /// The light scheme, with the colours that a person chose for all pages.
    ForcedColors,
}

impl Scheme {
    /// The value of `prefers-color-scheme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light | Self::ForcedColors => "light",
            Self::Dark => "dark",
        }
    }
}

pub const PHONE: u32 = 390;
pub const DESKTOP: u32 = 1280;
/// The narrowest window in which a page must not scroll sideways (WCAG 2.2, 1.4.10).
pub const NARROWEST: u32 = 320;

/// A window that is about to be opened.
pub struct WindowOptions {
    origin: String,
    user_agent: String,
    look: Look,
    scripts: bool,
    back_forward_cache: bool,
    time_zone: &'static str,
    accepted: Option<&'static str>,
}

impl WindowOptions {
    pub fn at(origin: &str) -> Self {
        Self {
            origin: origin.trim_end_matches('/').to_owned(),
            user_agent: CHROME_ON_WINDOWS.to_owned(),
            look: Look {
                width: DESKTOP,
                scheme: Scheme::Light,
            },
            scripts: true,
            back_forward_cache: false,
            time_zone: "UTC",
            accepted: None,
        }
    }

    pub fn user_agent(self, user_agent: &str) -> Self {
        let user_agent = user_agent.to_owned();
        Self { user_agent, ..self }
    }

    pub fn width(self, width: u32) -> Self {
        let look = Look { width, ..self.look };
        Self { look, ..self }
    }

    pub fn dark(self) -> Self {
        let look = Look {
            scheme: Scheme::Dark,
            ..self.look
        };
        Self { look, ..self }
    }

    /// Disables JavaScript.
    pub fn without_scripts(self) -> Self {
        Self {
            scripts: false,
            ..self
        }
    }

    /// Enables the back-forward cache: going back shows a page as it was left, without a request.
    pub fn with_back_forward_cache(self) -> Self {
        Self {
            back_forward_cache: true,
            ..self
        }
    }

    /// Sets the time zone of the person, such as `Europe/Berlin`.
    pub fn in_time_zone(self, time_zone: &'static str) -> Self {
        Self { time_zone, ..self }
    }

    /// Sets the languages that the browser accepts, such as `de-AT`.
    pub fn accepting(self, languages: &'static str) -> Self {
        let accepted = Some(languages);
        Self { accepted, ..self }
    }

    pub async fn open(self) -> Window {
        let window = Window {
            driver: chromium::start(&self.user_agent, self.scripts, self.back_forward_cache).await,
            origin: self.origin,
            look: self.look,
        };
        window.look(window.look).await;
        window.set_time_zone(self.time_zone).await;
        if let Some(accepted) = self.accepted {
            window.accept_languages(&self.user_agent, accepted).await;
        }
        window
    }
}
