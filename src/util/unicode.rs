//! Invisible characters, and characters that change how others are displayed. Names and lines on a
//! terminal must not contain them.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, EmojiPresentation,
        ExtendedPictographic, JoiningType,
    },
};
use unicode_normalization::char::canonical_combining_class;

/// Returns whether `c` is a control character or changes the reading direction of the following
/// text. The latter can make one text look like another (Unicode Technical Report 36, section 2.7).
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether `text` contains a letter of a script that is read from right to left.
#[must_use]
pub fn has_right_to_left(text: &str) -> bool {
    let classes = CodePointMapData::<BidiClass>::new();
    let is_right_to_left = |c| {
        matches!(
            classes.get(c),
            BidiClass::RightToLeft | BidiClass::ArabicLetter
        )
    };
    !text.is_ascii() && text.chars().any(is_right_to_left)
}

/// Returns whether `text` is invisible as a whole: white space, and characters that show nothing
/// when they stand alone (Unicode's `Default_Ignorable_Code_Point`, and a few more).
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars()
        .all(|c| c.is_whitespace() || is_unprintable(c) || is_invisible(c) || invisible.contains(c))
}

/// Returns whether `c` is invisible although Unicode does not list it as
/// `Default_Ignorable_Code_Point`: the empty Braille pattern, and the marks of interlinear
/// annotations.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Returns whether `text` contains an invisible character without effect, so that two different
/// texts look alike. The following characters have a visible effect and are accepted:
///
/// - a joiner after a virama, and a non-joiner between letters that join in writing (RFC 5892,
///   appendix A.1 and A.2), as in Persian words;
/// - a joiner between two emoji, which makes them one;
/// - a variation selector that changes the default presentation of the emoji before it.
#[must_use]
pub fn has_invisible(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    (0..chars.len()).any(|at| {
        let (before, after) = chars.split_at(at);
        let Some((c, after)) = after.split_first() else {
            return false;
        };
        (is_invisible(*c) || invisible.contains(*c))
            && !match *c {
                NON_JOINER => is_after_virama(before) || is_between_joining(before, after),
                JOINER => is_after_virama(before) || is_between_emoji(before, after),
                EMOJI_STYLE | TEXT_STYLE => changes_style(before, *c, after),
                _ => false,
            }
    })
}

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
/// Draws a key around the digit before it.
const KEYCAP: char = '\u{20E3}';
/// The canonical combining class of a virama (Unicode, section 4.3).
const VIRAMA: u8 = 9;

fn is_after_virama(before: &[char]) -> bool {
    before
        .last()
        .is_some_and(|c| canonical_combining_class(*c) == VIRAMA)
}

fn is_between_joining(before: &[char], after: &[char]) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let first = |chars: &mut dyn Iterator<Item = &char>| {
        chars
            .map(|c| joining.get(*c))
            .find(|kind| *kind != JoiningType::Transparent)
    };
    matches!(
        first(&mut before.iter().rev()),
        Some(JoiningType::LeftJoining | JoiningType::DualJoining)
    ) && matches!(
        first(&mut after.iter()),
        Some(JoiningType::RightJoining | JoiningType::DualJoining)
    )
}

fn is_between_emoji(before: &[char], after: &[char]) -> bool {
    let pictographic = CodePointSetData::new::<ExtendedPictographic>();
    let modifier = CodePointSetData::new::<EmojiModifier>();
    let mut before = before.iter().rev();
    let base = before.find(|c| **c != EMOJI_STYLE && !modifier.contains(**c));
    [base, after.first()]
        .into_iter()
        .all(|c| c.is_some_and(|c| pictographic.contains(*c)))
}

fn changes_style(before: &[char], style: char, after: &[char]) -> bool {
    let Some(base) = before.last() else {
        return false;
    };
    if base.is_ascii() {
        return style == EMOJI_STYLE && after.first() == Some(&KEYCAP);
    }
    let is_shown_as_emoji = CodePointSetData::new::<EmojiPresentation>().contains(*base);
    CodePointSetData::new::<Emoji>().contains(*base) && is_shown_as_emoji == (style == TEXT_STYLE)
}

/// Escapes each unprintable character, as in `\u{1b}`, so that a terminal shows it instead of
/// interpreting it.
#[must_use]
pub fn escape_unprintable(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_visible_characters_is_blank() {
        for text in [
            "",
            " \u{3000}",
            "\u{200B}",
            "\u{200D}\u{FE0F} \u{2060}",
            "\u{3164}\u{2800}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in [
            "Ada",
            "👩\u{200D}💻",
            "❤\u{FE0F}",
            "می\u{200C}خواهم",
            ".",
            "\u{200B}x",
        ] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn characters_without_effect_are_invisible() {
        for text in [
            "lap\u{200B}top",
            "lap\u{AD}top",
            "laptop\u{E0041}",
            "lap\u{200C}top",
            "lap\u{200D}top",
            "laptop\u{FE0F}",
            "1\u{FE0F}",
            "\u{2060}laptop",
            "la\u{34F}ptop",
            "\u{FEFF}laptop",
            "🙂\u{FE0F}",
            "🙂\u{200D}",
            "🙂\u{200D}a",
            "❤\u{FE0E}",
            "ㅤlaptop",
            "می\u{200C}",
            "क\u{200D}ख",
            "漢\u{E0100}",
            "laptop\u{2800}",
            "lap\u{FFF9}top",
            "lap\u{FFFB}top",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        ] {
            assert!(has_invisible(text), "{text:?}");
        }
    }

    #[test]
    fn characters_with_an_effect_are_visible() {
        for text in [
            "Ada",
            "Zoë 🙂",
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "क्\u{200C}ष",
            "👩\u{200D}💻",
            "👩🏽\u{200D}💻",
            "❤\u{FE0F}",
            "❤\u{FE0F}\u{200D}🔥",
            "1\u{FE0F}\u{20E3}",
            "🙂\u{FE0E}",
            "日本語 العربية ไทย",
        ] {
            assert!(!has_invisible(text), "{text:?}");
        }
    }

    #[test]
    fn terminal_control_characters_are_escaped() {
        for (text, escaped) in [
            ("\u{1b}[2Jcleared", r"\u{1b}[2Jcleared"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("two\r\nlines", r"two\u{d}\u{a}lines"),
            ("evil\u{202e}gpj.exe", r"evil\u{202e}gpj.exe"),
            ("Zoë 🙂 \\u{1b}", "Zoë 🙂 \\u{1b}"),
        ] {
            assert_eq!(escape_unprintable(text), escaped);
        }
    }
}
