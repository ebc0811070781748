//! What a browser reports when something on a page broke its policy: read to what may be told of it.
//!
//! Anybody can send one. So no more is kept of it than a word, an origin and a path: a query may hold
//! what somebody typed, and the sample what was on the page.

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, web::Bytes};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use url::Url;

use super::body;
use crate::error::{Error, Result};

/// The longest body: a browser's is under a kilobyte a report.
const LONGEST: usize = 16 * 1024;
/// How many reports of one body are read.
const MOST: usize = 20;
/// How much of a path is told, and how long a word may be.
const PATH: usize = 128;
const WORD: usize = 32;

/// The two forms in which browsers report.
#[derive(Clone, Copy)]
enum Form {
    /// One in an object, `report-uri` (CSP 3, section 5.3).
    Alone,
    /// A list of reports about anything, `report-to` (Reporting API, section 2.4).
    Listed,
}

/// A body that is yet to be read: whether it is, is decided first.
pub struct Reports {
    form: Form,
    body: Bytes,
}

impl FromRequest for Reports {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = match &*request.content_type().to_ascii_lowercase() {
            "application/csp-report" => Some(Form::Alone),
            "application/reports+json" => Some(Form::Listed),
            _ => None,
        };
        let body = body::read(request, payload);
        Box::pin(async move {
            let body = body.await?;
            let form = form.ok_or(Error::WrongMediaType("application/reports+json"))?;
            if body.len() > LONGEST {
                return Err(Error::TooLarge(LONGEST));
            }
            Ok(Self { form, body })
        })
    }
}

impl Reports {
    /// What broke a policy. Reports about something else, and what cannot be read, are left out.
    ///
    /// # Errors
    /// [`Error::Malformed`]: it is no JSON.
    pub fn violations(&self) -> Result<Vec<Violation>> {
        let read: Value = serde_json::from_slice(&self.body)
            .map_err(|_| Error::Malformed("The body is no JSON.".to_owned()))?;
        let found = match self.form {
            Form::Alone => read
                .get("csp-report")
                .and_then(Violation::read)
                .into_iter()
                .collect(),
            Form::Listed => {
                let reports = read.as_array().into_iter().flatten().take(MOST);
                reports
                    .filter(|report| {
                        report
                            .get("type")
                            .is_some_and(|kind| kind == "csp-violation")
                    })
                    .filter_map(|report| Violation::read(report.get("body")?))
                    .collect()
            }
        };
        Ok(found)
    }
}

/// What broke the policy of which page.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, such as `script-src-elem`.
    pub directive: String,
    /// What it stopped: an origin, or a word such as `inline`.
    pub blocked: String,
    /// The path of the page.
    pub page: String,
}

impl Violation {
    fn read(report: &Value) -> Option<Self> {
        let text = |names: [&str; 2]| names.iter().find_map(|name| report.get(name)?.as_str());
        let directive = text(["effective-directive", "effectiveDirective"])
            .or_else(|| text(["violated-directive", "violatedDirective"]))?;
        let page = text(["document-uri", "documentURL"]).and_then(|url| Url::parse(url).ok())?;
        Some(Self {
            directive: word(directive.split(' ').next()?)?.to_owned(),
            blocked: origin_or_word(text(["blocked-uri", "blockedURL"]).unwrap_or_default()),
            page: page.path().chars().take(PATH).collect(),
        })
    }
}

/// Small letters and hyphens: of these are the standard's words.
fn word(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    let right = (1..=WORD).contains(&text.len()) && text.bytes().all(plain);
    right.then_some(text)
}

fn origin_or_word(blocked: &str) -> String {
    let told = match Url::parse(blocked) {
        Ok(url) if url.has_host() => {
            let origin = url.origin().ascii_serialization();
            (origin.len() <= PATH).then_some(origin)
        }
        Ok(url) => word(url.scheme()).map(str::to_owned),
        Err(_) => word(blocked).map(str::to_owned),
    };
    told.unwrap_or_else(|| "other".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(form: Form, body: &str) -> Vec<String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let violations = Reports { form, body }.violations().unwrap();
        let told = violations.into_iter();
        told.map(|v| format!("{} {} {}", v.directive, v.blocked, v.page))
            .collect()
    }

    #[test]
    fn no_more_is_told_than_a_word_an_origin_and_a_path() {
        let page = "https://id.example.com/login?next=%2Fsecret#part";
        for (directive, blocked, expected) in [
            ("script-src-elem", "inline", "script-src-elem inline /login"),
            (
                "img-src",
                "https://evil.example:8443/x?y=z",
                "img-src https://evil.example:8443 /login",
            ),
            (
                "style-src 'self' x",
                "data:text/css,secret",
                "style-src data /login",
            ),
            ("font-src", "", "font-src other /login"),
            ("font-src", "A whole sentence", "font-src other /login"),
        ] {
            let alone = format!(
                r#"{{"csp-report":{{"effective-directive":"{directive}","blocked-uri":"{blocked}",
                   "document-uri":"{page}","script-sample":"secret"}}}}"#
            );
            assert_eq!(told(Form::Alone, &alone), [expected]);
            let body = format!(
                r#"{{"effectiveDirective":"{directive}","blockedURL":"{blocked}","documentURL":"{page}"}}"#
            );
            let listed = format!(
                r#"[{{"type":"deprecation","body":{body}}},{{"type":"csp-violation","body":{body}}}]"#
            );
            assert_eq!(told(Form::Listed, &listed), [expected]);
        }
    }

    #[test]
    fn what_is_no_report_is_left_out() {
        for body in [
            "null",
            "[]",
            "{}",
            r#"{"csp-report":1}"#,
            r#"{"csp-report":{"effective-directive":"img-src"}}"#,
            r#"{"csp-report":{"effective-directive":"img-src","document-uri":"login"}}"#,
            r#"{"csp-report":{"effective-directive":"IMG SRC","document-uri":"https://x/"}}"#,
            r#"{"csp-report":{"effective-directive":["img-src"],"document-uri":"https://x/"}}"#,
        ] {
            assert!(told(Form::Alone, body).is_empty(), "{body}");
            assert!(
                told(Form::Listed, &format!("[{body}]")).is_empty(),
                "{body}"
            );
        }
        let deep = "[".repeat(10_000);
        let body = Bytes::from(deep.into_bytes());
        assert!(
            Reports {
                form: Form::Listed,
                body
            }
            .violations()
            .is_err()
        );
    }

    #[test]
    fn of_a_long_list_only_so_many_are_read() {
        let one = r#"{"type":"csp-violation","body":{"effectiveDirective":"img-src","documentURL":"https://x/"}}"#;
        let many = format!("[{}]", [one; 100].join(","));
        assert_eq!(told(Form::Listed, &many).len(), MOST);
    }
}
