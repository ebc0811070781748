//! JSON bodies of requests.

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::Method, web::Bytes,
};
use futures_util::future::LocalBoxFuture;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{
    error::{Error, Result},
    http::middleware::body,
    types::{
        fields::FieldErrors,
        message::{Message, field, problem},
    },
};

/// The media type of a merge patch.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// U+FEFF in UTF-8. Some editors and programs write it before a text.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A JSON body. The type `T` refuses unknown fields.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload);
        Box::pin(async move { parse(&body.await?).map(Self) })
    }
}

/// Reads a body whose media type must be JSON.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes>> + use<> {
    let right_type = is_json(request);
    let body = body::read(request, payload);
    async move {
        // The body is read first, because an earlier response would close the connection while the
        // client still sends.
        let body = body.await?;
        match right_type {
            true => Ok(body),
            false => Err(Error::WrongMediaType("application/json")),
        }
    }
}

/// The body of a call without parameters by the script of a signed-in page.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageCall {
    /// The user for whom the page was made.
    #[serde(default, rename = "user")]
    _user: PageUser,
}

/// The user for whom the page of a call was made. The guard has compared it with the caller.
#[derive(Default, Deserialize)]
pub struct PageUser(IgnoredAny);

/// A JSON body, or no body at all if each of its fields is optional.
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !body::has_body(request) {
            return Box::pin(async { Ok(Self(T::default())) });
        }
        let right_type = is_json(request);
        let body = body::read(request, payload);
        Box::pin(async move {
            let body = body.await?;
            match (body.is_empty(), right_type) {
                (true, _) => Ok(Self(T::default())),
                (false, false) => Err(Error::WrongMediaType("application/json")),
                (false, true) => parse(&body).map(Self),
            }
        })
    }
}

/// A JSON body whose member `credential` is the answer of a passkey. A client that has no other
/// member to send may send the answer alone, as `PublicKeyCredential.toJSON()` returns it.
pub struct CredentialJson<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for CredentialJson<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload);
        Box::pin(async move {
            let body = body.await?;
            match serde_json::from_slice(without_mark(&body)) {
                Ok(CredentialMembers {
                    raw_id: Some(_),
                    credential: None,
                }) => {
                    let whole = [b"{\"credential\":", without_mark(&body), b"}"].concat();
                    parse(&whole).map(Self)
                }
                _ => parse(&body).map(Self),
            }
        })
    }
}

/// The members by which a bare answer of a passkey is recognised.
#[derive(Deserialize)]
struct CredentialMembers {
    #[serde(rename = "rawId")]
    raw_id: Option<IgnoredAny>,
    credential: Option<IgnoredAny>,
}

/// Returns whether the media type is JSON. `PATCH` also accepts a merge patch (RFC 7396), because
/// absent members of a change stay as they are.
fn is_json(request: &HttpRequest) -> bool {
    let is = |media_type| request.content_type().eq_ignore_ascii_case(media_type);
    is("application/json") || request.method() == Method::PATCH && is(MERGE_PATCH)
}

/// A byte order mark may be ignored (RFC 8259, section 8.1).
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

/// Parses JSON in two steps: first the syntax, then the type `T`.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let body = without_mark(body);
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| refusal(".", &error))?;
    // A derived `Deserialize` would also accept an array with the fields in the order of their
    // declaration.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(FieldErrors::one("body", field::not_an_object()).into());
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| refusal(&error.path().to_string(), error.inner()))
}

/// Returns a field error for a wrong field, and `Malformed` for text that is not JSON.
fn refusal(path: &str, error: &serde_json::Error) -> Error {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => {
            let (field, message) = field_and_message(path, &error.to_string());
            FieldErrors::one(field, message).into()
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Error::Malformed(problem::body_not_json(error.line(), error.column()))
        }
    }
}

fn field_and_message(path: &str, text: &str) -> (String, Message) {
    let named = text.split('`').nth(1).unwrap_or_default().to_owned();
    let name = match path {
        "." | "?" if !named.is_empty() => named.clone(),
        "." | "?" => "body".to_owned(),
        path => path.split(['.', '[']).next().unwrap_or(path).to_owned(),
    };
    let message = if text.starts_with("unknown field") {
        return (named, field::unknown());
    } else if text.starts_with("missing field") {
        field::missing()
    } else if text.starts_with("duplicate field") {
        field::given_twice()
    } else {
        field::wrong_type()
    };
    (name, message)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        list: Vec<String>,
    }

    fn problem(body: &str) -> (u16, String) {
        let error = parse::<Sample>(body.as_bytes()).unwrap_err();
        let field = match &error {
            Error::Invalid(fields) => fields.iter().next().unwrap().0.to_owned(),
            _ => String::new(),
        };
        (error.status().as_u16(), field)
    }

    #[test]
    fn valid_body_is_accepted() {
        let sample = parse::<Sample>(br#"{"name":"a","list":["b"]}"#).unwrap();
        assert_eq!((&*sample.name, sample.list), ("a", vec!["b".to_owned()]));
    }

    #[test]
    fn each_fault_names_its_field() {
        for (body, field) in [
            (r#"{"name":"a","x":1}"#, "x"),
            (r#"{}"#, "name"),
            (r#"{"name":1}"#, "name"),
            (r#"{"name":"a","name":"b"}"#, "name"),
            (r#"{"name":"a","list":"b"}"#, "list"),
            (r#"{"name":"a","list":["b",1]}"#, "list"),
            (r#"{"name":null}"#, "name"),
            (r#"[]"#, "body"),
            (r#" ["a", []]"#, "body"),
            (r#""a""#, "body"),
        ] {
            assert_eq!(problem(body), (422, field.to_owned()), "{body}");
        }
    }

    #[test]
    fn body_that_is_not_json_is_malformed() {
        for body in [
            "",
            "{",
            "[",
            "{\"name\":}",
            "{\"name\":\"a\"} x",
            "{} {}",
            "\u{0}",
        ] {
            assert_eq!(problem(body).0, 400, "{body}");
        }
    }
}
