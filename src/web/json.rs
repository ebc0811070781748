//! JSON bodies; and, from beside, JSON answers.

use std::fmt;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};

use super::body::{self, Query};
pub use super::json_answer::{answer, answer_with, bytes};
use crate::{
    error::{Error, Result},
    fields::{FieldErrors, Fields},
};

/// A JSON body as a `T`, which refuses fields that it does not know.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let right_type = is_json(request);
        let body = body::read(request, payload);
        Box::pin(async move {
            // Read first: an answer before the body has come cuts the connection under the client.
            let body = body.await?;
            if !right_type {
                return Err(Error::WrongMediaType("application/json"));
            }
            parse(&body).map(Self)
        })
    }
}

/// A JSON body as a `T`, or no body at all where none of its fields has to be given.
pub struct JsonOrNothing<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for JsonOrNothing<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !body::has_body(request) {
            return Box::pin(async { Ok(Self(T::default())) });
        }
        let json = Json::<T>::from_request(request, payload);
        Box::pin(async move { json.await.map(|Json(body)| Self(body)) })
    }
}

/// A selection with what belongs to it, as query or as JSON body: each field a text or a list of
/// texts. In both at once it is refused, for one of them would be overlooked.
pub struct FieldsInput(pub Fields);

impl FromRequest for FieldsInput {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let has_query = !request.query_string().is_empty();
        let query = Query::from_request(request, payload);
        if !body::has_body(request) {
            return Box::pin(async move { query.await.map(|Query(fields)| Self(fields)) });
        }
        let json = Json::<NamedTexts>::from_request(request, payload);
        Box::pin(async move {
            let Json(NamedTexts(texts)) = json.await?;
            if has_query {
                return Err(Error::Malformed(
                    "Give the fields in the query or in the body, not in both.".to_owned(),
                ));
            }
            fields_of(texts).map(Self)
        })
    }
}

/// Proof that a request has neither query nor body: for API calls that do something and take no
/// field. What somebody put there to bound what is done is not overlooked.
pub struct NoFields;

impl FromRequest for NoFields {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let input = FieldsInput::from_request(request, payload);
        Box::pin(async move { Ok(input.await?.0.finish().map(|()| Self)?) })
    }
}

/// For a field that may be left out but not be `null`: `null` could be meant to empty it.
///
/// # Errors
/// Those of a `T`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number that is not negative. To JSON Schema `60.0` is one too (2020-12
/// validation, section 6.1.1), and some languages know no other numbers.
///
/// # Errors
/// For any other number, and what is no number.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| {
        // Up to here every whole number has a float of its own (2 to the power of 53).
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        (0.0..=9_007_199_254_740_992.0)
            .contains(&float)
            .then_some(float as u64)
    });
    whole.ok_or_else(|| serde::de::Error::custom("not a whole number"))
}

/// The same, or `null`.
///
/// # Errors
/// As [`whole`].
pub fn whole_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u64);

    let number = Option::<Whole>::deserialize(deserializer)?;
    Ok(number.map(|Whole(number)| number))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

/// An object of [`Texts`]. A name that comes twice is refused: a map would keep the last, and with
/// `{"except": "a", "except": "b"}` end what was to be kept.
struct NamedTexts(Vec<(String, Texts)>);

impl<'de> Deserialize<'de> for NamedTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = NamedTexts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(
                self,
                mut map: M,
            ) -> std::result::Result<NamedTexts, M::Error> {
                let mut texts: Vec<(String, Texts)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if texts.iter().any(|(known, _)| *known == name) {
                        let message = format!("duplicate field `{name}`");
                        return Err(serde::de::Error::custom(message));
                    }
                    texts.push((name, map.next_value()?));
                }
                Ok(NamedTexts(texts))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// An empty list would read as "no filter" and so name everything, when whoever sent it had nothing
/// left to name: it is refused.
fn fields_of(texts: Vec<(String, Texts)>) -> Result<Fields> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut errors = FieldErrors::default();
    for (name, texts) in texts {
        match texts {
            Texts::One(text) => pairs.push((name, text)),
            Texts::Many(texts) if texts.is_empty() => {
                errors.add(
                    name,
                    "An empty list names nothing. Leave the field out to name everything.",
                );
            }
            Texts::Many(texts) => pairs.extend(texts.into_iter().map(|text| (name.clone(), text))),
        }
    }
    if errors.is_empty() {
        Ok(Fields::new(pairs))
    } else {
        Err(errors.into())
    }
}

fn is_json(request: &HttpRequest) -> bool {
    request
        .content_type()
        .eq_ignore_ascii_case("application/json")
}

/// First whether it is JSON, then whether it is the right one.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| refusal(".", &error))?;
    // A derived `Deserialize` also takes the fields as a list, in the order that they happen to have.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(FieldErrors::one("body", "Send an object.").into());
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| refusal(&error.path().to_string(), error.inner()))
}

/// A wrong field is told by name; what is no JSON at all is malformed.
fn refusal(path: &str, error: &serde_json::Error) -> Error {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => {
            let (field, message) = field_and_message(path, &error.to_string());
            FieldErrors::one(field, message).into()
        }
        Category::Syntax | Category::Eof | Category::Io => Error::Malformed(format!(
            "The body is no JSON: line {}, column {}.",
            error.line(),
            error.column()
        )),
    }
}

fn field_and_message(path: &str, text: &str) -> (String, String) {
    let named = text.split('`').nth(1).unwrap_or_default().to_owned();
    let field = match path {
        "." | "?" if !named.is_empty() => named.clone(),
        "." | "?" => "body".to_owned(),
        path => path.split(['.', '[']).next().unwrap_or(path).to_owned(),
    };
    let message = if text.starts_with("unknown field") {
        return (named, "There is no such field.".to_owned());
    } else if text.starts_with("missing field") {
        "This is needed."
    } else if text.starts_with("duplicate field") {
        "Give this once."
    } else {
        "This is of the wrong type."
    };
    (field, message.to_owned())
}

#[cfg(test)]
mod tests {
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
    fn what_fits_is_taken() {
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
    fn a_whole_number_is_one_however_it_is_written() {
        #[derive(Deserialize)]
        struct Sample {
            #[serde(default, deserialize_with = "whole_or_null")]
            n: Option<u64>,
        }
        for (body, number) in [
            (r#"{"n":60}"#, Some(60)),
            (r#"{"n":60.0}"#, Some(60)),
            (r#"{"n":6e1}"#, Some(60)),
            (r#"{"n":null}"#, None),
            (r#"{}"#, None),
        ] {
            assert_eq!(
                parse::<Sample>(body.as_bytes()).unwrap().n,
                number,
                "{body}"
            );
        }
        for body in [
            r#"{"n":60.5}"#,
            r#"{"n":-1}"#,
            r#"{"n":-1.0}"#,
            r#"{"n":1e300}"#,
            r#"{"n":"60"}"#,
        ] {
            match parse::<Sample>(body.as_bytes()) {
                Err(Error::Invalid(fields)) => assert!(fields.get("n").is_some(), "{body}"),
                _ => panic!("{body} was taken"),
            }
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
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

    #[test]
    fn an_empty_list_is_not_everything() {
        let NamedTexts(texts) = parse(br#"{"id":[]}"#).unwrap();
        assert!(fields_of(texts).is_err());
    }

    #[test]
    fn of_a_selection_each_fault_names_its_field() {
        for (body, field) in [
            (r#"{"except":"a","except":"b"}"#, "except"),
            (r#"{"id":1}"#, "id"),
            (r#"{"id":["a",1]}"#, "id"),
            (r#"{"id":null}"#, "id"),
            (r#"[]"#, "body"),
            (r#""id""#, "body"),
        ] {
            match parse::<NamedTexts>(body.as_bytes()) {
                Err(Error::Invalid(fields)) => assert!(fields.get(field).is_some(), "{body}"),
                _ => panic!("{body} was taken"),
            }
        }
    }
}
