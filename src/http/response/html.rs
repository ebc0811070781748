//! HTML pages: their layout, and responses from templates.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{assets, brand::Brand, components::Toast, error_response};
use crate::{
    app_state::AppState,
    config::Mount,
    credentials::Principal,
    crypto::secret::SecretString,
    error::{Error, Result},
    http::{
        address::{Address, mount_of, relative_path},
        auth::principal_of,
        draft,
        extract::language::language_of,
        paths,
        return_to::{ReturnTo, or_page},
    },
    i18n::{self, Language},
    types::message::Arg,
};

/// The signed-in user in the layout.
pub struct SignedInUser {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

impl SignedInUser {
    /// Returns the first letters of the first and of the last word of the name.
    #[must_use]
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace();
        let first = words.next().and_then(|word| word.chars().next());
        let last = words.next_back().and_then(|word| word.chars().next());
        let letters = first.into_iter().chain(last);
        letters.flat_map(char::to_uppercase).collect()
    }
}

/// The layout of a page: everything around its content.
pub struct Layout {
    /// The operator's name and design.
    pub brand: Data<Brand>,
    /// The signed-in user.
    pub user: Option<SignedInUser>,
    /// The id of the signed-in user, which is part of each form. Empty without a user.
    pub user_id: String,
    /// The path of this page, relative to the mount. The navigation marks its entry.
    pub path: String,
    /// The whole path and the query of this page, as a return address.
    pub address: String,
    /// The message that an earlier request left.
    pub message: Option<Toast>,
    /// The path of the receipt that the message refers to.
    pub receipt: Option<String>,
    /// Whether the page shows a secret that no other page shows. Its links to other pages open a new
    /// tab.
    pub has_new_secret: bool,
    /// The mount, which precedes each path.
    pub mount: Mount,
    /// The language of the page.
    pub language: Language,
    /// The time of the response in the format of RFC 3339, from which the script for times counts.
    pub now: String,
}

impl Layout {
    /// Creates the layout of the page at the address of `request`. Every page of a signed-in user
    /// has the menu, including a page that says what went wrong.
    #[must_use]
    pub fn new(request: &HttpRequest, message: Option<Toast>) -> Self {
        let principal = principal_of(request);
        let user = principal.as_deref().map(Principal::user);
        let state = request.app_data::<Data<AppState>>();
        Self {
            brand: Brand::of(request),
            user: user.map(|user| SignedInUser {
                name: user.name.clone(),
                email: user.email.clone(),
            }),
            user_id: user.map_or_else(String::new, |user| user.id.to_string()),
            path: relative_path(request).unwrap_or_default().to_owned(),
            address: draft::address_without(request),
            message,
            receipt: None,
            has_new_secret: false,
            mount: mount_of(request).clone(),
            language: language_of(request),
            now: state.map_or_else(String::new, |state| state.now().to_string()),
        }
    }

    /// Returns the message `id` in the language of the page.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.text_with(id, &[])
    }

    /// Returns the message `id` with these arguments in the language of the page.
    #[must_use]
    pub fn text_with(&self, id: &str, args: &[(&'static str, Arg)]) -> String {
        i18n::text_of(&self.language, id, args)
    }

    /// Returns the address of `path`. A template writes each address with this function, or with
    /// another one of this type.
    #[must_use]
    pub fn url(&self, path: &str) -> Address {
        Address::of(&self.mount, path)
    }

    /// Returns the address of a stylesheet or a script.
    #[must_use]
    pub fn asset(&self, name: &str) -> Address {
        self.url(&assets::path(name))
    }

    /// Returns the target of the logo's link: the app or the account.
    #[must_use]
    pub fn home(&self) -> Address {
        let app = self.brand.app.clone().map(Address::whole);
        app.unwrap_or_else(|| self.url(paths::ACCOUNT))
    }

    /// Returns the address to which a page leads in the end: `next`, or `page`.
    #[must_use]
    pub fn onward(&self, next: &Option<ReturnTo>, page: &str) -> Address {
        or_page(next.clone(), &self.mount, page)
    }

    /// Returns the address of a text that a browser downloads as a file without another request.
    #[must_use]
    pub fn download(&self, text: &SecretString) -> Address {
        let encoded = utf8_percent_encode(text.expose(), NON_ALPHANUMERIC);
        Address::whole(format!("data:text/plain;charset=utf-8,{encoded}"))
    }

    /// Returns the address `otpauth://`, which opens an authenticator app on the same device.
    #[must_use]
    pub fn authenticator(&self, address: &SecretString) -> Address {
        Address::whole(address.expose().to_owned())
    }

    /// Returns whether this page belongs to the entry `path` of the menu. The page of another form
    /// belongs to the entry from which a user gets there.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let entry = match &*self.path {
            paths::PASSWORD | paths::DELETE | paths::CONFIRM => paths::PROFILE,
            security if security.starts_with(paths::SECURITY) => paths::PROFILE,
            paths::SIGN_OUT => paths::SESSIONS,
            receipt if receipt.starts_with("/account/receipts/") => paths::ACTIVITY,
            own => own,
        };
        entry == path || (path != paths::ACCOUNT && entry.starts_with(&format!("{path}/")))
    }
}

/// Returns a page with this status.
///
/// # Errors
/// None are expected, because a template that compiles renders.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse> {
    let text = template.render().map_err(Error::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(text))
}

/// Returns a page with the status 200.
///
/// # Errors
/// The errors of [`page`].
pub fn ok(template: &impl Template) -> Result<HttpResponse> {
    page(StatusCode::OK, template)
}

/// Returns a form with field errors and the status 422.
///
/// # Errors
/// The errors of [`page`].
pub fn unprocessable(template: &impl Template) -> Result<HttpResponse> {
    page(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// Returns a form that was refused for a reason other than its fields. The page has the entered
/// values and the reason. The response has `Retry-After` if a retry can succeed.
///
/// # Errors
/// The errors of [`page`].
pub fn refused(error: &Error, template: &impl Template) -> Result<HttpResponse> {
    let mut response = page(error.status(), template)?;
    error_response::set_retry_after(&mut response, error);
    Ok(response)
}

/// Redirects to another page with GET (RFC 9110, section 15.4.4).
#[must_use]
pub fn see_other(location: &Address) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location.as_str()))
        .finish()
}
