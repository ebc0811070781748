//! JSON bodies and answers.

use std::collections::BTreeMap;

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, http::StatusCode,
};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::body::{self, Query};
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
        let json = Json::<BTreeMap<String, Texts>>::from_request(request, payload);
        Box::pin(async move {
            let Json(texts) = json.await?;
            if has_query {
                return Err(Error::Malformed(
                    "Give the fields in the query or in the body, not in both.".to_owned(),
                ));
            }
            fields_of(texts).map(Self)
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

/// An empty list would read as "no filter" and so name everything, when whoever sent it had nothing
/// left to name: it is refused.
fn fields_of(texts: BTreeMap<String, Texts>) -> Result<Fields> {
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

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refusal(&path, error.inner())
    })?;
    reader.end().map_err(|error| refusal(".", &error))?;
    Ok(value)
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

/// A JSON answer.
///
/// # Errors
/// None that is known: our types serialize.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse> {
    let text = serde_json::to_string(body).map_err(Error::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("application/json")
        .body(text))
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
        ] {
            assert_eq!(problem(body), (422, field.to_owned()), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for body in ["", "{", "{\"name\":}", "{\"name\":\"a\"} x", "\u{0}"] {
            assert_eq!(problem(body).0, 400, "{body}");
        }
    }

    #[test]
    fn an_empty_list_is_not_everything() {
        let texts: BTreeMap<String, Texts> = serde_json::from_str(r#"{"id":[]}"#).unwrap();
        assert!(fields_of(texts).is_err());
    }
}
