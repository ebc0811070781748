//! Characters that are not seen and change how what is around them is seen: what a name must not
//! have, and what a line on a terminal must not have either.

/// Control characters, and those that turn the reading direction of what follows, with which one
/// text can be made to look like another (Unicode Technical Report 36, section 2.7).
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether nothing of `text` is to be seen: space, and characters that show nothing where they stand
/// alone (Unicode's `Default_Ignorable_Code_Point`, and the empty Braille pattern). Within a text some
/// of them are right: they join the parts of an emoji, or the letters of a Persian word.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || is_unseen(c)
            || matches!(c,
                '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
                | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
    })
}

/// `text` with each of them spelt out, `\u{1b}`: a terminal shows it and obeys nothing in it.
#[must_use]
pub fn spelt_out(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank_and_what_shows_something_is_not() {
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
    fn what_a_terminal_would_obey_is_spelt_out() {
        for (text, shown) in [
            ("\u{1b}[2Jcleared", r"\u{1b}[2Jcleared"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("two\r\nlines", r"two\u{d}\u{a}lines"),
            ("evil\u{202e}gpj.exe", r"evil\u{202e}gpj.exe"),
            ("Zoë 🙂 \\u{1b}", "Zoë 🙂 \\u{1b}"),
        ] {
            assert_eq!(spelt_out(text), shown);
        }
    }
}
