//! Static files: the compiled stylesheet, scripts and icon, and the files of the operator. Their
//! addresses change with their content.

mod minify;

use std::{collections::HashMap, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, Encoding, Header as _},
    web::{Bytes, Path},
};
use rust_embed::RustEmbed;

use super::brand::Brand;
use crate::{
    crypto::digest::Digest,
    error::{Error, Result},
    http::{compression::compress, paths},
};

#[derive(RustEmbed)]
#[folder = "static"]
struct Files;

/// The cache policy of a file whose address changes with its content.
pub(super) const FOREVER: &str = "public, max-age=31536000, immutable";

/// The highest quality of brotli.
const QUALITY: u32 = 11;

/// A file as the server sends it.
struct Asset {
    /// The first 8 bytes of the SHA-256 of the content, in hexadecimal.
    version: String,
    content_type: String,
    content: Bytes,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let files = Files::iter().filter_map(|name| {
        let file = Files::get(&name)?;
        let content = match str::from_utf8(&file.data) {
            Ok(sheet) if name.ends_with(".css") => minify::stylesheet(sheet).into(),
            _ => Bytes::from(file.data.into_owned()),
        };
        let asset = Asset {
            version: Digest::of(&content)
                .as_bytes()
                .first_chunk::<8>()
                .map(hex::encode)?,
            content_type: content_type(file.metadata.mimetype()),
            content,
        };
        Some((name.into_owned(), asset))
    });
    files.collect()
});

/// The brotli-compressed files. The middleware compresses each response anew and therefore with a
/// low quality. These files never change, so they are compressed once and with the highest quality.
/// A file for which the encoder fails is sent as any other response.
static COMPRESSED: LazyLock<HashMap<&str, Bytes>> = LazyLock::new(|| {
    let assets = ASSETS.iter();
    let texts = assets.filter(|(_, asset)| asset.content_type.contains("charset"));
    texts
        .filter_map(|(name, asset)| Some((&**name, compress(&asset.content, QUALITY)?.into())))
        .collect()
});

/// Returns the path of the file `name`.
#[must_use]
pub fn path(name: &str) -> String {
    paths::asset(ASSETS.get(name).map_or("-", |asset| &asset.version), name)
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
    let asset = ASSETS
        .get(&name)
        .filter(|asset| asset.version == version)
        .ok_or(Error::NotFound)?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, &*asset.content_type))
        .insert_header((header::CACHE_CONTROL, FOREVER));
    if accepts_brotli(&request)
        && let Some(compressed) = COMPRESSED.get(&*name)
    {
        answer
            .insert_header((header::CONTENT_ENCODING, "br"))
            .insert_header((header::VARY, "accept-encoding"));
        return Ok(answer.body(compressed.clone()));
    }
    Ok(answer.body(asset.content.clone()))
}

fn accepts_brotli(request: &HttpRequest) -> bool {
    let supported = [Encoding::brotli(), Encoding::identity()];
    // Without the header, every encoding is acceptable, but such a client can hardly read brotli.
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request)
            .is_ok_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::brotli()))
}

fn content_type(mime_type: &str) -> String {
    if mime_type.starts_with("text/") {
        format!("{mime_type}; charset=utf-8")
    } else {
        mime_type.to_owned()
    }
}
