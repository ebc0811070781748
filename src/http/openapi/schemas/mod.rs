//! What our words look like in JSON and in a query: their schemas (OpenAPI 3.1, section 4.8.24), for
//! the document that describes the API.
//!
//! All in one place and beside no type, so that `types` and `util` know nothing of it. A schema says just what the
//! type's own `parse` takes, or less where that could not be said in a line: whoever keeps to the
//! schema is never refused for the form of what they send.

pub mod credentials;

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, Ref, RefOr, SchemaFormat,
        schema::{
            AdditionalProperties, AnyOfBuilder, Array, ArrayBuilder, ArrayItems, Object,
            ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
        },
    },
};

use crate::{
    types::{
        ability::{self, Abilities, Ability},
        name::{self, Name},
    },
    util::{clock::Timestamp, id::Id},
};

/// A schema, as `utoipa` passes them on.
pub type Shape = RefOr<Schema>;

/// A text that is to be described further.
#[must_use]
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A text in one of the formats that JSON Schema names.
fn formatted(format: KnownFormat) -> Object {
    let format = SchemaFormat::KnownFormat(format);
    text().format(Some(format)).build()
}

/// One of these texts and no other.
#[must_use]
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Shape {
    text().enum_values(Some(names)).into()
}

/// A text, of which these are the values so far: more may come, and whoever reads it must not fail
/// then.
#[must_use]
pub fn one_of_these_and_more<'a>(names: impl IntoIterator<Item = &'a str>) -> Shape {
    text().examples(names).into()
}

/// Just this.
#[must_use]
pub fn only(value: bool) -> Shape {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([value]))
        .into()
}

/// A whole number within these bounds, or `null`.
#[must_use]
pub fn number_or_null(least: u64, most: u64) -> Shape {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .minimum(Some(least))
        .maximum(Some(most))
        .into()
}

/// One of these, and no two of them at once.
#[must_use]
pub fn either(description: &str, shapes: [Shape; 2]) -> Shape {
    let either = OneOfBuilder::new().description(Some(description));
    shapes.into_iter().fold(either, OneOfBuilder::item).into()
}

/// A list of these.
#[must_use]
pub fn list_of(items: impl Into<Shape>) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into())
}

fn not_empty(mut list: Array) -> Array {
    list.min_items = Some(1);
    list
}

/// An object without other members than those that are named.
#[must_use]
pub fn closed_object() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

/// A form in which each name comes once, also those that are not named.
#[must_use]
pub fn form_of_texts() -> ObjectBuilder {
    let text = RefOr::T(Schema::Object(text().build()));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::RefOr(text)))
}

/// A value of this shape; of a list, one of its items or a list with something in it.
#[must_use]
pub fn one_or_several(shape: Shape, description: Option<String>) -> Shape {
    match shape {
        RefOr::T(Schema::Array(list)) => {
            let several = Schema::Array(not_empty(list.clone()));
            let one = match list.items {
                ArrayItems::RefOrSchema(one) => *one,
                ArrayItems::False => return several.into(),
            };
            OneOfBuilder::new()
                .description(description)
                .item(one)
                .item(several)
                .into()
        }
        RefOr::Ref(mut one) => {
            one.description = description.unwrap_or_default();
            RefOr::Ref(one)
        }
        one => one,
    }
}

/// The shape of this name in the document's components.
#[must_use]
pub fn named(name: impl AsRef<str>) -> Shape {
    Ref::from_schema_name(name.as_ref()).into()
}

/// Messages by field: an object with a list of texts for each name.
#[must_use]
pub fn messages() -> Shape {
    let texts = list_of(text()).min_items(Some(1)).build();
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("What is wrong with which field."))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Array(
            texts,
        )))))
        .into()
}

macro_rules! shapes {
    ($($(#[doc = $doc:literal])+ $type:ty, $name:literal => $shape:expr;)*) => {
        /// All of them by their names, for the document's components.
        #[must_use]
        pub fn all() -> Vec<(String, Shape)> {
            let id = (Id::<()>::name().into_owned(), Id::<()>::schema());
            vec![id, $(($name.to_owned(), <$type>::schema()),)*]
        }

        $(
            impl PartialSchema for $type {
                fn schema() -> Shape {
                    described(concat!($($doc, "\n"),+), $shape)
                }
            }

            impl ToSchema for $type {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed($name)
                }
            }
        )*
    };
}

fn described(text: &str, shape: impl Into<Shape>) -> Shape {
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let mut shape = shape.into();
    if let RefOr::T(schema) = &mut shape {
        let place = match schema {
            Schema::Object(schema) => &mut schema.description,
            Schema::Array(schema) => &mut schema.description,
            Schema::AnyOf(schema) => &mut schema.description,
            _ => return shape,
        };
        *place = Some(text);
    }
    shape
}

/// An e-mail address.
pub enum Address {}
/// A password.
pub enum Password {}
/// An IP address.
pub enum Ip {}
/// A network or an address.
pub enum Network {}
/// An id, or the caller's own.
pub enum IdOrCurrent {}
/// A moment, or a length of time before now.
pub enum Moment {}

const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// `resource:action`, `resource:*` or `*`, as [`Ability::parse`] takes it.
const ABILITY: &str = r"^(\*|[a-z0-9._-]{1,40}:(\*|[a-z0-9._-]{1,40}))$";

/// What no name has in it, as the content of a class of characters. Joiners and selectors of emoji depend on
/// what is around them, and characters beyond `FFFF` cannot be written in every dialect: both are left to
/// `util::unicode`.
macro_rules! never_in_a_name {
    () => {
        concat!(
            r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f",
            r"\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb",
        )
    };
}

/// As [`Name::parse`] takes it: something in it that is neither space nor shows nothing alone.
const NAME: &str = concat!(
    "^[^",
    never_in_a_name!(),
    "]*[^",
    never_in_a_name!(),
    r"\u0020\u00a0\u1680\u2000-\u200a\u200c\u200d\u202f\u205f\u3000\ufe0e\ufe0f",
    "][^",
    never_in_a_name!(),
    "]*$",
);

const NETWORK_V4: &str = concat!(
    r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}",
    r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$",
);
const NETWORK_V6: &str = concat!(
    r"^(([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,6}:|::)",
    r"/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$",
);

/// Whole seconds, minutes, hours or days. `util::duration` takes more ways to say the same.
const LENGTH: &str = "^(0|[1-9][0-9]{0,3}[smhd])$";

shapes! {
    /// A moment in UTC (RFC 3339).
    Timestamp, "Timestamp" => formatted(KnownFormat::DateTime);
    /// `resource:action`, `resource:*` (every action on it) or `*` (everything). Which there are is
    /// up to whoever runs this service: `GET /api/v1/abilities` lists them.
    Ability, "AbilityName" => text().pattern(Some(ABILITY)).examples(["tokens:read", "tokens:*", "*"]);
    /// What a token may do: these and nothing else. None grant nothing.
    Abilities, "Abilities" => list_of(named(Ability::name()))
        .max_items(Some(ability::MAX_ABILITIES))
        .unique_items(true);
    /// 1 to 255 characters, taken without the space around them; no control characters.
    Name, "Name" => text()
        .min_length(Some(1))
        .max_length(Some(name::MAX_CHARACTERS))
        .pattern(Some(NAME))
        .examples(["laptop"]);
    /// An e-mail address.
    Address, "EmailAddress" => text().examples(["ada@example.com"]);
    /// A password, exactly as it is.
    Password, "Password" => text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .write_only(true);
    /// An IP address.
    Ip, "IpAddress" => AnyOfBuilder::new()
        .item(formatted(KnownFormat::Ipv4))
        .item(formatted(KnownFormat::Ipv6));
    /// A network in CIDR notation, or one address.
    Network, "Network" => AnyOfBuilder::new()
        .item(formatted(KnownFormat::Ipv4))
        .item(formatted(KnownFormat::Ipv6))
        .item(text().pattern(Some(NETWORK_V4)).examples(["192.0.2.0/24"]))
        .item(text().pattern(Some(NETWORK_V6)).examples(["2001:db8::/32"]));
    /// An id, or `current`: the caller's own credential.
    IdOrCurrent, "IdOrCurrent" => AnyOfBuilder::new()
        .item(named("Id"))
        .item(one_of(["current"]));
    /// A moment (RFC 3339), a day, which is its first moment in UTC, or how long ago: `30d`, `2h`.
    Moment, "Moment" => AnyOfBuilder::new()
        .item(text().pattern(Some(LENGTH)).examples(["30d"]))
        .item(formatted(KnownFormat::Date))
        .item(formatted(KnownFormat::DateTime));
}

impl<T> PartialSchema for Id<T> {
    fn schema() -> Shape {
        let id = text()
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .pattern(Some(ID))
            .examples(["019ab6b0-0000-7000-8000-000000000000"]);
        described("Names one thing: a UUID in small letters (RFC 9562).", id)
    }
}

impl<T> ToSchema for Id<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Id")
    }
}
