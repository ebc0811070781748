//! The problem types. Each has its name for programs, its status, its title and an explanation.

use crate::error::Error;

/// One problem type.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// The last path segment of the problem's `type`. It is stable, for programs.
    pub slug: &'static str,
    /// The status of the response.
    pub status: u16,
    /// A short description.
    pub title: &'static str,
    /// The explanation and the remedy, in more detail than `detail`.
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($name:ident $status:literal $slug:literal $title:literal $meaning:literal;)*) => {
        $(const $name: ProblemType = ProblemType {
            slug: $slug,
            status: $status,
            title: $title,
            meaning: $meaning,
        };)*

        /// All problem types.
        pub const PROBLEM_TYPES: &[ProblemType] = &[$($name),*];
    };
}

kinds! {
    NOT_SIGNED_IN 401 "not-signed-in"
        "Not signed in"
        "No session and no token came with the request, or one that is unknown, ended, paused or expired. \
         Sign in, or send a live token as Authorization: Bearer. A refused token stays refused: ask its \
         owner for another one.";
    INVALID_CLIENT 401 "invalid-client"
        "The client is not known"
        "An OAuth client's password has to be the secret of a live token that may introspect. Its name \
         does not matter.";
    WRONG_PASSWORD 401 "wrong-password"
        "E-mail or password is wrong"
        "The two do not belong together, or the account is disabled: it is not said which. Each attempt \
         counts, and after a few they have to wait for one another.";
    MISSING_ABILITY 403 "missing-ability"
        "The token may not do this"
        "The token lets its bearer in, but not do this. The challenge names in scope what it would need. \
         Its owner can give it more abilities, or make another token that has them.";
    SESSIONS_ONLY 403 "sessions-only"
        "Only for a signed-in browser"
        "No token can do this, whatever its abilities: only somebody who signed in with a browser.";
    OUTLIVES_CALLER 403 "outlives-caller"
        "It would outlive the token that makes it"
        "A token makes and rotates only what ends no later than itself. Ask for a shorter life, or make it \
         in a browser.";
    CONFIRM_PASSWORD 403 "confirm-password"
        "Confirm your password first"
        "What cannot be undone asks for the password again when it was not given for a while. Confirm it \
         (POST /api/v1/confirm, or on the page) and repeat the request.";
    CROSS_SITE 403 "cross-site"
        "Sent from another site"
        "A page of another site made the browser send this, and nothing was done. An app of one's own is \
         let in when its origin is among those that the operator trusts.";
    HTTPS_REQUIRED 403 "https-required"
        "This page was opened by http"
        "The service is reached by https, and what a page sends that was opened by http is not taken: \
         others on the way can read and change it. A password that was entered there should be changed.";
    REGISTRATION_CLOSED 403 "registration-closed"
        "Registration is closed"
        "Accounts are made by whoever runs this service.";
    NOT_FOUND 404 "not-found"
        "Not found"
        "There is no such thing, it was deleted, or it is somebody else's: it is not said which.";
    METHOD_NOT_ALLOWED 405 "method-not-allowed"
        "Not possible here"
        "The address is right and takes other methods: those that the header Allow names.";
    TOO_SLOW 408 "too-slow"
        "Too slow"
        "The body did not come in the ten seconds that there are for it. Nothing was done: send it again.";
    FORM_SENT_TWICE 409 "form-sent-twice"
        "This was done before"
        "The same form came twice, as after a reload. It was done once.";
    OTHER_ACCOUNT 409 "other-account"
        "Another account is signed in in this browser"
        "The form was opened while one account was signed in, and sent while another one is. Nothing was \
         done: open the page again, with the account that it is meant for.";
    PREVIEW_OUTDATED 409 "preview-outdated"
        "The list has changed"
        "What the digest was made of is no longer what would end. Nothing was ended: look at a new preview \
         and decide again.";
    TOO_MANY_TOKENS 409 "too-many-tokens"
        "Too many tokens"
        "A user can have so many live tokens and no more. Nothing was made: revoke what is no longer used.";
    TOO_LARGE 413 "too-large"
        "Too much at once"
        "The body is longer than what is read. Nothing was done.";
    WRONG_MEDIA_TYPE 415 "wrong-media-type"
        "Wrong content type"
        "The body is of another type than the Content-Type that is taken here.";
    MISDIRECTED 421 "misdirected"
        "Wrong host name"
        "The request names a host that this service does not answer for. Use the address that its operator \
         gave you; an operator sets it as NARTHEX_PUBLIC_URL.";
    INVALID 422 "invalid"
        "Some fields need a change"
        "Each field that cannot be taken is named in errors, with what would do. Nothing was done.";
    THROTTLED 429 "throttled"
        "Too many attempts"
        "Guessing gets slower with every attempt. What comes before Retry-After is over is not looked at, \
         right or wrong.";
    MALFORMED 400 "malformed"
        "The request cannot be read"
        "It is not what it says that it is: no JSON, a header twice, text that is no UTF-8. Nothing was done.";
    INVALID_REQUEST 400 "invalid-request"
        "The request cannot be read"
        "A parameter of an OAuth request is missing, or is there twice (RFC 6749, section 5.2).";
    INTERNAL 500 "internal"
        "Something went wrong"
        "It is the service's fault and noted in its log. If it stays, tell whoever runs it, and when it was.";
    BUSY 503 "busy"
        "Busy just now"
        "More passwords are to be verified than can be at once. Nothing was counted: try again after \
         Retry-After.";
    UNAVAILABLE 503 "unavailable"
        "Not available just now"
        "The database did not answer in time. Nothing was changed: try again after Retry-After.";
    OUTCOME_UNKNOWN 503 "outcome-unknown"
        "It is not known whether that was done"
        "The database went away in the one moment in which nobody can say. Look whether it was done, and \
         repeat it if not.";
}

impl ProblemType {
    /// Returns the problem type with this `slug`.
    #[must_use]
    pub fn named(slug: &str) -> Option<&'static Self> {
        PROBLEM_TYPES.iter().find(|kind| kind.slug == slug)
    }
}

impl Error {
    /// Returns the problem type.
    #[must_use]
    pub const fn kind(&self) -> &'static ProblemType {
        match self {
            Self::NotSignedIn { .. } | Self::SeveralAuthorizations | Self::TokenMissing => {
                &NOT_SIGNED_IN
            }
            Self::InvalidClient => &INVALID_CLIENT,
            Self::InvalidRequest(_) => &INVALID_REQUEST,
            Self::WrongPassword => &WRONG_PASSWORD,
            Self::MissingAbility(_) => &MISSING_ABILITY,
            Self::SessionRequired => &SESSIONS_ONLY,
            Self::ExceedsCallerLifetime(_) => &OUTLIVES_CALLER,
            Self::DuplicateSubmission => &FORM_SENT_TWICE,
            Self::ReauthenticationRequired => &CONFIRM_PASSWORD,
            Self::CrossSite => &CROSS_SITE,
            Self::HttpsRequired(_) => &HTTPS_REQUIRED,
            Self::RegistrationClosed => &REGISTRATION_CLOSED,
            Self::NotFound => &NOT_FOUND,
            Self::MethodNotAllowed(_) => &METHOD_NOT_ALLOWED,
            Self::OtherAccount => &OTHER_ACCOUNT,
            Self::PreviewOutdated => &PREVIEW_OUTDATED,
            Self::TooManyTokens(_) => &TOO_MANY_TOKENS,
            Self::TooLarge(_) => &TOO_LARGE,
            Self::BodyTimeout => &TOO_SLOW,
            Self::WrongMediaType(_) => &WRONG_MEDIA_TYPE,
            Self::Misdirected => &MISDIRECTED,
            Self::Malformed(_) | Self::MultipleCredentials => &MALFORMED,
            Self::Invalid(_) => &INVALID,
            Self::Throttled(_) => &THROTTLED,
            Self::Busy => &BUSY,
            Self::Unavailable(_) | Self::SerializationFailure(_) => &UNAVAILABLE,
            Self::OutcomeUnknown(_) => &OUTCOME_UNKNOWN,
            Self::Internal(_) => &INTERNAL,
        }
    }
}
