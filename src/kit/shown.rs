//! What a client sent, as far as a log may tell it.

use std::borrow::Cow;

/// The longest text that is told, in bytes: longer than the path of any route.
const LONGEST: usize = 512;
/// So many letters and digits in a row may be a secret: that of a token has 36 after its prefix. Ids have
/// hyphens among theirs.
const SECRET: usize = 30;

/// `text` without what may be a secret that somebody put in a wrong place, and cut where it is long.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.len() < SECRET {
        return Cow::Borrowed(text);
    }
    let parts_words = |character: char| !character.is_ascii_alphanumeric();
    let is_fine = |word: &str| word.len() < SECRET;
    if text.len() <= LONGEST && text.split(parts_words).all(is_fine) {
        return Cow::Borrowed(text);
    }
    let mut told = String::new();
    for piece in text.split_inclusive(parts_words) {
        let word = piece.trim_end_matches(parts_words);
        match piece.strip_prefix(word) {
            Some(after) if !is_fine(word) => {
                told.push('…');
                told.push_str(after);
            }
            _ => told.push_str(piece),
        }
        if told.len() > LONGEST {
            told.truncate(told.floor_char_boundary(LONGEST));
            told.push('…');
            break;
        }
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_secret_is_told_as_it_is() {
        for text in [
            "",
            "/",
            "/account/tokens/0196b2f0-0000-7000-8000-000000000000/rotate",
            "/%0d%0a2026-11-22T12:00:00Z%20ERROR%20forged",
            "/ünïcödé/ünïcödé/ünïcödé/ünïcödé",
        ] {
            assert!(matches!(shown(text), Cow::Borrowed(_)), "{text}");
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_secret_is_not_told_wherever_it_stands() {
        let secret = "nrx_vVotRtrEOVnFklaqSpEgRMkch9dA883pfwV5";
        assert_eq!(shown(secret), "nrx_…");
        assert_eq!(
            shown(&format!("/api/v1/tokens/{secret}/rotate")),
            "/api/v1/tokens/nrx_…/rotate"
        );
        assert_eq!(shown(&format!("/é{secret}é{secret}")), "/énrx_…énrx_…");
        assert_eq!(shown(&secret.replace('_', "%5F")), "nrx%…");
    }

    #[test]
    fn what_is_long_is_cut() {
        let told = shown(&"/ab".repeat(20_000)).into_owned();
        assert!(told.len() <= LONGEST + '…'.len_utf8(), "{}", told.len());
        assert!(told.starts_with("/ab/ab") && told.ends_with('…'));
        let told = shown(&"é".repeat(600)).into_owned();
        assert!(told.ends_with('…'));
    }
}
