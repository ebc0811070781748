//! Paginated JSON lists: the rows of a page and the cursor of the next page.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::{
    http::openapi::schemas::{self, Shape},
    types::{
        fields::Fields,
        message::field,
        pagination::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, Paging},
    },
};

/// A page of a list.
#[derive(Serialize)]
pub struct List<R> {
    data: Vec<R>,
    /// The `cursor` of the next page; `null` on the last one.
    next: Option<String>,
}

/// Manual, because the derived implementation would inline the schema of the rows instead of a
/// reference.
impl<R: ToSchema> PartialSchema for List<R> {
    fn schema() -> Shape {
        let next = OneOfBuilder::new()
            .description(Some(
                "The `cursor` of the next page; `null` on the last one.",
            ))
            .item(schemas::named("Id"))
            .item(ObjectBuilder::new().schema_type(Type::Null));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("data", schemas::list_of(schemas::named(R::name())))
            .required("data")
            .property("next", next)
            .required("next")
            .into()
    }
}

impl<R: ToSchema> ToSchema for List<R> {
    fn name() -> Cow<'static, str> {
        format!("{}List", R::name()).into()
    }

    fn schemas(shapes: &mut Vec<(String, Shape)>) {
        shapes.push((R::name().into_owned(), R::schema()));
        R::schemas(shapes);
    }
}

impl<R> List<R> {
    /// Creates the list of a page. `show` converts each row.
    #[must_use]
    pub fn of<'a, S, T>(page: &'a Page<S, T>, show: impl Fn(&'a S) -> R) -> Self {
        Self {
            data: page.rows.iter().map(show).collect(),
            next: page.next.map(|id| id.to_string()),
        }
    }

    /// Creates a list that is not paginated.
    #[must_use]
    pub const fn whole(data: Vec<R>) -> Self {
        Self { data, next: None }
    }
}

/// The query parameters of a paginated list, as in [`take_paging`].
pub enum Paged {}

impl IntoParams for Paged {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MAX_PAGE_SIZE))
            .default(Some(DEFAULT_PAGE_SIZE.into()));
        let field = |name| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
        };
        vec![
            field("limit")
                .description(Some("The largest number of items on the page."))
                .schema(Some(limit))
                .build(),
            field("cursor")
                .description(Some(
                    "The position of the page: `next` of the previous page.",
                ))
                .schema(Some(schemas::named("Id")))
                .build(),
        ]
    }
}

/// Takes `limit` and `cursor` out of `fields` and records their errors there.
pub fn take_paging<T>(fields: &mut Fields) -> Paging<T> {
    let limit = fields.read("limit", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=MAX_PAGE_SIZE).contains(limit))
            .ok_or_else(|| field::limit_out_of_range(1, MAX_PAGE_SIZE))
    });
    let after = fields.parsed("cursor", field::cursor_invalid());
    Paging::new(limit.unwrap_or(DEFAULT_PAGE_SIZE), after)
}
