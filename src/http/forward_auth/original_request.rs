//! The parameters of forward auth. They are part of the proxy's configuration and the same for each
//! request, so they are parsed once.

use std::{rc::Rc, time::Duration};

use crate::{
    credentials::Principal,
    error::{Error, Result},
    http::{auth::AcceptedCredentials, middleware::body::Query},
    types::{
        ability::Ability,
        assurance::{ACR_ONE_FACTOR, ACR_TWO_FACTORS, RequiredAssurance},
        message::{Message, field},
    },
    util::{bounded_memo::Memo, duration},
};

/// The parameters `?ability=…&any=…&acr=…&max_age=…&by=…&redirect=on&preflight=allow`.
pub(super) struct VerifyParams {
    all: Vec<RequiredAbility>,
    any: Vec<RequiredAbility>,
    /// The required proof of the user (RFC 9470).
    pub(super) assurance: Option<RequiredAssurance>,
    /// The accepted credentials.
    pub(super) by: AcceptedCredentials,
    /// Whether CORS-preflight requests are authorized without a credential.
    pub(super) preflight: bool,
    /// Whether a user who is not signed in is redirected to the sign-in page.
    pub(super) redirect: bool,
}

/// The name of an ability, and the ability. No caller has a misspelt ability, so a mistake in the
/// proxy's configuration only denies access.
type RequiredAbility = (String, Option<Ability>);

impl VerifyParams {
    fn read(query: &str) -> Result<Self> {
        let mut fields = Query::read(query)?.0;
        let read = |name: String| {
            let ability = Ability::parse(&name);
            (name, ability)
        };
        let required = RequiredAssurance {
            acr: fields.read("acr", acr),
            max_age: fields.read("max_age", max_age),
        };
        let is_required = required.acr.is_some() || required.max_age.is_some();
        let params = Self {
            assurance: is_required.then_some(required),
            all: fields.many("ability").into_iter().map(read).collect(),
            any: fields.many("any").into_iter().map(read).collect(),
            by: fields.read("by", accepted_credentials).unwrap_or_default(),
            preflight: fields.text("preflight") == "allow",
            redirect: fields.text("redirect") == "on",
        };
        fields.finish()?;
        Ok(params)
    }

    /// Checks that the caller has all required abilities, and one of the alternatives.
    ///
    /// # Errors
    /// [`Error::MissingAbility`].
    pub(super) fn authorize(&self, caller: &Principal) -> Result<()> {
        let granted = &caller.credential().abilities;
        let has = |(_, ability): &RequiredAbility| {
            let ability = ability.as_ref();
            ability.is_some_and(|ability| granted.grant(ability))
        };
        let missing = names(self.all.iter().filter(|required| !has(required)));
        if !missing.is_empty() {
            return Err(Error::MissingAbility(missing.join(" ")));
        }
        if !self.any.is_empty() && !self.any.iter().any(has) {
            return Err(Error::MissingAbility(names(self.any.iter()).join(" ")));
        }
        Ok(())
    }
}

fn accepted_credentials(text: &str) -> Result<AcceptedCredentials, Message> {
    match text {
        "session" => Ok(AcceptedCredentials::Sessions),
        "token" => Ok(AcceptedCredentials::Tokens),
        _ => Err(field::class_unknown()),
    }
}

fn acr(text: &str) -> Result<&'static str, Message> {
    match text {
        ACR_ONE_FACTOR => Ok(ACR_ONE_FACTOR),
        ACR_TWO_FACTORS => Ok(ACR_TWO_FACTORS),
        _ => Err(field::acr_unknown()),
    }
}

/// Zero is refused: each confirmation would be too old when the browser comes back.
fn max_age(text: &str) -> Result<Duration, Message> {
    duration::parse(text)
        .filter(|age| age.as_secs() > 0)
        .ok_or_else(field::max_age_malformed)
}

fn names<'a>(required: impl Iterator<Item = &'a RequiredAbility>) -> Vec<&'a str> {
    required.map(|(name, _)| &**name).collect()
}

/// The largest number of cached queries per worker, and the largest length of one in bytes. A
/// client may send any query.
const MAX_ENTRIES: usize = 64;
const MAX_LENGTH: usize = 512;

/// A cache of parsed parameters, by their query. Invalid ones are not cached.
#[derive(Default)]
pub struct VerifyParamsCache(Memo<String, Rc<VerifyParams>, MAX_ENTRIES>);

impl VerifyParamsCache {
    /// Returns the parameters in `query`.
    ///
    /// # Errors
    /// The errors by field.
    pub(super) fn read(&self, query: &str) -> Result<Rc<VerifyParams>> {
        let read = || VerifyParams::read(query).map(Rc::new);
        if query.len() > MAX_LENGTH {
            return read();
        }
        self.0.get_or(query, read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_parameters_are_cached() {
        let cache = VerifyParamsCache::default();
        let first = cache.read("ability=a:b&redirect=on").unwrap();
        assert!(first.redirect);
        let again = cache.read("ability=a:b&redirect=on").unwrap();
        assert!(Rc::ptr_eq(&first, &again));
        assert!(!cache.read("ability=a:b").unwrap().redirect);
        for invalid in ["by=cookie", "acr=3", "acr=", "max_age=0", "max_age=soon"] {
            assert!(cache.read(invalid).is_err(), "{invalid}");
        }
        for _ in 0..2 {
            assert!(cache.read("abilty=a:b").is_err());
        }
    }

    #[test]
    fn cache_is_bounded() {
        let cache = VerifyParamsCache::default();
        for number in 0..=MAX_ENTRIES {
            assert!(cache.read(&format!("ability=a:{number}")).is_ok());
        }
        assert!(
            cache
                .read(&format!("ability={}", "a".repeat(MAX_LENGTH)))
                .is_ok()
        );
        let cached = cache.0.keys();
        assert!(cached.len() <= MAX_ENTRIES);
        assert!(cached.iter().all(|query| query.len() <= MAX_LENGTH));
    }
}
