//! What a client sent, as far as a log may tell it.

use std::borrow::Cow;

/// The longest text that is told, in bytes: longer than the path of any route.
const MAX_LENGTH: usize = 512;
/// So many letters and digits in a row may be a secret: that of a token has 36 after its prefix. Ids have
/// hyphens among theirs.
const SECRET: usize = 30;

/// `text` without what may be a secret that somebody put in a wrong place, and cut where it is long. A
/// secret is found as well where some of it is percent-encoded, once or more often.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if text.len() < SECRET {
        return Cow::Borrowed(text);
    }
    if text.contains('%')
        && let Some(without) = without_encoded_secrets(text)
    {
        return Cow::Owned(as_written(&without).into_owned());
    }
    as_written(text)
}

/// One character as it was meant, and where it is written.
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

/// `text` with `…` in the place of each secret that is seen after decoding; `None` where there is none.
fn without_encoded_secrets(text: &str) -> Option<String> {
    let mut told = String::new();
    let mut rest = 0;
    let units = decoded(text);
    for run in units
        .chunk_by(|one, next| one.byte.is_ascii_alphanumeric() && next.byte.is_ascii_alphanumeric())
    {
        let (first, last) = (run.first()?, run.last()?);
        if run.len() >= SECRET && first.byte.is_ascii_alphanumeric() {
            told.push_str(text.get(rest..first.start)?);
            told.push('…');
            rest = last.end;
        }
    }
    if rest == 0 {
        return None;
    }
    told.push_str(text.get(rest..)?);
    Some(told)
}

/// The bytes of `text`, percent-encoding taken off as often as there is some (RFC 3986, section 2.1).
/// Whatever a triplet is made of may be encoded itself: `%2561` and `%%36%31` are an `a`, too.
fn decoded(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (start, byte) in text.bytes().enumerate() {
        let end = start + 1;
        units.push(Unit { byte, start, end });
        while let [.., percent, high, low] = units.as_slice()
            && percent.byte == b'%'
            && let Some(high) = char::from(high.byte).to_digit(16)
            && let Some(low) = char::from(low.byte).to_digit(16)
            && let Ok(byte) = u8::try_from(16 * high + low)
        {
            let (start, end) = (percent.start, end);
            units.truncate(units.len().saturating_sub(3));
            units.push(Unit { byte, start, end });
        }
    }
    units
}

fn as_written(text: &str) -> Cow<'_, str> {
    if text.len() < SECRET {
        return Cow::Borrowed(text);
    }
    let parts_words = |character: char| !character.is_ascii_alphanumeric();
    let is_fine = |word: &str| word.len() < SECRET;
    if text.len() <= MAX_LENGTH && text.split(parts_words).all(is_fine) {
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
        if told.len() > MAX_LENGTH {
            told.truncate(told.floor_char_boundary(MAX_LENGTH));
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
            assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn a_secret_is_not_told_wherever_it_stands() {
        let secret = "nrx_vVotRtrEOVnFklaqSpEgRMkch9dA883pfwV5";
        assert_eq!(redact(secret), "nrx_…");
        assert_eq!(
            redact(&format!("/api/v1/tokens/{secret}/rotate")),
            "/api/v1/tokens/nrx_…/rotate"
        );
        assert_eq!(redact(&format!("/é{secret}é{secret}")), "/énrx_…énrx_…");
        assert_eq!(redact(&secret.replace('_', "%5F")), "nrx%5F…");
    }

    #[test]
    fn encoded_secret_is_not_told_however_often_it_is_encoded() {
        let secret = "vVotRtrEOVnFklaqSpEgRMkch9dA883pfwV5";
        let path = format!("/tokens/nrx_{secret}/rotate");
        for (plain, encoded) in [
            ("k", "%6b"),
            ("k", "%6B"),
            ("R", "%52"),
            ("8", "%38"),
            ("k", "%256b"),
            ("k", "%25256B"),
            ("k", "%%36%62"),
            ("k", "%25%36%42"),
            ("_", "%5f"),
        ] {
            let told = redact(&path.replace(plain, encoded)).into_owned();
            assert!(!told.contains("vVo"), "{encoded}: {told}");
            assert!(told.starts_with("/to"), "{encoded}: {told}");
            assert!(told.contains("…/rotate"), "{encoded}: {told}");
        }
        let all: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(redact(&format!("/é/{all}/é")), "/é/…/é");
        let twice = all.replace('%', "%25").to_uppercase();
        assert_eq!(redact(&format!("/{twice}/{all}")), "/…/…");
        let long = "%25".repeat(40_000);
        assert!(redact(&long).len() <= MAX_LENGTH + '…'.len_utf8());
    }

    #[test]
    fn what_is_long_is_cut() {
        let told = redact(&"/ab".repeat(20_000)).into_owned();
        assert!(told.len() <= MAX_LENGTH + '…'.len_utf8(), "{}", told.len());
        assert!(told.starts_with("/ab/ab") && told.ends_with('…'));
        let told = redact(&"é".repeat(600)).into_owned();
        assert!(told.ends_with('…'));
    }
}
