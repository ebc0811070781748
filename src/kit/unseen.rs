//! Characters that are not seen and change how what is around them is seen: what a name must not
//! have, and what a line on a terminal must not have either.

/// Control characters, and those that turn the reading direction of what follows, with which one
/// text can be made to look like another (Unicode Technical Report 36, section 2.7).
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
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
