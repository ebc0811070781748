//! The operator's name and design on each page, and the files for them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};

use super::assets;
use crate::{
    config::{Accent, Logo, Settings, Shades},
    crypto::digest::Digest,
    http::paths,
};

/// An SVG of the operator can contain scripts and links. This policy disables them if a browser
/// opens the file as a page.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The operator's part of the layout.
#[derive(Default)]
pub struct Brand {
    /// The name of the product.
    pub name: String,
    /// The address of the app.
    pub app: Option<String>,
    logo: Option<OwnFile>,
    accent: Option<OwnFile>,
}

/// A file from the settings. Its address changes with its content.
struct OwnFile {
    name: &'static str,
    version: String,
    content_type: &'static str,
    policy: Option<&'static str>,
    content: Bytes,
}

impl OwnFile {
    fn new(name: &'static str, content_type: &'static str, content: Bytes) -> Self {
        let digest = Digest::of(&content);
        let version = digest.as_bytes().iter().take(8);
        Self {
            name,
            version: version.map(|byte| format!("{byte:02x}")).collect(),
            content_type,
            policy: None,
            content,
        }
    }

    fn path(&self) -> String {
        paths::asset(&self.version, self.name)
    }
}

impl Brand {
    /// Creates the brand from `settings`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            name: settings.branding.app_name.clone(),
            app: settings.branding.app_url.clone(),
            logo: settings.branding.logo.as_ref().map(logo),
            accent: settings.branding.accent.map(accent),
        }
    }

    /// Returns the brand of the app that handles `request`.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Data<Self> {
        let brand = request.app_data::<Data<Self>>();
        brand.map_or_else(|| Data::new(Self::default()), Data::clone)
    }

    /// Returns the path of the operator's logo.
    #[must_use]
    pub fn logo(&self) -> Option<String> {
        self.logo.as_ref().map(OwnFile::path)
    }

    /// Returns the path and the media type of the icon.
    #[must_use]
    pub fn icon(&self) -> (String, &'static str) {
        self.logo.as_ref().map_or_else(
            || (assets::path("icon.svg"), "image/svg+xml"),
            |logo| (logo.path(), logo.content_type),
        )
    }

    /// Returns the path of the icon for a home screen.
    #[must_use]
    pub fn touch_icon(&self) -> String {
        let logo = self.logo.as_ref().filter(|logo| logo.name == "logo.png");
        logo.map_or_else(|| assets::path("touch-icon.png"), OwnFile::path)
    }

    /// Returns the path of the stylesheet with the accent colour.
    #[must_use]
    pub fn accent(&self) -> Option<String> {
        self.accent.as_ref().map(OwnFile::path)
    }

    /// Returns the response to a request for one of the files.
    pub(super) fn serve(&self, version: &str, name: &str) -> Option<HttpResponse> {
        let files = [&self.logo, &self.accent];
        let file = files
            .into_iter()
            .flatten()
            .find(|file| (&*file.version, file.name) == (version, name))?;
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((header::CONTENT_TYPE, file.content_type))
            .insert_header((header::CACHE_CONTROL, assets::FOREVER));
        if let Some(policy) = file.policy {
            answer.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
        Some(answer.body(file.content.clone()))
    }
}

fn logo(logo: &Logo) -> OwnFile {
    let content = Bytes::copy_from_slice(&logo.bytes);
    let (name, content_type) = if logo.is_svg {
        ("logo.svg", "image/svg+xml")
    } else {
        ("logo.png", "image/png")
    };
    OwnFile {
        policy: Some(LOGO_POLICY),
        ..OwnFile::new(name, content_type, content)
    }
}

/// Returns a stylesheet that replaces the accent colour of both colour schemes.
fn accent(accent: Accent) -> OwnFile {
    let root = |shades: Shades| {
        format!(
            ":root{{--accent:{};--accent-ink:{};--accent-ground:{}}}",
            shades.accent, shades.ink, shades.tint
        )
    };
    let text = format!(
        "{}@media (prefers-color-scheme:dark){{{}}}",
        root(accent.light),
        root(accent.dark)
    );
    OwnFile::new("accent.css", "text/css; charset=utf-8", text.into())
}
