//! Drafts. A draft is the content of a form that was refused because the session had expired or a
//! re-authentication was required first.
//!
//! A draft travels in the query of the form's page, through the pages for signing in and
//! confirming, and fills in the form again. It is shown and never submitted automatically. It is
//! encrypted, so that names and addresses do not get into the access log of a proxy. It contains
//! the id of the user, and its content is shown to this user only. It does not prove who entered
//! the content: see docs/security/data.md.

use std::collections::BTreeMap;

use actix_web::{
    HttpMessage as _, HttpRequest,
    cookie::{Cookie, CookieJar, Key},
    web::{Bytes, Data},
};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};

use super::{
    address::{mount_of, relative_path},
    compression::{compress, decompress},
    middleware::body::{FORM_USER, Query},
    paths,
};
use crate::{
    config::SigningKeys,
    types::{fields::Fields, ids::UserId},
};

/// The query parameter that holds a draft.
pub const FIELD: &str = "draft";
/// The quality of the compression. A higher one makes a list of ids no shorter.
const QUALITY: u32 = 9;

/// A form of a signed-in page: its action, the page that shows it, and the fields of its draft.
/// Other fields are dropped, so a password cannot get into a draft by mistake.
struct Form {
    action: &'static str,
    page: &'static str,
    /// The fragment of the form in a page with several forms. The browser scrolls to it, and the
    /// stylesheet marks it.
    fragment: Option<&'static str>,
    fields: &'static [&'static str],
}

const fn form(action: &'static str, page: &'static str, fields: &'static [&'static str]) -> Form {
    Form {
        action,
        page,
        fragment: None,
        fields,
    }
}

impl Form {
    const fn at(self, fragment: &'static str) -> Self {
        Self {
            fragment: Some(fragment),
            ..self
        }
    }
}

const PROFILE_FIELDS: &[&str] = &["name", "email", "language", "notice_email", "also"];
const TOKEN_FIELDS: &[&str] = &["name", "abilities", "expires", "expires_on"];
const ROTATION_FIELDS: &[&str] = &["overlap", "expires", "expires_on"];
const SELECTION_FIELDS: &[&str] = &[
    "class",
    "kind",
    "id",
    "except",
    "unused_since",
    "created_before",
    "from",
    "made_by",
    "ability",
    "spare",
    "next",
];

const FORMS: &[Form] = &[
    form(paths::PROFILE, paths::PROFILE, PROFILE_FIELDS).at("profile"),
    form(paths::PASSWORD, paths::PROFILE, &["also"]).at("change-password"),
    form(paths::PASSWORD_REMOVE, paths::SECURITY, &["also"]).at("password"),
    form(paths::DELETE, paths::PROFILE, &[]).at("delete"),
    form(paths::TOTP, paths::TOTP, &["also"]),
    form(paths::TOTP_REMOVE, paths::SECURITY, &["also"]).at("app"),
    form(paths::PASSKEY, paths::PASSKEY, &["name"]).at("rename"),
    form(paths::PASSKEY_REMOVE, paths::PASSKEY, &["also"]).at("remove"),
    form(paths::REMOVAL_CANCEL, paths::SECURITY, &[]),
    form(paths::TRUSTED_BROWSER_REMOVE, paths::SECURITY, &[]).at("trusted-browsers"),
    form(paths::RECOVERY_CODES, paths::SECURITY, &["also"]).at("codes"),
    form(paths::TOKENS, paths::TOKEN_NEW, TOKEN_FIELDS),
    form(paths::TOKEN, paths::TOKEN, TOKEN_FIELDS).at("edit"),
    form(paths::TOKEN_ROTATE, paths::TOKEN, ROTATION_FIELDS).at("rotate"),
    form(paths::TOKEN_PAUSE, paths::TOKEN, &[]),
    form(paths::TOKEN_RESUME, paths::TOKEN, &[]),
    form(paths::SESSION_REVOKE, paths::SESSION_REVOKE, &["next"]),
    form(paths::TOKEN_REVOKE, paths::TOKEN_REVOKE, &["next"]),
    form(paths::SIGN_OUT, paths::SIGN_OUT, SELECTION_FIELDS),
];

/// The values of each field.
type Values = BTreeMap<String, Vec<String>>;

/// The content of a form.
pub struct Draft {
    action: String,
    values: Values,
}

impl Draft {
    /// Returns the fields if the form was sent to `action`.
    #[must_use]
    pub fn of(self, action: &str) -> Option<Fields> {
        let pairs = self
            .values
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
        (self.action == action).then(|| Fields::new(pairs))
    }
}

/// The form of a request, stored until the request is answered.
struct Submitted {
    body: Bytes,
    user: Option<UserId>,
}

/// Stores the form of `request` in case it is refused. `user` is the authenticated user, if there
/// is one.
pub fn remember(request: &HttpRequest, body: Bytes, user: Option<UserId>) {
    request.extensions_mut().insert(Submitted { body, user });
}

struct PageAfterConfirmation(String);

/// Sets the path of the page to which the re-authentication leads.
pub fn set_page_after_confirmation(request: &HttpRequest, page: String) {
    request.extensions_mut().insert(PageAfterConfirmation(page));
}

/// Returns the path of the page to which the re-authentication leads, if the handler of
/// `request` set one.
pub fn page_after_confirmation(request: &HttpRequest) -> Option<String> {
    let page = request.extensions_mut().remove::<PageAfterConfirmation>();
    page.map(|PageAfterConfirmation(page)| page)
}

/// Returns the return address for the sender of a refused form: the form's page with a draft. If
/// the form has no page of its own, the result is the address of `fallback`.
#[must_use]
pub fn return_address(request: &HttpRequest, fallback: &str) -> String {
    let (mut fields, user) = submitted(request);
    let mount = mount_of(request);
    let pattern = request.match_pattern().unwrap_or_default();
    let action = mount.relative(&pattern).unwrap_or_default();
    if action == paths::LOGOUT {
        return mount.url(fallback);
    }
    // Signing in counts as a confirmation, so it leads to the page to which the confirmation would
    // have led.
    if action == paths::CONFIRM {
        let next = fields.one("next").filter(|next| !next.is_empty());
        return next.unwrap_or_else(|| mount.url(fallback));
    }
    let form = FORMS.iter().find(|form| form.action == action);
    let (page, field_names) = form.map_or((mount.url(fallback), &[][..]), |form| {
        let id = request.match_info().get("id").unwrap_or_default();
        (mount.url(&form.page.replace("{id}", id)), form.fields)
    });
    let stated = fields.one(FORM_USER).and_then(|id| id.parse().ok());
    let values: Values = field_names
        .iter()
        .map(|name| ((*name).to_owned(), fields.many(name)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    let incomplete = match action {
        // Without its fields, this page selects everything. The list has the rows to select again.
        paths::SIGN_OUT => {
            let next = values.get("next").and_then(|next| next.first());
            let next = next.filter(|next| {
                let path = mount.relative(next);
                path.is_some_and(|path| path.starts_with(paths::ACCOUNT))
            });
            next.cloned().unwrap_or_else(|| mount.url(paths::ACCOUNT))
        }
        _ => page.clone(),
    };
    let Some(user) = user.or(stated) else {
        return incomplete;
    };
    let fragment = form.and_then(|form| form.fragment);
    let complete = seal(request, user, &values).map(|draft| with_draft(&page, &draft, fragment));
    // A draft that is too long is replaced by an empty one. The page then still says that the form
    // was not submitted.
    complete
        .filter(|address| address.len() <= paths::MAX_RETURN_ADDRESS)
        .or_else(|| {
            Some(with_draft(
                &incomplete,
                &seal(request, user, &Values::new())?,
                fragment,
            ))
        })
        .unwrap_or(incomplete)
}

/// Returns the draft in the query of `request` if it belongs to `user`.
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
    let compressed = BASE64_STANDARD_NO_PAD.decode(text.value()).ok()?;
    let (owner, action, values): (String, String, Values) =
        serde_json::from_slice(&decompress(&compressed)?).ok()?;
    (owner.parse() == Ok(user)).then_some(Draft { action, values })
}

/// Returns the whole address of `request`, without its query if the query has a draft.
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

/// Encrypts and authenticates a draft with AES-256-GCM, like the private cookies of the crate
/// `cookie`.
fn seal(request: &HttpRequest, user: UserId, values: &Values) -> Option<String> {
    let keys = request.app_data::<Data<SigningKeys>>()?;
    let text = serde_json::to_string(&(user.to_string(), relative_path(request)?, values)).ok()?;
    // A selection can have the ids of all rows of a list.
    let text = BASE64_STANDARD_NO_PAD.encode(compress(text.as_bytes(), QUALITY)?);
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::from(keys.first()))
        .add(Cookie::new(FIELD, text));
    // base64url without padding needs no escapes in a query.
    let sealed = jar.get(FIELD)?.value().replace('+', "-").replace('/', "_");
    Some(sealed.trim_end_matches('=').to_owned())
}

fn with_draft(page: &str, draft: &str, fragment: Option<&str>) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    let value = paths::with_query("", &[(FIELD, draft)]);
    let value = value.trim_start_matches('?');
    match fragment {
        Some(fragment) => format!("{page}{separator}{value}#{fragment}"),
        None => format!("{page}{separator}{value}"),
    }
}
