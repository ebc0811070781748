//! The name, the logo and the colour of the pages.

use crate::config::{
    Accent, ConfigError, Logo, SettingKey, Sources, brand,
    setting_keys::{key, unset},
};

pub(in crate::config) const KEYS: &[SettingKey] = &[
    key(
        "NARTHEX_APP_NAME",
        "Narthex",
        "Name of the product on every page",
    ),
    unset(
        "NARTHEX_APP_URL",
        "Target of the logo and of the link back to the app",
    ),
    unset("NARTHEX_LOGO", "A file with the logo: SVG or PNG"),
    unset(
        "NARTHEX_ACCENT",
        "Colour of buttons and links, such as #1a5fb4",
    ),
];

/// The name, the logo and the colour of the pages.
#[derive(Clone)]
pub struct Branding {
    /// `NARTHEX_APP_NAME`
    pub app_name: String,
    /// `NARTHEX_APP_URL`
    pub app_url: Option<String>,
    /// `NARTHEX_LOGO`: the file's contents
    pub logo: Option<Logo>,
    /// `NARTHEX_ACCENT`
    pub accent: Option<Accent>,
}

impl Branding {
    pub(in crate::config) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        Ok(Self {
            app_name: sources.get("NARTHEX_APP_NAME", brand::app_name)?,
            app_url: sources.find("NARTHEX_APP_URL", brand::app_url)?,
            logo: sources.find("NARTHEX_LOGO", Logo::read)?,
            accent: sources.find("NARTHEX_ACCENT", Accent::parse)?,
        })
    }
}
