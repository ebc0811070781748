//! Lists in JSON: a page of rows, and where the next page begins.

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
    types::fields::Fields,
    util::pagination::{MAX_PAGE_SIZE, Page, Paging, USUAL},
};

/// A page of a list.
#[derive(Serialize)]
pub struct List<R> {
    data: Vec<R>,
    /// What `?cursor=` of the next page says; `null` on the last one.
    next: Option<String>,
}

/// By hand, for the derived one writes the rows out where it could name them.
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
    /// The page with each row as `show` shows it.
    #[must_use]
    pub fn of<'a, S, T>(page: &'a Page<S, T>, show: impl Fn(&'a S) -> R) -> Self {
        Self {
            data: page.rows.iter().map(show).collect(),
            next: page.next.map(|id| id.to_string()),
        }
    }

    /// A list that is always told whole.
    #[must_use]
    pub const fn whole(data: Vec<R>) -> Self {
        Self { data, next: None }
    }
}

/// The query by which a list is paged: what [`take_paging`] takes.
pub enum Paged {}

impl IntoParams for Paged {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MAX_PAGE_SIZE))
            .default(Some(USUAL.into()));
        let field = |name| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
        };
        vec![
            field("limit")
                .description(Some("How many there are on the page at most."))
                .schema(Some(limit))
                .build(),
            field("cursor")
                .description(Some("Where the page begins: `next` of the page before."))
                .schema(Some(schemas::named("Id")))
                .build(),
        ]
    }
}

/// Takes `limit` and `cursor` out of `fields`, noting there what is wrong.
pub fn take_paging<T>(fields: &mut Fields) -> Paging<T> {
    let limit = fields.read("limit", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=MAX_PAGE_SIZE).contains(limit))
            .ok_or_else(|| format!("Give a number from 1 to {MAX_PAGE_SIZE}."))
    });
    let after = fields.parsed("cursor", "Give what the page before has as next.");
    Paging::new(limit.unwrap_or(USUAL), after)
}
