//! Drafts: the content of a form that was refused before it was submitted, because the session had
//! expired or because the password had to be confirmed first.
//!
//! A draft travels in the query of the form's page, through the pages for signing in and confirming,
//! and fills the form in again. It is shown and never acted on. It is encrypted, so that names and
//! addresses do not reach the access log of a proxy, and it names the user whose form it was, so that
//! nobody else is shown its content. It is no proof of who entered that content: see docs/security/data.md.

use std::collections::BTreeMap;

use actix_web::{
    HttpMessage as _, HttpRequest,
    cookie::{Cookie, CookieJar, Key},
    web::{Bytes, Data},
};

use super::{
    middleware::body::{FORM_USER, Query},
    paths,
};
use crate::{
    config::SigningKeys,
    types::{fields::Fields, ids::UserId},
};

/// The field of a query that holds a draft.
pub const FIELD: &str = "draft";
/// The message on a page whose form is filled in from a draft.
pub const NOT_SUBMITTED: &str =
    "This form has not been submitted yet. Check it, then submit it again.";

/// A form of a signed-in page: where it is sent, the page that shows it, and the fields that come back.
/// A field that is not named here is dropped: a password cannot get into a draft by mistake.
struct Form {
    action: &'static str,
    page: &'static str,
    fields: &'static [&'static str],
}

const fn form(action: &'static str, page: &'static str, fields: &'static [&'static str]) -> Form {
    Form {
        action,
        page,
        fields,
    }
}

const OF_A_TOKEN: &[&str] = &["name", "abilities", "expires", "expires_on"];
const OF_A_SELECTION: &[&str] = &[
    "class",
    "kind",
    "id",
    "except",
    "unused_since",
    "created_before",
    "from",
    "made_by",
    "ability",
];

const FORMS: &[Form] = &[
    form(paths::PROFILE, paths::PROFILE, &["name", "email"]),
    form(paths::PASSWORD, paths::PROFILE, &["also"]),
    form(paths::DELETE, paths::PROFILE, &[]),
    form(paths::TOKENS, paths::TOKEN_NEW, OF_A_TOKEN),
    form(paths::TOKEN, paths::TOKEN, OF_A_TOKEN),
    form(paths::TOKEN_ROTATE, paths::TOKEN, &["overlap"]),
    form(paths::TOKEN_PAUSE, paths::TOKEN, &[]),
    form(paths::TOKEN_RESUME, paths::TOKEN, &[]),
    form(paths::SIGN_OUT, paths::SIGN_OUT, OF_A_SELECTION),
];

/// The values of each field.
type Values = BTreeMap<String, Vec<String>>;

/// The content of a form.
pub struct Draft {
    action: String,
    values: Values,
}

impl Draft {
    /// The fields, if the form was sent to `action`.
    #[must_use]
    pub fn of(self, action: &str) -> Option<Fields> {
        let pairs = self
            .values
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
        (self.action == action).then(|| Fields::new(pairs))
    }
}

/// The form that came with a request, kept until the request is answered.
struct Submitted {
    body: Bytes,
    user: Option<UserId>,
}

/// Keeps the form of `request`, which is from `user` if that is known, in case that it is refused.
pub fn remember(request: &HttpRequest, body: Bytes, user: Option<UserId>) {
    request.extensions_mut().insert(Submitted { body, user });
}

struct BackAfterConfirmation(String);

/// Has a confirmation of the password that `request` is led to lead to `page` afterwards.
pub fn redirect_to(request: &HttpRequest, page: String) {
    request.extensions_mut().insert(BackAfterConfirmation(page));
}

/// The page that a confirmation of the password leads to, if the handler of `request` named one.
pub fn page_after_confirmation(request: &HttpRequest) -> Option<String> {
    let named = request.extensions_mut().remove::<BackAfterConfirmation>();
    named.map(|BackAfterConfirmation(page)| page)
}

/// The address to which the sender of a refused form comes back: the page of the form with a draft of
/// its content, or `otherwise` where the form has no page of its own.
#[must_use]
pub fn way_back(request: &HttpRequest, otherwise: &str) -> String {
    let (mut fields, user) = submitted(request);
    let action = request.match_pattern().unwrap_or_default();
    if action == paths::LOGOUT {
        return otherwise.to_owned();
    }
    // Signing in counts as a confirmation, so it leads where the confirmation would have led.
    if action == paths::CONFIRM {
        let next = fields.one("next").filter(|next| !next.is_empty());
        return next.unwrap_or_else(|| otherwise.to_owned());
    }
    let form = FORMS.iter().find(|form| form.action == action);
    let (page, kept) = form.map_or((otherwise.to_owned(), &[][..]), |form| {
        let id = request.match_info().get("id").unwrap_or_default();
        (form.page.replace("{id}", id), form.fields)
    });
    let stated = fields.one(FORM_USER).and_then(|id| id.parse().ok());
    let Some(user) = user.or(stated) else {
        return page;
    };
    let values = kept
        .iter()
        .map(|name| ((*name).to_owned(), fields.many(name)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    let whole = seal(request, user, &values).map(|draft| with_draft(&page, &draft));
    // What is too long for the way is left out; the page still says that nothing was submitted.
    whole
        .filter(|address| address.len() <= paths::LONGEST_NEXT)
        .or_else(|| Some(with_draft(&page, &seal(request, user, &Values::new())?)))
        .unwrap_or(page)
}

/// The draft in the query of `request`, if it is one of `user`.
#[must_use]
pub fn open(request: &HttpRequest, user: UserId) -> Option<Draft> {
    let sealed = Query::read(request.query_string()).ok()?.0.one(FIELD)?;
    let mut sealed = sealed.replace('-', "+").replace('_', "/");
    sealed.extend(std::iter::repeat_n('=', (4 - sealed.len() % 4) % 4));
    let keys = request.app_data::<Data<SigningKeys>>()?;
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::new(FIELD, sealed));
    let text = std::iter::once(keys.first())
        .chain(keys.older())
        .find_map(|key| jar.private(&Key::from(key)).get(FIELD))?;
    let (of, action, values): (String, String, Values) = serde_json::from_str(text.value()).ok()?;
    (of.parse() == Ok(user)).then_some(Draft { action, values })
}

/// The address of `request`, without its query if that holds a draft.
#[must_use]
pub fn address_without(request: &HttpRequest) -> String {
    let query = Query::read(request.query_string());
    let has_draft = query.is_ok_and(|mut query| !query.0.many(FIELD).is_empty());
    if has_draft {
        request.path().to_owned()
    } else {
        request.uri().to_string()
    }
}

fn submitted(request: &HttpRequest) -> (Fields, Option<UserId>) {
    let extensions = request.extensions();
    let Some(submitted) = extensions.get::<Submitted>() else {
        return (Fields::default(), None);
    };
    let text = std::str::from_utf8(&submitted.body).ok();
    let fields = text.and_then(|text| Query::read(text).ok());
    (
        fields.map(|query| query.0).unwrap_or_default(),
        submitted.user,
    )
}

/// Encrypts and authenticates a draft (AES-256-GCM, as the `cookie` crate does it for private cookies).
fn seal(request: &HttpRequest, user: UserId, values: &Values) -> Option<String> {
    let keys = request.app_data::<Data<SigningKeys>>()?;
    let text = serde_json::to_string(&(user.to_string(), request.path(), values)).ok()?;
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::from(keys.first()))
        .add(Cookie::new(FIELD, text));
    // In base64url without padding, which a query carries as it is.
    let sealed = jar.get(FIELD)?.value().replace('+', "-").replace('/', "_");
    Some(sealed.trim_end_matches('=').to_owned())
}

fn with_draft(page: &str, draft: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    let value = paths::with_query("", &[(FIELD, draft)]);
    format!("{page}{separator}{}", value.trim_start_matches('?'))
}
