//! The operator's branding: product name, address, logo and accent colour.

use std::{fmt, fs::File, io::Read as _, sync::Arc};

use url::Url;

use crate::util::unicode;

/// Maximum length of the name in characters. A longer name does not fit next to the logo on a
/// phone.
const MAX_NAME_CHARS: usize = 60;
/// Maximum size of the logo in bytes. It is held in memory and loaded with the first page.
const MAX_LOGO_BYTES: u64 = 256 * 1024;

pub(super) fn app_name(text: &str) -> Result<String, &'static str> {
    let is_valid = !unicode::is_blank(text)
        && text.chars().count() <= MAX_NAME_CHARS
        && !text.chars().any(unicode::is_unprintable);
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err("give the name of the product in at most 60 visible characters, such as Shop")
    }
}

pub(super) fn app_url(text: &str) -> Result<String, &'static str> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .map(String::from)
        .ok_or("give the http or https URL of the app, such as https://shop.example.com/")
}

/// An image that replaces the product's own logo.
#[derive(Clone)]
pub struct Logo {
    /// The contents of the file.
    pub bytes: Arc<[u8]>,
    /// Whether the image is SVG. Otherwise it is PNG.
    pub is_svg: bool,
}

impl Logo {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Returns the fault, and a description of a valid file.
    pub fn read(path: &str) -> Result<Self, String> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_LOGO_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| format!("it cannot be read ({error}); give an SVG or PNG file"))?;
        Self::new(bytes)
    }

    /// Takes the content of a file.
    ///
    /// # Errors
    /// Returns the fault, and a description of a valid file.
    pub fn new(bytes: Vec<u8>) -> Result<Self, String> {
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_LOGO_BYTES) {
            return Err("it is too large; give an SVG or PNG file of at most 256 KiB".to_owned());
        }
        let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
        let is_svg = std::str::from_utf8(&bytes).is_ok_and(|text| {
            let text = text.trim_start_matches('\u{feff}').trim_start();
            text.starts_with('<') && text.contains("<svg")
        });
        if !is_png && !is_svg {
            return Err("it is neither SVG nor PNG; give an SVG or PNG file".to_owned());
        }
        Ok(Self {
            bytes: bytes.into(),
            is_svg,
        })
    }
}

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

const fn colour(red: u8, green: u8, blue: u8) -> Colour {
    Colour { red, green, blue }
}

const WHITE: Colour = colour(0xff, 0xff, 0xff);
/// The colours of the stylesheet: the background of the light scheme, the background and the
/// surface of the dark one, and the dark text on the accent.
const LIGHT_GROUND: Colour = colour(0xf5, 0xf6, 0xf6);
const DARK_GROUND: Colour = colour(0x12, 0x15, 0x14);
const DARK_PAPER: Colour = colour(0x1a, 0x1e, 0x1c);
const DARK_INK: Colour = colour(0x10, 0x20, 0x1a);
/// The minimum contrast of text (WCAG 2.2, success criterion 1.4.3).
const MIN_CONTRAST: f64 = 4.5;

impl Colour {
    /// Parses a colour of CSS. It must be opaque: the contrast of a translucent colour depends on its
    /// background.
    fn parse(text: &str) -> Result<Self, &'static str> {
        // The parser also takes the digits without the sign, which CSS does not.
        let lacks_sign = text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let parsed = csscolorparser::parse(text).ok().filter(|_| !lacks_sign);
        let parsed = parsed
            .ok_or("give a colour of CSS, such as #1a5fb4, rebeccapurple or rgb(26 95 180)")?;
        match parsed.to_rgba8() {
            [red, green, blue, u8::MAX] => Ok(colour(red, green, blue)),
            _ => Err("it is translucent; give an opaque colour, such as #1a5fb4"),
        }
    }

    /// Returns the relative luminance (WCAG 2.2, definition of the term).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// Returns the contrast ratio with `other` (WCAG 2.2, definition of the term).
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Mixes this colour with `percent` of `other`.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        colour(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// The colours of one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shades {
    /// The accent, for text and surfaces.
    pub accent: Colour,
    /// Text on the accent.
    pub ink: Colour,
    /// The background of notes.
    pub tint: Colour,
}

/// The accent colour in both schemes, readable in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// The light scheme, with the colour as given.
    pub light: Shades,
    /// The dark scheme, with as much white mixed in as the contrast needs.
    pub dark: Shades,
}

impl Accent {
    /// Parses a colour of CSS and checks the contrast.
    ///
    /// # Errors
    /// Returns the fault, and a description of a valid colour.
    pub fn parse(text: &str) -> Result<Self, String> {
        let given = Colour::parse(text)?;
        let light = Shades {
            accent: given,
            ink: WHITE,
            tint: given.mixed(WHITE, 90),
        };
        let lowest = [light.ink, light.tint, LIGHT_GROUND]
            .into_iter()
            .map(|other| given.contrast(other))
            .fold(f64::INFINITY, f64::min);
        if lowest < MIN_CONTRAST {
            return Err(format!(
                "its contrast with text and page is {lowest:.1}:1 and must be at least 4.5:1; \
                 give a darker colour, such as #1a5fb4"
            ));
        }
        let tint = given.mixed(DARK_GROUND, 80);
        let surfaces = [DARK_GROUND, DARK_PAPER, DARK_INK, tint];
        let dark = (0..=100)
            .map(|percent| given.mixed(WHITE, percent))
            .find(|accent| {
                surfaces
                    .iter()
                    .all(|surface| accent.contrast(*surface) >= MIN_CONTRAST)
            })
            .unwrap_or(WHITE);
        Ok(Self {
            light,
            dark: Shades {
                accent: dark,
                ink: DARK_INK,
                tint,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_follows_wcag() {
        let black = colour(0, 0, 0);
        assert!((WHITE.contrast(black) - 21.0).abs() < 0.01);
        assert!((WHITE.contrast(colour(0x76, 0x76, 0x76)) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_accepted_accent_is_readable_in_both_schemes() {
        let mut accepted = 0;
        for step in 0..16_u32.pow(3) {
            let text = format!("#{step:03x}");
            let Ok(Accent { light, dark }) = Accent::parse(&text) else {
                continue;
            };
            accepted += 1;
            for (scheme, grounds) in [
                (light, [WHITE, LIGHT_GROUND]),
                (dark, [DARK_GROUND, DARK_PAPER]),
            ] {
                for other in [scheme.ink, scheme.tint].into_iter().chain(grounds) {
                    assert!(
                        scheme.accent.contrast(other) >= MIN_CONTRAST,
                        "{text} {other}"
                    );
                }
            }
        }
        assert!(accepted > 500, "{accepted}");
    }

    #[test]
    fn invalid_or_pale_colour_is_refused() {
        for text in [
            "",
            "red",
            "#12",
            "#gggggg",
            "1a5fb4",
            "#ffffff",
            "#ff0",
            "#777",
            "reddish",
            "rgb(26 95)",
            "currentcolor",
            "var(--accent)",
        ] {
            assert!(Accent::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn opaque_colour_is_accepted_in_each_form_of_css() {
        for text in [
            "#1a5fb4",
            "#1A5FB4",
            "#1a5fb4ff",
            "rgb(26, 95, 180)",
            "rgb(26 95 180)",
            "rgba(26, 95, 180, 1)",
            "rgb(26 95 180 / 100%)",
            "hsl(213.1 74.8% 40.4%)",
        ] {
            let accent = Accent::parse(text);
            assert_eq!(
                accent.map(|accent| accent.light.accent.to_string()),
                Ok("#1a5fb4".to_owned()),
                "{text}"
            );
        }
        for (text, hex) in [
            ("rebeccapurple", "#663399"),
            ("Navy", "#000080"),
            ("#00f", "#0000ff"),
        ] {
            let accent = Accent::parse(text);
            assert_eq!(
                accent.map(|accent| accent.light.accent.to_string()),
                Ok(hex.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn translucent_colour_is_refused() {
        for text in [
            "#1a5fb4fe",
            "#15b8",
            "rgb(26 95 180 / 50%)",
            "hsla(213, 75%, 40%, 0.9)",
            "transparent",
        ] {
            let refused = Accent::parse(text).expect_err(text);
            assert!(
                refused.starts_with("it is translucent"),
                "{text}: {refused}"
            );
        }
    }
}
