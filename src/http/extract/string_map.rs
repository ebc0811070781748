//! JSON objects whose members are strings or lists of strings. A query can replace such an object.

use std::fmt;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use super::json::Json;
use crate::{
    error::{Error, Result},
    http::middleware::body::{self, Query},
    types::{
        fields::{FieldErrors, Fields},
        message::{field, problem},
    },
};

/// The fields of a filter and its options, from a query or a JSON body. Each field is a string or a
/// list of strings. A request with both is refused, because one of them would be ignored.
pub struct FilterInput(pub Fields);

impl FromRequest for FilterInput {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let has_query = !request.query_string().is_empty();
        let query = Query::from_request(request, payload);
        if !body::has_body(request) {
            return Box::pin(async move { query.await.map(|Query(fields)| Self(fields)) });
        }
        let json = Json::<StringMap>::from_request(request, payload);
        Box::pin(async move {
            let Json(StringMap(texts)) = json.await?;
            if has_query {
                return Err(Error::Malformed(problem::query_and_body()));
            }
            fields_of(texts).map(Self)
        })
    }
}

/// [`FilterInput`] for calls that revoke a selection. A request without a query and a body is
/// refused, because a client whose body was lost would revoke everything. An empty object or
/// `all=true` selects everything.
pub struct GivenFields(pub Fields);

impl FromRequest for GivenFields {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_given = !request.query_string().is_empty() || body::has_body(request);
        let input = FilterInput::from_request(request, payload);
        Box::pin(async move {
            if !is_given {
                return Err(Error::Malformed(problem::nothing_selected()));
            }
            let FilterInput(mut fields) = input.await?;
            take_all(&mut fields);
            Ok(Self(fields))
        })
    }
}

/// Takes the field `all`. Its value is `true`, and no other field but `digest` may be present.
fn take_all(fields: &mut Fields) {
    let Some(all) = fields.one("all") else {
        return;
    };
    let bounded = fields.pairs().iter().any(|(name, _)| name != "digest");
    if all != "true" {
        fields.errors().add("all", field::all_not_true());
    } else if bounded {
        fields.errors().add("all", field::all_not_alone());
    }
}

/// Proof that a request has neither a query nor a body, for API calls that change something and
/// take no field. A field that should restrict the change must not be ignored.
pub struct NoInput;

impl FromRequest for NoInput {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let input = FilterInput::from_request(request, payload);
        Box::pin(async move { Ok(input.await?.0.finish().map(|()| Self)?) })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

/// An object of [`Texts`]. A repeated name is refused. A map would keep the last value only, and
/// `{"except": "a", "except": "b"}` would revoke a credential that the client excluded.
struct StringMap(Vec<(String, Texts)>);

impl<'de> Deserialize<'de> for StringMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = StringMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(
                self,
                mut map: M,
            ) -> std::result::Result<StringMap, M::Error> {
                let mut texts: Vec<(String, Texts)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if texts.iter().any(|(existing, _)| *existing == name) {
                        let message = format!("duplicate field `{name}`");
                        return Err(serde::de::Error::custom(message));
                    }
                    texts.push((name, map.next_value()?));
                }
                Ok(StringMap(texts))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// Converts the members to fields. An empty list is refused: it would read as no filter and select
/// everything, although the client selected nothing.
fn fields_of(texts: Vec<(String, Texts)>) -> Result<Fields> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut errors = FieldErrors::default();
    for (name, texts) in texts {
        match texts {
            Texts::One(text) => pairs.push((name, text)),
            Texts::Many(texts) if texts.is_empty() => {
                errors.add(name, field::empty_list());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::json::parse;

    #[test]
    fn empty_list_is_refused() {
        let StringMap(texts) = parse(br#"{"id":[]}"#).unwrap();
        assert!(fields_of(texts).is_err());
    }

    #[test]
    fn error_in_a_filter_names_its_field() {
        for (body, field) in [
            (r#"{"except":"a","except":"b"}"#, "except"),
            (r#"{"id":1}"#, "id"),
            (r#"{"id":["a",1]}"#, "id"),
            (r#"{"id":null}"#, "id"),
            (r#"[]"#, "body"),
            (r#""id""#, "body"),
        ] {
            match parse::<StringMap>(body.as_bytes()) {
                Err(Error::Invalid(fields)) => assert!(fields.get(field).is_some(), "{body}"),
                _ => panic!("{body} was taken"),
            }
        }
    }
}
