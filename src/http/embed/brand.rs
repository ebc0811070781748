//! The look of the pages.

/// The name, the logo and the colour of the pages.
///
/// ```
/// # use narthex::Brand;
/// let brand = Brand::new("Shop").home("https://shop.example.com/").accent("#1a5fb4");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Brand {
    pub(super) name: String,
    pub(super) home: Option<String>,
    pub(super) accent: Option<String>,
    pub(super) logo: Option<Vec<u8>>,
}

impl Brand {
    /// Creates a brand with the name of the product, of at most 60 characters.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            home: None,
            accent: None,
            logo: None,
        }
    }

    /// The URL to which the logo and the link back to the app lead.
    pub fn home(mut self, url: impl Into<String>) -> Self {
        self.home = Some(url.into());
        self
    }

    /// The colour of buttons and links, such as `#1a5fb4`. Its contrast must suffice in the light
    /// and in the dark colour scheme (WCAG 2.2, success criterion 1.4.3).
    pub fn accent(mut self, colour: impl Into<String>) -> Self {
        self.accent = Some(colour.into());
        self
    }

    /// The content of an SVG or PNG file of at most 256 KiB.
    pub fn logo(mut self, file: impl Into<Vec<u8>>) -> Self {
        self.logo = Some(file.into());
        self
    }
}
