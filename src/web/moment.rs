//! A moment on a page: in words for people, exactly for machines and for whoever points at it.

use askama::{Template, filters::HtmlSafe};

use crate::kit::{clock::Timestamp, words};

/// A moment as a `<time>` element: `3 days ago`, and the exact minute as its title.
#[derive(Template, Clone, Debug)]
#[template(
    source = r#"<time datetime="{{ exact }}" title="{{ minute }}">{{ words }}</time>"#,
    ext = "html"
)]
pub struct Moment {
    exact: String,
    minute: String,
    words: String,
}

/// Its own template has escaped it already.
impl HtmlSafe for Moment {}

impl Moment {
    /// A moment that is over.
    #[must_use]
    pub fn past(now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, words::ago(now, then))
    }

    /// A moment that is still to come.
    #[must_use]
    pub fn future(now: Timestamp, then: Timestamp) -> Self {
        Self::with(then, words::until(now, then))
    }

    fn with(then: Timestamp, words: String) -> Self {
        Self {
            exact: then.to_string(),
            minute: then.minute(),
            words,
        }
    }
}
