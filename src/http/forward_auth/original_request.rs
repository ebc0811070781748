//! What a proxy asks of the callers of an app: read once, for it stands in the proxy's configuration and is
//! the same for each request.

use std::rc::Rc;

use crate::{
    credentials::Principal,
    error::{Error, Result},
    http::{auth::AcceptedCredentials, middleware::body::Query},
    types::ability::Ability,
    util::bounded_memo::Memo,
};

/// A question: `?ability=…&any=…&by=…&redirect=on&preflight=allow`.
pub(super) struct Question {
    all: Vec<Asked>,
    any: Vec<Asked>,
    /// Which credentials count.
    pub(super) by: AcceptedCredentials,
    /// Whether a CORS-preflight request passes.
    pub(super) preflight: bool,
    /// Whether a person who is not signed in is led to the sign-in page.
    pub(super) redirect: bool,
}

/// An ability as it was written, and read. One that is misspelt is had by nobody: a mistake in the proxy's
/// configuration shuts a door and opens none.
type Asked = (String, Option<Ability>);

impl Question {
    fn read(query: &str) -> Result<Self> {
        let mut fields = Query::read(query)?.0;
        let read = |name: String| {
            let ability = Ability::parse(&name);
            (name, ability)
        };
        let question = Self {
            all: fields.many("ability").into_iter().map(read).collect(),
            any: fields.many("any").into_iter().map(read).collect(),
            by: fields.read("by", counts).unwrap_or_default(),
            preflight: fields.text("preflight") == "allow",
            redirect: fields.text("redirect") == "on",
        };
        fields.finish()?;
        Ok(question)
    }

    /// Makes sure that the caller has all, and any, of what is asked.
    ///
    /// # Errors
    /// [`Error::MissingAbility`].
    pub(super) fn insert(&self, caller: &Principal) -> Result<()> {
        let granted = &caller.credential.abilities;
        let has = |(_, ability): &Asked| {
            let ability = ability.as_ref();
            ability.is_some_and(|ability| granted.grant(ability))
        };
        let missing = contains(self.all.iter().filter(|asked| !has(asked)));
        if !missing.is_empty() {
            return Err(Error::MissingAbility(missing.join(" ")));
        }
        if !self.any.is_empty() && !self.any.iter().any(has) {
            return Err(Error::MissingAbility(contains(self.any.iter()).join(" ")));
        }
        Ok(())
    }
}

fn counts(text: &str) -> Result<AcceptedCredentials, &'static str> {
    match text {
        "session" => Ok(AcceptedCredentials::Sessions),
        "token" => Ok(AcceptedCredentials::Tokens),
        _ => Err("Give session or token."),
    }
}

fn contains<'a>(asked: impl Iterator<Item = &'a Asked>) -> Vec<&'a str> {
    asked.map(|(name, _)| &**name).collect()
}

/// How many questions are known at most, for each worker, and how long one may be, in bytes: whoever reaches
/// us may ask anything.
const MAX_ENTRIES: usize = 64;
const MAX_LENGTH: usize = 512;

/// Questions that were asked before, by their text. One that is wrong is read each time.
#[derive(Default)]
pub struct KnownQuestions(Memo<String, Rc<Question>, MAX_ENTRIES>);

impl KnownQuestions {
    /// The question that `query` is.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub(super) fn read(&self, query: &str) -> Result<Rc<Question>> {
        let read = || Question::read(query).map(Rc::new);
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
    fn a_question_is_read_once_and_a_wrong_one_is_wrong_each_time() {
        let questions = KnownQuestions::default();
        let first = questions.read("ability=a:b&redirect=on").unwrap();
        assert!(first.redirect);
        let again = questions.read("ability=a:b&redirect=on").unwrap();
        assert!(Rc::ptr_eq(&first, &again));
        assert!(!questions.read("ability=a:b").unwrap().redirect);
        assert!(questions.read("by=cookie").is_err());
        for _ in 0..2 {
            assert!(questions.read("abilty=a:b").is_err());
        }
    }

    #[test]
    fn what_is_known_is_bounded() {
        let questions = KnownQuestions::default();
        for number in 0..=MAX_ENTRIES {
            assert!(questions.read(&format!("ability=a:{number}")).is_ok());
        }
        assert!(
            questions
                .read(&format!("ability={}", "a".repeat(MAX_LENGTH)))
                .is_ok()
        );
        let known = questions.0.asked();
        assert!(known.len() <= MAX_ENTRIES);
        assert!(known.iter().all(|query| query.len() <= MAX_LENGTH));
    }
}
