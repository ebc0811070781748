//! Static files: the compiled stylesheet, scripts and icon, and the files of the operator. Their
//! addresses change with their content.

use std::{collections::HashMap, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header, web::Path};
use rust_embed::RustEmbed;

use super::brand::Brand;
use crate::{
    error::{Error, Result},
    http::paths,
};

#[derive(RustEmbed)]
#[folder = "static"]
struct Files;

/// The cache policy of a file whose address changes with its content.
pub(super) const FOREVER: &str = "public, max-age=31536000, immutable";

/// The version of each file: the first 8 bytes of the SHA-256 of its content, in hexadecimal.
static VERSIONS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let hash = file.metadata.sha256_hash();
            let version = hash
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            Some((name.into_owned(), version))
        })
        .collect()
});

/// Returns the path of the file `name`.
#[must_use]
pub fn path(name: &str) -> String {
    paths::asset(VERSIONS.get(name).map_or("-", String::as_str), name)
}

/// Serves a file at its current address, to be cached without a limit.
///
/// # Errors
/// [`Error::NotFound`] if there is no such file, or its content has another version.
pub async fn serve(request: HttpRequest, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (version, name) = path.into_inner();
    if let Some(file) = Brand::of(&request).serve(&version, &name) {
        return Ok(file);
    }
    let file = Files::get(&name)
        .filter(|_| VERSIONS.get(&name) == Some(&version))
        .ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type(&file)))
        .insert_header((header::CACHE_CONTROL, FOREVER))
        .body(file.data.into_owned()))
}

fn content_type(file: &rust_embed::EmbeddedFile) -> String {
    match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    }
}
