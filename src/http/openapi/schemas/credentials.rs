//! Schemas of selections, classes and kinds.
//!
//! A selection is a query, where a field with several values is repeated, or a JSON object, where
//! it is a list. Both schemas come from the fields of `SelectionParams`.

use std::marker::PhantomData;

use ipnet::IpNet;
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::{Shape, schema};
use crate::{
    http::{openapi::schemas, response::paginated::Paged},
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
        ids::CredentialId,
    },
    util::clock::Timestamp,
};

schema! {
    CredentialType, "Class" => schemas::one_of(Self::ALL.map(Self::as_str));
    CredentialKind, "Kind" => schemas::one_of(Self::ALL.map(Self::as_str));
    SelectionBody, "Selection" => selection();
    SignOutBody, "SignOut" => selection().property(
        "digest",
        schemas::text().description(Some(
            "The digest of a preview. If the selection no longer matches it, nothing is revoked.",
        )),
    );
}

/// Returns the schema of the class `session`.
#[must_use]
pub fn session_class() -> Shape {
    schemas::one_of([CredentialType::Session.as_str()])
}

/// Returns the schema of the level of a sign-in.
#[must_use]
pub fn acr() -> Shape {
    schemas::one_of(["1", "2"])
}

/// Returns the schema of the methods that proved a user.
#[must_use]
pub fn amr() -> Shape {
    schemas::list_of(schemas::one_of(["pwd", "otp", "mfa"])).into()
}

/// Returns the schema of the class `token`.
#[must_use]
pub fn token_class() -> Shape {
    schemas::one_of([CredentialType::Token.as_str()])
}

/// Returns the schema of the kinds of sessions.
#[must_use]
pub fn session_kind() -> Shape {
    schemas::one_of(CredentialKind::of(CredentialType::Session).map(CredentialKind::as_str))
}

/// Returns the schema of the kinds of tokens.
#[must_use]
pub fn token_kind() -> Shape {
    schemas::one_of(CredentialKind::of(CredentialType::Token).map(CredentialKind::as_str))
}

/// The credentials of a list or of a revocation.
pub trait CredentialScope {
    /// The class, if only one is possible.
    const CLASS: Option<CredentialType>;
}

/// Sessions and tokens.
pub enum AnyCredential {}
/// Sessions only.
pub enum Sessions {}
/// Tokens only.
pub enum Tokens {}

impl CredentialScope for AnyCredential {
    const CLASS: Option<CredentialType> = None;
}
impl CredentialScope for Sessions {
    const CLASS: Option<CredentialType> = Some(CredentialType::Session);
}
impl CredentialScope for Tokens {
    const CLASS: Option<CredentialType> = Some(CredentialType::Token);
}

/// The query parameters of a selection.
struct Selected<A>(PhantomData<A>);

impl<A: CredentialScope> IntoParams for Selected<A> {
    fn into_params(location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut fields = SelectionParams::into_params(location);
        if let Some(class) = A::CLASS {
            for field in &mut fields {
                let names = match &*field.name {
                    "class" => schemas::one_of([class.as_str()]),
                    "kind" => {
                        schemas::one_of(CredentialKind::of(class).map(CredentialKind::as_str))
                    }
                    _ => continue,
                };
                field.schema = Some(schemas::list_of(names).into());
            }
        }
        fields
    }
}

/// The query parameters of a revocation: a selection, or `all`.
pub struct RevocationParams<A>(PhantomData<A>);

impl<A: CredentialScope> IntoParams for RevocationParams<A> {
    fn into_params(location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let all = ParameterBuilder::new()
            .name("all")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(
                "Selects all. It excludes other parameters. A call without parameters revokes nothing.",
            ))
            .schema(Some(schemas::only(true)));
        let mut fields = Selected::<A>::into_params(location);
        fields.push(all.build());
        fields
    }
}

/// The query parameters of a list.
pub struct Listed<A>(PhantomData<A>);

impl<A: CredentialScope> IntoParams for Listed<A> {
    fn into_params(location: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let ended = ParameterBuilder::new()
            .name("ended")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("Includes credentials that have ended."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::Boolean)));
        let mut fields = Selected::<A>::into_params(&location);
        fields.push(ended.build());
        fields.extend(Paged::into_params(location));
        fields
    }
}

/// A selection as a JSON object.
pub enum SelectionBody {}

/// A selection and the digest of its preview, as a JSON object.
pub enum SignOutBody {}

fn selection() -> ObjectBuilder {
    let object = schemas::closed_object().description(Some(
        "Fields combine with AND, the values of one field with OR. The empty selection selects \
         everything, the caller's own credential included.",
    ));
    let fields = SelectionParams::into_params(|| None);
    fields.into_iter().fold(object, |object, field| {
        let Some(shape) = field.schema else {
            return object;
        };
        object.property(
            field.name,
            schemas::one_or_several(shape, field.description),
        )
    })
}

/// The fields of a [`CredentialFilter`](crate::credentials::CredentialFilter) in a query.
#[expect(dead_code, reason = "describes the fields, and is never made")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct SelectionParams {
    /// Sessions or tokens.
    #[param(required = false)]
    class: Vec<CredentialType>,
    /// Credentials of these kinds.
    #[param(required = false)]
    kind: Vec<CredentialKind>,
    /// Only these credentials.
    #[param(required = false)]
    id: Vec<CredentialId>,
    /// All credentials but these.
    #[param(required = false, value_type = Vec<super::IdOrCurrent>)]
    except: Vec<CredentialId>,
    /// Not used since this time. For a credential that was never used, the time of its creation
    /// counts.
    #[param(required = false, value_type = super::Moment)]
    unused_since: Option<Timestamp>,
    /// Created before this time.
    #[param(required = false, value_type = super::Moment)]
    created_before: Option<Timestamp>,
    /// Last used from one of these networks.
    #[param(required = false, value_type = Vec<super::Network>)]
    from: Vec<IpNet>,
    /// Created by one of these credentials, or by a descendant of one.
    #[param(required = false)]
    made_by: Vec<CredentialId>,
    /// Has one of these abilities. A session has every ability.
    #[param(required = false)]
    ability: Vec<Ability>,
}
