//! The language of a page: that of the user, then that of the browser, then that of the settings.

use actix_web::{
    HttpMessage as _, HttpRequest,
    http::header::{
        self, AcceptLanguage, HeaderMap, HeaderValue, Preference, Quality, QualityItem,
    },
    web::Data,
};

use crate::{
    app_state::AppState,
    credentials::Principal,
    http::auth::principal_of,
    i18n::{Language, Languages},
};

/// Returns the language of the page that answers `request`. It is chosen once for each request,
/// after the guard has found the user.
#[must_use]
pub fn language_of(request: &HttpRequest) -> Language {
    if let Some(chosen) = request.extensions().get::<Language>() {
        return chosen.clone();
    }
    let state = request.app_data::<Data<AppState>>();
    let chosen = state.map_or_else(
        || Language::english().clone(),
        |state| choose(request, &state.settings().languages).clone(),
    );
    request.extensions_mut().insert(chosen.clone());
    chosen
}

fn choose<'a>(request: &HttpRequest, languages: &'a Languages) -> &'a Language {
    let principal = principal_of(request);
    let user = principal.as_deref().map(Principal::user);
    let own = user.and_then(|user| languages.find(user.language.as_ref()?));
    own.unwrap_or_else(|| languages.lookup(&accepted(request)))
}

/// Returns the tags of `Accept-Language` (RFC 9110, section 12.5.4), the most preferred first.
fn accepted(request: &HttpRequest) -> Vec<unic_langid::LanguageIdentifier> {
    let Some(AcceptLanguage(mut items)) = request.get_header() else {
        return Vec::new();
    };
    items.retain(|item| item.quality > Quality::ZERO);
    // The sort is stable: tags of the same quality keep their order.
    items.sort_by_key(|item| std::cmp::Reverse(item.quality));
    let tags = items
        .iter()
        .filter_map(|item: &QualityItem<_>| match &item.item {
            Preference::Specific(tag) => tag.as_str().parse().ok(),
            Preference::Any => None,
        });
    tags.collect()
}

/// Names the language of a page in its headers. Other responses stay as they are.
pub fn declare(request: &HttpRequest, headers: &mut HeaderMap) {
    let content_type = headers.get(header::CONTENT_TYPE);
    if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html")) {
        return;
    }
    if let Ok(tag) = HeaderValue::from_str(&language_of(request).tag().to_string()) {
        headers.insert(header::CONTENT_LANGUAGE, tag);
    }
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
}
