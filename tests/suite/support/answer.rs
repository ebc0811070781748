//! A response of the server, with assertions about it.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

/// A response with its whole body. Every `expect_…` returns the response, so that the calls chain,
/// and prints the whole response when it fails.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request (`POST /login`), for messages.
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: String, response: reqwest::Response) -> Self {
        Self {
            request,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a whole body"),
        }
    }

    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Expects `303` to exactly this location.
    #[track_caller]
    pub fn expect_redirect(self, location: &str) -> Self {
        let answer = self.expect_status(303);
        assert_eq!(answer.location(), location, "{answer}");
        answer
    }

    /// Expects these words in the body, as the source of a page has them.
    #[track_caller]
    pub fn expect_text(self, words: &str) -> Self {
        assert!(
            self.text.contains(words),
            "the body lacks `{words}`: {self}"
        );
        self
    }

    #[track_caller]
    pub fn expect_no_text(self, words: &str) -> Self {
        assert!(
            !self.text.contains(words),
            "the body contains `{words}`: {self}"
        );
        self
    }

    #[track_caller]
    pub fn expect_header(self, name: &str, value: &str) -> Self {
        assert_eq!(self.header(name), Some(value), "{name}: {self}");
        self
    }

    /// The value of a header that occurs at most once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers_named(name);
        assert!(
            values.len() <= 1,
            "{name} occurs {} times: {self}",
            values.len()
        );
        values.first().copied()
    }

    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let values = self.headers.get_all(name).iter();
        values
            .map(|value| value.to_str().expect("a readable header"))
            .collect()
    }

    #[track_caller]
    pub fn location(&self) -> &str {
        self.header("location")
            .unwrap_or_else(|| panic!("no Location header: {self}"))
    }

    /// The location of a redirect, or the status of another response.
    pub fn location_or_status(&self) -> String {
        match self.header("location") {
            Some(location) => location.to_owned(),
            None => self.status.to_string(),
        }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The problem in the body (RFC 9457).
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self}"
        );
        let problem: Problem = serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not a problem, {error}: {self}"));
        assert_eq!(
            problem.status, self.status,
            "body and status line differ: {self}"
        );
        problem
    }

    /// The value of a page's form field, hidden ones included.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        self.fields_named(name)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no field `{name}` with a value: {self}"))
    }

    /// The values of all fields with this name, in the order of the page.
    pub fn fields_named(&self, name: &str) -> Vec<String> {
        let inputs = self
            .text
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split('>').next());
        inputs
            .filter(|input| attribute(input, "name").as_deref() == Some(name))
            .filter_map(|input| attribute(input, "value"))
            .collect()
    }
}

impl Answer {
    /// The values of the options of the first list with this name.
    #[track_caller]
    pub fn options_of(&self, name: &str) -> Vec<String> {
        let lists = self.text.split("<select").skip(1);
        let mut lists = lists.filter_map(|rest| rest.split("</select>").next());
        let named = |list: &&str| {
            let tag = list.split('>').next().unwrap_or_default();
            attribute(tag, "name").as_deref() == Some(name)
        };
        let list = lists.find(named);
        let list = list.unwrap_or_else(|| panic!("no list `{name}`: {self}"));
        let options = list.split("<option").skip(1);
        let options = options.filter_map(|rest| rest.split('>').next());
        options.filter_map(|tag| attribute(tag, "value")).collect()
    }
}

/// The text that a failing assertion prints.
impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "{}: status {}", self.request, self.status)?;
        for (name, value) in &self.headers {
            writeln!(out, "{name}: {}", value.to_str().unwrap_or("(not text)"))?;
        }
        write!(out, "\n{}", self.text)
    }
}

/// `application/problem+json`. A member outside the contract fails to parse.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The messages by field, for a `422`.
    #[serde(default)]
    pub errors: serde_json::Map<String, Value>,
    /// The methods of a second factor that is missing.
    #[serde(default)]
    pub methods: Vec<String>,
}

/// The value of `name="…"` among a tag's attributes.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let opening = format!(" {name}=\"");
    let value = tag
        .get(tag.find(&opening)? + opening.len()..)?
        .split('"')
        .next()?;
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
    ]
    .iter()
    .fold(value.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    });
    Some(
        plain
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&amp;")
            .replace("&amp;", "&"),
    )
}

#[test]
fn form_fields_are_read_like_in_a_browser() {
    let page = Answer {
        request: "GET /".to_owned(),
        status: 200,
        headers: HeaderMap::new(),
        text: r#"<form><input type="hidden" name="digest" value="a&amp;b">
            <input name="id" value="1"><input value="2" name="id"><input name="empty"></form>"#
            .to_owned(),
    };
    assert_eq!(page.field("digest"), "a&b");
    assert_eq!(page.fields_named("id"), ["1", "2"]);
    assert_eq!(page.fields_named("empty"), Vec::<String>::new());
}
