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
    let is_fine = |part: &str| part.len() < SECRET;
    let parts = || text.split(|character: char| !character.is_ascii_alphanumeric());
    if text.len() <= LONGEST && parts().all(is_fine) {
        return Cow::Borrowed(text);
    }
    let mut told = String::new();
    let mut rest = text;
    for part in parts() {
        // What parts them is one character, which may be of several bytes.
        let (_, after) = rest.split_at_checked(part.len()).unwrap_or_default();
        let between = after.chars().next();
        rest = after
            .get(between.map_or(0, char::len_utf8)..)
            .unwrap_or_default();
        told.push_str(if is_fine(part) { part } else { "…" });
        told.extend(between);
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
