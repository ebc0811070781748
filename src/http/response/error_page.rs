//! The page that a browser gets for an [`Error`].

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::{
    error_response::whole_seconds,
    html::{Layout, page, see_other},
};
use crate::{
    error::Error,
    http::{
        address::{Address, mount_of, relative_path},
        draft,
        extract::language::language_of,
        paths,
    },
};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    title: &'a str,
    detail: &'a str,
    /// The seconds after which a retry can succeed.
    wait: Option<u64>,
    /// The path of the list whose address is wrong, and the text of the link to it.
    newest: Option<(&'static str, String)>,
}

/// Returns the page for `error`, or the redirect to the page on which the user can continue.
pub(super) fn error_page(request: &HttpRequest, error: &Error) -> HttpResponse {
    let address = |path: &str| Address::of(mount_of(request), path);
    match error {
        Error::NotSignedIn { .. } => {
            let next = return_address(request, list_page(request));
            see_other(&address(&paths::with_next(paths::LOGIN, &next)))
        }
        Error::SecondFactorMissing | Error::SecondFactorUnproved => {
            // The content of a form is not kept: it may be the work of an intruder in this session.
            let next = match (request.method().is_safe(), request.uri().path_and_query()) {
                (true, Some(path)) => path.to_string(),
                _ => mount_of(request).url(list_page(request)),
            };
            let page = match error {
                Error::SecondFactorUnproved => paths::confirm_second_factor(Some(&next)),
                _ => paths::with_next(paths::TOTP, &next),
            };
            see_other(&address(&page))
        }
        Error::ReauthenticationRequired | Error::SecondFactorConfirmationRequired => {
            let page = draft::page_after_confirmation(request);
            let page = page.unwrap_or_else(|| list_page(request).to_owned());
            let next = return_address(request, &page);
            let confirm = match error {
                Error::SecondFactorConfirmationRequired => {
                    paths::confirm_second_factor(Some(&next))
                }
                _ => paths::with_next(paths::CONFIRM, &next),
            };
            see_other(&address(&confirm))
        }
        error => {
            let language = language_of(request);
            let layout = Layout::new(request, None);
            let newest = newest(request, &layout, error);
            let [title, detail] = if newest.is_some() && !names_typed_field(error) {
                [
                    layout.text("error-list-stale"),
                    layout.text("error-list-stale-hint"),
                ]
            } else {
                [error.title(&language), error.detail(&language)]
            };
            let template = ErrorPage {
                newest,
                layout,
                title: &title,
                detail: &detail,
                wait: error.retry_after().map(whole_seconds),
            };
            page(error.status(), &template).unwrap_or_else(|_| HttpResponse::new(error.status()))
        }
    }
}

/// Returns whether the user can have typed a wrong value. The names of other parameters of a list
/// would say nothing.
fn names_typed_field(error: &Error) -> bool {
    let typed = ["since", "until"];
    matches!(error, Error::Invalid(fields) if typed.iter().any(|field| fields.get(field).is_some()))
}

/// Returns the list of a wrong address, and the text of the link to its first page.
fn newest(request: &HttpRequest, layout: &Layout, error: &Error) -> Option<(&'static str, String)> {
    let is_read = matches!(error, Error::Invalid(_)) && request.method().is_safe();
    match relative_path(request).filter(|_| is_read)? {
        paths::SESSIONS => Some((paths::SESSIONS, layout.text("error-newest-sessions"))),
        paths::TOKENS => Some((paths::TOKENS, layout.text("error-newest-tokens"))),
        paths::ACTIVITY => Some((paths::ACTIVITY, layout.text("error-newest-events"))),
        _ => None,
    }
}

/// Returns the return address: the requested page, or the page of the submitted form with a draft
/// of its content.
fn return_address(request: &HttpRequest, fallback: &str) -> String {
    match (request.method().is_safe(), request.uri().path_and_query()) {
        (true, Some(path)) => path.to_string(),
        _ => draft::return_address(request, fallback),
    }
}

/// Returns the path of the list with the object of `request`, or of the account.
fn list_page(request: &HttpRequest) -> &'static str {
    let lists = [paths::SESSIONS, paths::TOKENS];
    let path = relative_path(request).unwrap_or_default();
    let list = lists.into_iter().find(|list| path.starts_with(list));
    list.unwrap_or(paths::ACCOUNT)
}
