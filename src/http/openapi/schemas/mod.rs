//! Schemas of simple values in JSON and in queries (OpenAPI 3.1, section 4.8.24).
//!
//! They are here and not at the types, so that `types` and `util` do not depend on OpenAPI. A
//! schema permits the same texts as the type's `parse`, or fewer if one pattern cannot express the
//! rule. A client that follows the schema is therefore never refused for the form of a value.

pub mod credentials;

use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        KnownFormat, Ref, RefOr, SchemaFormat,
        schema::{
            AdditionalProperties, AnyOfBuilder, Array, ArrayBuilder, ArrayItems, Object,
            ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
        },
    },
};

use crate::{
    factors::FactorMethod,
    types::{
        ability::{self, Abilities, Ability},
        id::Id,
        name::{self, Name},
    },
    util::clock::Timestamp,
};

/// A schema or a reference to one.
pub type Shape = RefOr<Schema>;

/// Returns a string schema to extend.
#[must_use]
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Returns a string schema with a format of JSON Schema.
fn formatted(format: KnownFormat) -> Object {
    let format = SchemaFormat::KnownFormat(format);
    text().format(Some(format)).build()
}

/// Returns a string schema with these values only.
#[must_use]
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Shape {
    text().enum_values(Some(names)).into()
}

/// Returns a string schema with these values as examples. Later versions may add values, so clients
/// must accept others.
#[must_use]
pub fn one_of_these_and_more<'a>(names: impl IntoIterator<Item = &'a str>) -> Shape {
    text().examples(names).into()
}

/// Returns a boolean schema with this value only.
#[must_use]
pub fn only(value: bool) -> Shape {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([value]))
        .into()
}

/// Returns a schema of an integer in these bounds, or `null`.
#[must_use]
pub fn number_or_null(minimum: u64, maximum: u64) -> Shape {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .minimum(Some(minimum))
        .maximum(Some(maximum))
        .into()
}

/// Returns a schema of values that match exactly one of two schemas.
#[must_use]
pub fn either(description: &str, shapes: [Shape; 2]) -> Shape {
    let either = OneOfBuilder::new().description(Some(description));
    shapes.into_iter().fold(either, OneOfBuilder::item).into()
}

/// Returns an array schema.
#[must_use]
pub fn list_of(items: impl Into<Shape>) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into())
}

fn not_empty(mut list: Array) -> Array {
    list.min_items = Some(1);
    list
}

/// Returns an object schema without additional members.
#[must_use]
pub fn closed_object() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

/// Returns the schema of a form in which each name, known or unknown, is present at most once.
#[must_use]
pub fn form_of_texts() -> ObjectBuilder {
    let text = RefOr::T(Schema::Object(text().build()));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::RefOr(text)))
}

/// Returns a schema of one value. If `shape` is a list, it accepts one item or a non-empty list.
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

/// Returns a reference to the schema `name` among the components.
#[must_use]
pub fn named(name: impl AsRef<str>) -> Shape {
    Ref::from_schema_name(name.as_ref()).into()
}

/// Returns the schema of field errors: an object with a list of messages for each field.
#[must_use]
pub fn messages() -> Shape {
    let texts = list_of(text()).min_items(Some(1)).build();
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Error messages by field."))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Array(
            texts,
        )))))
        .into()
}

/// Returns the schema of the methods of a second factor.
#[must_use]
pub fn factor_methods() -> Shape {
    let methods = [
        FactorMethod::Totp,
        FactorMethod::RecoveryCode,
        FactorMethod::Passkey,
    ];
    list_of(one_of(methods.map(FactorMethod::as_str)))
        .description(Some(
            "The second factors of the account, one of which is missing. This call takes the code of an authenticator app and a recovery code. A passkey needs the sign-in page.",
        ))
        .into()
}

/// Gives a type a schema and the name of the schema.
macro_rules! schema {
    ($($type:ty, $name:literal => $shape:expr;)*) => {$(
        impl utoipa::PartialSchema for $type {
            fn schema() -> $crate::http::openapi::schemas::Shape {
                $shape.into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    )*};
}
pub(crate) use schema;

macro_rules! shapes {
    ($($(#[doc = $doc:literal])+ $type:ty, $name:literal => $shape:expr;)*) => {
        /// Returns all schemas of this module by name, for the document's components.
        #[must_use]
        pub fn all() -> Vec<(String, Shape)> {
            let id = (Id::<()>::name().into_owned(), Id::<()>::schema());
            vec![id, $(($name.to_owned(), <$type>::schema()),)*]
        }

        $(schema! { $type, $name => described(concat!($($doc, "\n"),+), $shape); })*
    };
}

fn described(text: &str, shape: impl Into<Shape>) -> Shape {
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let mut shape = shape.into();
    if let RefOr::T(schema) = &mut shape {
        let description = match schema {
            Schema::Object(schema) => &mut schema.description,
            Schema::Array(schema) => &mut schema.description,
            Schema::AnyOf(schema) => &mut schema.description,
            _ => return shape,
        };
        *description = Some(text);
    }
    shape
}

/// Schema of an e-mail address.
pub enum Address {}
/// Schema of a password.
pub enum Password {}
/// Schema of a code of a second factor.
pub enum Code {}
/// Schema of an IP address.
pub enum Ip {}
/// Schema of a network or an address.
pub enum Network {}
/// Schema of an id or `current`.
pub enum IdOrCurrent {}
/// Schema of a time, or of a length of time before now.
pub enum Moment {}

const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// Six digits, or the groups of a recovery code of Narthex or of Laravel. `Code::parse` forgives
/// more: case, spaces, and `I`, `L` and `O` for digits.
const CODE: &str = concat!(
    "^([0-9]{6}|[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}",
    "|[0-9A-Za-z]{10}-[0-9A-Za-z]{10})$"
);

/// `resource:action`, `resource:*` or `*`, as [`Ability::parse`] accepts it.
const ABILITY: &str = r"^(\*|[a-z0-9._-]{1,40}:(\*|[a-z0-9._-]{1,40}))$";

/// The characters that are refused in a name, as the content of a character class. Two cases are
/// left to `util::unicode`: joiners and selectors of emoji depend on their neighbours, and some
/// regex dialects cannot write characters beyond `FFFF`.
macro_rules! forbidden_in_a_name {
    () => {
        concat!(
            r"\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f",
            r"\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb",
        )
    };
}

/// Matches a name as [`Name::parse`] accepts it: one character at least is neither a space nor
/// invisible on its own.
const NAME: &str = concat!(
    "^[^",
    forbidden_in_a_name!(),
    "]*[^",
    forbidden_in_a_name!(),
    r"\u0020\u00a0\u1680\u2000-\u200a\u200c\u200d\u202f\u205f\u3000\ufe0e\ufe0f",
    "][^",
    forbidden_in_a_name!(),
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

/// A whole number of seconds, minutes, hours or days. `util::duration` accepts more forms.
const LENGTH: &str = "^(0|[1-9][0-9]{0,3}[smhd])$";

shapes! {
    /// A time in UTC (RFC 3339).
    Timestamp, "Timestamp" => formatted(KnownFormat::DateTime);
    /// `resource:action`, `resource:*` (every action on the resource) or `*` (everything). The
    /// operator defines the abilities. `GET /api/v1/abilities` lists them.
    Ability, "AbilityName" => text().pattern(Some(ABILITY)).examples(["tokens:read", "tokens:*", "*"]);
    /// The abilities of a token. An empty list permits nothing.
    Abilities, "Abilities" => list_of(named(Ability::name()))
        .max_items(Some(ability::MAX_ABILITIES))
        .unique_items(true);
    /// 1 to 255 characters without control characters. Spaces around the name are removed.
    Name, "Name" => text()
        .min_length(Some(1))
        .max_length(Some(name::MAX_CHARACTERS))
        .pattern(Some(NAME))
        .examples(["laptop"]);
    /// An e-mail address.
    Address, "EmailAddress" => text().examples(["ada@example.com"]);
    /// A password. Spaces are part of it.
    Password, "Password" => text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .write_only(true);
    /// Six digits of an authenticator app, or a recovery code.
    Code, "Code" => text()
        .pattern(Some(CODE))
        .examples(["123456"])
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
    /// An id, or `current` for the caller's own credential.
    IdOrCurrent, "IdOrCurrent" => AnyOfBuilder::new()
        .item(named("Id"))
        .item(one_of(["current"]));
    /// A time (RFC 3339), a day (its first moment in UTC), or a length of time before now: `30d`,
    /// `2h`.
    Moment, "Moment" => AnyOfBuilder::new()
        .item(text().pattern(Some(LENGTH)).examples(["30d"]))
        .item(formatted(KnownFormat::Date))
        .item(formatted(KnownFormat::DateTime));
}

impl<T> utoipa::PartialSchema for Id<T> {
    fn schema() -> Shape {
        let id = text()
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .pattern(Some(ID))
            .examples(["019ab6b0-0000-7000-8000-000000000000"]);
        described("A UUID in lower case (RFC 9562).", id)
    }
}

impl<T> utoipa::ToSchema for Id<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("Id")
    }
}
