//! Requirements on a caller: abilities of an app, and properties of the credential.

use crate::{
    credentials::Principal,
    error::{Error, Result},
    types::{ability::Ability as Name, credential_kind::CredentialType},
    util::clock::Timestamp,
};

/// An ability that an app declares: a permission of a token, such as `orders:read`.
///
/// [`abilities!`](crate::abilities) defines a type for each ability. A misspelt ability is then a
/// compile error.
pub trait Ability: Require {
    /// The name, `resource:action`.
    const NAME: &'static str;
    /// The meaning. Pages show it to the user who chooses the abilities of a token.
    const MEANING: &'static str;
}

/// A requirement on the caller of a route.
///
/// The types that implement it are the abilities of an app, tuples of up to eight requirements
/// (all of them), [`Any`] (one of them), [`SessionOnly`], [`TokenOnly`], [`Confirmed`], and `()`
/// (every caller). A session has every ability.
pub trait Require: 'static {
    /// Checks the requirement.
    #[doc(hidden)]
    fn check(held: &CheckedCaller<'_>) -> RequirementResult;

    /// Adds the abilities in this requirement, with their meanings, to `declared`.
    #[doc(hidden)]
    fn declare(declared: &mut Vec<(&'static str, &'static str)>);
}

/// The caller that a requirement is checked against.
#[doc(hidden)]
pub struct CheckedCaller<'a> {
    caller: &'a Principal,
    now: Timestamp,
}

/// The result of a check.
#[doc(hidden)]
#[derive(Debug, PartialEq, Eq)]
pub enum RequirementResult {
    /// The caller meets the requirement.
    Met,
    /// The caller lacks these abilities.
    Lacks(Vec<&'static str>),
    /// The caller must be a session.
    NeedsSession,
    /// The caller must be a token.
    NeedsToken,
    /// The user must confirm first.
    NeedsConfirmation,
}

impl CheckedCaller<'_> {
    /// Checks one ability by its name.
    #[doc(hidden)]
    #[must_use]
    pub fn ability(&self, name: &'static str) -> RequirementResult {
        let abilities = &self.caller.credential().abilities;
        let missing = Name::missing_among(&[name], |ability| abilities.grant(ability));
        if missing.is_empty() {
            RequirementResult::Met
        } else {
            RequirementResult::Lacks(missing)
        }
    }
}

/// Checks that `caller` meets the requirement `A`.
///
/// # Errors
/// [`Error::MissingAbility`], [`Error::SessionRequired`], [`Error::TokenMissing`] or
/// [`Error::ReauthenticationRequired`].
pub(super) fn require<A: Require>(caller: &Principal, now: Timestamp) -> Result<()> {
    match A::check(&CheckedCaller { caller, now }) {
        RequirementResult::Met => Ok(()),
        RequirementResult::Lacks(names) => Err(Error::MissingAbility(names.join(" "))),
        RequirementResult::NeedsSession => Err(Error::SessionRequired),
        RequirementResult::NeedsToken => Err(Error::TokenMissing),
        RequirementResult::NeedsConfirmation => Err(Error::ReauthenticationRequired),
    }
}

/// Returns the abilities that `A` declares, each once.
pub(super) fn declared_by<A: Require>() -> Vec<(&'static str, &'static str)> {
    let mut declared = Vec::new();
    A::declare(&mut declared);
    declared.sort_unstable();
    declared.dedup();
    declared
}

/// Returns the names of the abilities in `A`.
pub(super) fn names_in<A: Require>() -> Vec<&'static str> {
    let declared = declared_by::<A>().into_iter();
    declared.map(|(name, _)| name).collect()
}

/// The caller is a session. A token is refused with 403.
#[derive(Clone, Copy, Debug)]
pub struct SessionOnly;

/// The caller is a token. A session is refused with 401 and a challenge for a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenOnly;

/// The user confirmed the password or a second factor recently (`NARTHEX_CONFIRM_FOR`). A browser
/// is otherwise redirected to the confirmation page and back. A token needs no confirmation,
/// because its abilities decide.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed;

/// One requirement of the tuple `T`: `Any<(ReadOrders, ManageOrders)>`.
#[derive(Clone, Copy, Debug)]
pub struct Any<T>(std::marker::PhantomData<fn() -> T>);

/// A tuple of requirements of which one must be met.
#[doc(hidden)]
pub trait Alternatives: Require {
    fn check_any(held: &CheckedCaller<'_>) -> RequirementResult;
}

impl<T: Alternatives> Require for Any<T> {
    fn check(held: &CheckedCaller<'_>) -> RequirementResult {
        T::check_any(held)
    }

    fn declare(declared: &mut Vec<(&'static str, &'static str)>) {
        T::declare(declared);
    }
}

impl Require for () {
    fn check(_: &CheckedCaller<'_>) -> RequirementResult {
        RequirementResult::Met
    }

    fn declare(_: &mut Vec<(&'static str, &'static str)>) {}
}

impl Require for SessionOnly {
    fn check(held: &CheckedCaller<'_>) -> RequirementResult {
        match held.caller.credential().class() {
            CredentialType::Session => RequirementResult::Met,
            CredentialType::Token => RequirementResult::NeedsSession,
        }
    }

    fn declare(_: &mut Vec<(&'static str, &'static str)>) {}
}

impl Require for TokenOnly {
    fn check(held: &CheckedCaller<'_>) -> RequirementResult {
        match held.caller.credential().class() {
            CredentialType::Token => RequirementResult::Met,
            CredentialType::Session => RequirementResult::NeedsToken,
        }
    }

    fn declare(_: &mut Vec<(&'static str, &'static str)>) {}
}

impl Require for Confirmed {
    fn check(held: &CheckedCaller<'_>) -> RequirementResult {
        match held.caller.require_recent_authentication(held.now) {
            Ok(_) => RequirementResult::Met,
            Err(_) => RequirementResult::NeedsConfirmation,
        }
    }

    fn declare(_: &mut Vec<(&'static str, &'static str)>) {}
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {
        $(
            impl<$($name: Require),+> Require for ($($name,)+) {
                fn check(held: &CheckedCaller<'_>) -> RequirementResult {
                    let mut lacking = Vec::new();
                    $(
                        match $name::check(held) {
                            RequirementResult::Met => {}
                            RequirementResult::Lacks(names) => lacking.extend(names),
                            other => return other,
                        }
                    )+
                    if lacking.is_empty() { RequirementResult::Met } else { RequirementResult::Lacks(lacking) }
                }

                fn declare(declared: &mut Vec<(&'static str, &'static str)>) {
                    $($name::declare(declared);)+
                }
            }

            impl<$($name: Require),+> Alternatives for ($($name,)+) {
                fn check_any(held: &CheckedCaller<'_>) -> RequirementResult {
                    let mut lacking = Vec::new();
                    let mut other = None;
                    $(
                        match $name::check(held) {
                            RequirementResult::Met => return RequirementResult::Met,
                            RequirementResult::Lacks(names) => lacking.extend(names),
                            verdict => other = Some(verdict),
                        }
                    )+
                    other.unwrap_or(RequirementResult::Lacks(lacking))
                }
            }
        )+
    };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

/// Returns whether `name` is `resource:action`. Each part has 1 to 40 characters of
/// `a-z 0-9 - _ .`. [`abilities!`](crate::abilities) calls it at compile time.
#[doc(hidden)]
#[must_use]
pub const fn is_valid_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (mut index, mut length, mut separators) = (0, 0, 0);
    while index < bytes.len() {
        // The bound of the loop is checked above; `get` is not const yet.
        #[expect(clippy::indexing_slicing, reason = "the loop bounds the index")]
        let byte = bytes[index];
        match byte {
            b':' => {
                if length == 0 || separators == 1 {
                    return false;
                }
                separators = 1;
                length = 0;
            }
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                length += 1;
                if length > 40 {
                    return false;
                }
            }
            _ => return false,
        }
        index += 1;
    }
    separators == 1 && length > 0
}

/// Defines the abilities of an app, one type for each.
///
/// ```
/// narthex::abilities! {
///     /// Lists the orders of the user.
///     pub ReadOrders = "orders:read", "Read your orders";
///     pub PlaceOrders = "orders:write", "Place orders";
/// }
/// ```
///
/// A name that is not `resource:action` does not compile:
///
/// ```compile_fail
/// narthex::abilities! { pub ReadOrders = "orders", "Read your orders"; }
/// ```
#[macro_export]
macro_rules! abilities {
    ($($(#[$attribute:meta])* $visibility:vis $type:ident = $name:literal, $meaning:literal);+ $(;)?) => {
        $(
            $(#[$attribute])*
            #[doc = ::core::concat!("The ability `", $name, "`: ", $meaning, ".")]
            #[derive(Clone, Copy, Debug)]
            $visibility struct $type;

            const _: () = ::core::assert!(
                $crate::macro_support::is_valid_name($name),
                "name the ability resource:action in small letters, such as orders:read"
            );

            impl $crate::Ability for $type {
                const NAME: &'static str = $name;
                const MEANING: &'static str = $meaning;
            }

            impl $crate::Require for $type {
                fn check(
                    held: &$crate::macro_support::CheckedCaller<'_>,
                ) -> $crate::macro_support::RequirementResult {
                    held.ability($name)
                }

                fn declare(declared: &mut ::std::vec::Vec<(&'static str, &'static str)>) {
                    declared.push(($name, $meaning));
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_valid_if_the_catalogue_accepts_it() {
        for name in [
            "orders:read",
            "a:b",
            "a.b-c_1:d",
            "",
            ":",
            "a:",
            ":b",
            "a",
            "a:b:c",
            "A:b",
            "a:B",
            "a b:c",
            "*",
            "a:*",
            "*:a",
            "é:a",
        ] {
            let accepted = Name::parse(name).is_some() && !name.contains('*');
            assert_eq!(is_valid_name(name), accepted, "{name}");
        }
        let long = "x".repeat(41);
        assert!(is_valid_name(&format!("{0}:{0}", "x".repeat(40))));
        assert!(!is_valid_name(&format!("{long}:a")));
        assert!(!is_valid_name(&format!("a:{long}")));
    }
}
