//! Redacts values of requests before they are logged.

use std::borrow::Cow;

/// Maximum length of a logged text in bytes, longer than the path of any route.
const MAX_LENGTH: usize = 512;
/// A run of this many letters and digits may be a secret. A token's secret has 36 after its prefix.
/// Ids have hyphens.
const MIN_SECRET_LENGTH: usize = 30;

/// Replaces everything in `text` that may be a secret by `…`, and truncates a long text. Secrets
/// are also found if some of their characters are percent-encoded, once or repeatedly.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if text.len() < MIN_SECRET_LENGTH {
        return Cow::Borrowed(text);
    }
    if text.contains('%')
        && let Some(without) = without_encoded_secrets(text)
    {
        return Cow::Owned(as_written(&without).into_owned());
    }
    as_written(text)
}

/// One decoded character and its position in the text.
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

/// Replaces each secret that is visible after decoding by `…`. Returns `None` if there is none.
fn without_encoded_secrets(text: &str) -> Option<String> {
    let mut redacted = String::new();
    let mut rest = 0;
    let units = decoded(text);
    for run in units
        .chunk_by(|one, next| one.byte.is_ascii_alphanumeric() && next.byte.is_ascii_alphanumeric())
    {
        let (first, last) = (run.first()?, run.last()?);
        if run.len() >= MIN_SECRET_LENGTH && first.byte.is_ascii_alphanumeric() {
            redacted.push_str(text.get(rest..first.start)?);
            redacted.push('…');
            rest = last.end;
        }
    }
    if rest == 0 {
        return None;
    }
    redacted.push_str(text.get(rest..)?);
    Some(redacted)
}

/// Decodes the percent-encoding of `text` repeatedly (RFC 3986, section 2.1). The characters of a
/// triplet may be encoded themselves: `%2561` and `%%36%31` are an `a`, too.
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
    if text.len() < MIN_SECRET_LENGTH {
        return Cow::Borrowed(text);
    }
    let is_separator = |character: char| !character.is_ascii_alphanumeric();
    let is_short = |word: &str| word.len() < MIN_SECRET_LENGTH;
    if text.len() <= MAX_LENGTH && text.split(is_separator).all(is_short) {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::new();
    for piece in text.split_inclusive(is_separator) {
        let word = piece.trim_end_matches(is_separator);
        match piece.strip_prefix(word) {
            Some(after) if !is_short(word) => {
                redacted.push('…');
                redacted.push_str(after);
            }
            _ => redacted.push_str(piece),
        }
        if redacted.len() > MAX_LENGTH {
            redacted.truncate(redacted.floor_char_boundary(MAX_LENGTH));
            redacted.push('…');
            break;
        }
    }
    Cow::Owned(redacted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_secret_is_unchanged() {
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
    fn secret_is_redacted_at_any_position() {
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
    fn encoded_secret_is_redacted_at_any_depth() {
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
            let redacted = redact(&path.replace(plain, encoded)).into_owned();
            assert!(!redacted.contains("vVo"), "{encoded}: {redacted}");
            assert!(redacted.starts_with("/to"), "{encoded}: {redacted}");
            assert!(redacted.contains("…/rotate"), "{encoded}: {redacted}");
        }
        let all: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(redact(&format!("/é/{all}/é")), "/é/…/é");
        let twice = all.replace('%', "%25").to_uppercase();
        assert_eq!(redact(&format!("/{twice}/{all}")), "/…/…");
        let long = "%25".repeat(40_000);
        assert!(redact(&long).len() <= MAX_LENGTH + '…'.len_utf8());
    }

    #[test]
    fn long_text_is_truncated() {
        let redacted = redact(&"/ab".repeat(20_000)).into_owned();
        assert!(
            redacted.len() <= MAX_LENGTH + '…'.len_utf8(),
            "{}",
            redacted.len()
        );
        assert!(redacted.starts_with("/ab/ab") && redacted.ends_with('…'));
        let redacted = redact(&"é".repeat(600)).into_owned();
        assert!(redacted.ends_with('…'));
    }
}
