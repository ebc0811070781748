//! A credential filter, as a form, a query and JSON. An input that begins with `{` is JSON.
#![no_main]

use std::sync::LazyLock;

use actix_web::{FromRequest, HttpRequest, dev::Payload, test::TestRequest};
use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use narthex::{
    credentials::CredentialFilter,
    http::{
        extract::string_map::FilterInput,
        middleware::body::{Form, Query},
    },
    types::{fields::Fields, ids::CredentialId},
    util::clock::Timestamp,
};
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime")
});

const NOW: Timestamp = Timestamp::from_micros(1_795_370_700_000_000);

fuzz_target!(|data: &[u8]| {
    let fields = if data.starts_with(b"{") {
        from_json(data.to_vec())
    } else {
        let form = post("application/x-www-form-urlencoded", data.to_vec());
        read::<Form>(form).map(|form| form.0)
    };
    let Some(mut fields) = fields else {
        return;
    };
    let names = sorted(fields.pairs().into_iter().map(|(name, _)| name));
    let current = "01a205c5-ed92-7e57-835c-f6252ccb0444".parse().ok();
    let selection = CredentialFilter::take(&mut fields, NOW, current);
    if fields.finish().is_err() {
        return;
    }
    // No field that restricts the filter was lost.
    let printed = selection.to_fields();
    assert_eq!(
        names,
        sorted(printed.iter().map(|(name, _)| (*name).to_owned()))
    );
    // The filter is the same in each of its forms.
    assert_eq!(take(from_query(&printed)), selection);
    assert_eq!(take(from_json(as_json(&printed))), selection);
});

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Parses a printed filter, for a caller without a credential.
fn take(fields: Option<Fields>) -> CredentialFilter {
    let mut fields = fields.expect("a filter that was just printed");
    let no_credential: Option<CredentialId> = None;
    let selection = CredentialFilter::take(&mut fields, NOW, no_credential);
    fields.finish().expect("a filter that was just printed");
    selection
}

fn from_query(printed: &[(&'static str, String)]) -> Option<Fields> {
    let mut query = url::form_urlencoded::Serializer::new("/?".to_owned());
    let query = query.extend_pairs(printed).finish();
    let request = TestRequest::with_uri(&query).to_http_parts();
    read::<Query>(request).map(|query| query.0)
}

fn as_json(printed: &[(&'static str, String)]) -> Vec<u8> {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in printed {
        let many = object
            .entry(*name)
            .or_insert_with(|| Value::Array(Vec::new()));
        many.as_array_mut()
            .expect("a list")
            .push(Value::String(value.clone()));
    }
    Value::Object(object).to_string().into_bytes()
}

fn from_json(body: Vec<u8>) -> Option<Fields> {
    read::<FilterInput>(post("application/json", body)).map(|input| input.0)
}

fn post(media_type: &str, body: Vec<u8>) -> (HttpRequest, Payload) {
    let request = TestRequest::post()
        .insert_header(("content-type", media_type))
        .insert_header(("content-length", body.len()));
    request.set_payload(body).to_http_parts()
}

fn read<T: FromRequest>((request, mut payload): (HttpRequest, Payload)) -> Option<T> {
    // The whole body is available, so there is nothing to wait for. A timer aborts a slow body.
    let _inside = RUNTIME.enter();
    let read = T::from_request(&request, &mut payload).now_or_never();
    read.expect("an answer at once").ok()
}
