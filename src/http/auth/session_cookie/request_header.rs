//! The `Cookie` header, split as bytes.
//!
//! Every site that shares the host or its domain writes into this header, in any encoding. A pair
//! of another name is therefore skipped without being decoded.

use actix_web::http::header::{self, HeaderMap};

/// Returns the values of the pairs with this name, in the order in which the client sent them.
///
/// The name is compared as it was sent. Browsers guarantee the prefix `__Host-` for the literal
/// name only, so `__%48ost-` must stay another name (draft-ietf-httpbis-rfc6265bis, section 4.1.3).
pub(in crate::http::auth) fn values<'a>(
    headers: &'a HeaderMap,
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(header::COOKIE)
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(move |pair| {
            let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn own_values(lines: &[&[u8]]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_bytes(line).expect("a header");
            headers.append(header::COOKIE, value);
        }
        values(&headers, "n")
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    #[test]
    fn pairs_of_the_name_are_returned_in_order() {
        assert_eq!(
            own_values(&[b"n=1; a=2;n=3 ;\tn=4", b"n=5=6"]),
            ["1", "3", "4", "5=6"]
        );
        assert_eq!(own_values(&[b"n="]), [""]);
    }

    #[test]
    fn pairs_of_other_names_may_have_any_byte() {
        assert_eq!(
            own_values(&[b"theme=caf\xe9; n=1; x=\xf0\x9f\x92\xa9", b"\xff; n=2"]),
            ["1", "2"]
        );
    }

    #[test]
    fn name_is_compared_without_decoding() {
        assert!(own_values(&[b"%6e=1; N=2; nn=3; n =4; xn=5; n; =n; a=b n=6"]).is_empty());
    }
}
