//! HTML forms: drafts, repeated submissions, unusual text.

mod drafts;
mod form_user;
mod mailed_link;
pub mod second_click;
mod sent_twice;
mod unusual_text;
