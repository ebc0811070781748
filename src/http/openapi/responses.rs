//! The error responses: each status once, with the calls that can answer with it.

use std::collections::BTreeMap;

use utoipa::{
    ToSchema as _,
    openapi::{
        AllOfBuilder, Content, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
    },
};

use super::{
    is_oauth, is_probe,
    schemas::{self, Shape},
};
use crate::{
    config::Mount,
    http::{auth::Access, paths, response::error_response::Problem, routes::Route},
};

/// The media type of a problem (RFC 9457, section 3).
const PROBLEM: &str = "application/problem+json";

struct Answer {
    status: u16,
    /// The name of the response among the components.
    name: &'static str,
    description: &'static str,
    /// The last path segments of the problem's `type`.
    types: &'static [&'static str],
    headers: &'static [(&'static str, &'static str)],
    /// Returns whether a call can answer so, in addition to the handlers that document this status.
    applies_to: fn(&Route, &Operation) -> bool,
}

const CHALLENGE: &[(&str, &str)] = &[(
    "WWW-Authenticate",
    "`Bearer`, with `error` and, for a missing ability, `scope` (RFC 6750, section 3).",
)];
const RETRY: &[(&str, &str)] = &[(
    "Retry-After",
    "The number of seconds after which to try again.",
)];

const ANSWERS: [Answer; 14] = [
    Answer {
        status: 400,
        name: "Malformed",
        description: "The request cannot be read.",
        types: &["malformed"],
        headers: &[],
        applies_to: |route, _| route.path != paths::HEALTH,
    },
    Answer {
        status: 401,
        name: "NotSignedIn",
        description: "Authentication failed: the credential is missing or invalid, or the user must \
                      set up a second factor first.",
        types: &[
            "not-signed-in",
            "wrong-password",
            "second-factor-required",
            "insufficient-user-authentication",
        ],
        headers: CHALLENGE,
        applies_to: |route, _| !matches!(route.access, Access::Public),
    },
    Answer {
        status: 403,
        name: "Forbidden",
        description: "The caller is not authorized, or must re-authenticate first.",
        types: &[
            "missing-ability",
            "sessions-only",
            "outlives-caller",
            "confirm-password",
            "email-not-verified",
            "cross-site",
        ],
        headers: CHALLENGE,
        applies_to: |route, _| {
            matches!(
                route.access,
                Access::Abilities(_) | Access::OAuthClient(_) | Access::SessionOnly
            ) || !route.method.is_safe()
        },
    },
    Answer {
        status: 404,
        name: "NotFound",
        description: "The object does not exist, or belongs to another user.",
        types: &["not-found"],
        headers: &[],
        applies_to: |route, _| route.path.contains('{'),
    },
    Answer {
        status: 408,
        name: "TooSlow",
        description: "The body did not arrive in time.",
        types: &["too-slow"],
        headers: &[],
        applies_to: |_, operation| operation.request_body.is_some(),
    },
    Answer {
        status: 409,
        name: "Outdated",
        description: "The digest no longer matches the selection. Nothing was revoked.",
        types: &["preview-outdated"],
        headers: &[],
        applies_to: |route, _| route.path == paths::API_SIGN_OUT,
    },
    Answer {
        status: 409,
        name: "TooManyTokens",
        description: "The user has reached the limit of active tokens. No token was created.",
        types: &["too-many-tokens"],
        headers: &[],
        applies_to: |route, _| {
            let creates_token = route.path == paths::API_TOKENS && route.method.as_str() == "POST";
            creates_token || route.path == paths::API_SIGN_IN
        },
    },
    Answer {
        status: 413,
        name: "TooLarge",
        description: "The body is too long.",
        types: &["too-large"],
        headers: &[],
        applies_to: |_, operation| operation.request_body.is_some(),
    },
    Answer {
        status: 415,
        name: "WrongMediaType",
        description: "The media type of the body is not supported.",
        types: &["wrong-media-type"],
        headers: &[],
        applies_to: |route, operation| operation.request_body.is_some() && !is_oauth(route),
    },
    Answer {
        status: 421,
        name: "Misdirected",
        description: "The request names a host that this server does not serve.",
        types: &["misdirected"],
        headers: &[],
        applies_to: |route, _| !is_probe(route),
    },
    Answer {
        status: 422,
        name: "Invalid",
        description: "Some fields are invalid. `errors` says for each how to correct it.",
        types: &["invalid"],
        headers: &[],
        applies_to: |route, _| !is_probe(route) && !is_oauth(route),
    },
    Answer {
        status: 429,
        name: "Throttled",
        description: "Too many attempts, or too many changes of one account in a minute.",
        types: &["throttled"],
        headers: RETRY,
        applies_to: |route, _| {
            route.is_change() || [paths::API_SIGN_IN, paths::API_CONFIRM].contains(&route.path)
        },
    },
    Answer {
        status: 500,
        name: "Broken",
        description: "The server has failed.",
        types: &["internal"],
        headers: &[],
        applies_to: |route, _| route.path != paths::HEALTH,
    },
    Answer {
        status: 503,
        name: "Unavailable",
        description: "The service is temporarily unavailable. Nothing was changed, unless the \
                      `type` is `outcome-unknown`: then the change may exist or not.",
        types: &["unavailable", "busy", "outcome-unknown"],
        headers: RETRY,
        applies_to: |route, _| route.path != paths::HEALTH,
    },
];

/// Returns all error responses by name, for the document's components.
pub(super) fn all(mount: &Mount) -> BTreeMap<String, RefOr<Response>> {
    let by_name = ANSWERS
        .iter()
        .map(|answer| (answer.name.to_owned(), answer.response(mount).into()));
    by_name.collect()
}

/// Adds the error responses to an operation. An error response that the handler documents itself
/// gets the headers and the schema of a problem.
pub(super) fn add(operation: &mut Operation, route: &Route) {
    for answer in &ANSWERS {
        let status = answer.status.to_string();
        let documented = operation.responses.responses.get_mut(&status);
        if let Some(RefOr::T(documented)) = documented {
            answer.apply(documented);
        } else if (answer.applies_to)(route, operation) {
            let reference = Ref::from_response_name(answer.name);
            operation
                .responses
                .responses
                .insert(status, reference.into());
        }
    }
}

impl Answer {
    fn response(&self, mount: &Mount) -> Response {
        let types: Vec<String> = self
            .types
            .iter()
            .map(|slug| format!("`{}`", mount.url(&paths::problem(slug))))
            .collect();
        let description = format!("{} `type`: {}.", self.description, types.join(", "));
        let mut response = ResponseBuilder::new().description(description).build();
        self.apply(&mut response);
        response
    }

    fn apply(&self, response: &mut Response) {
        let content = Content::new(Some(self.shape()));
        response.content.insert(PROBLEM.to_owned(), content.into());
        for (name, description) in self.headers {
            let mut header = Header::new(schemas::text());
            header.description = Some((*description).to_owned());
            response.headers.insert((*name).to_owned(), header.into());
        }
    }

    fn shape(&self) -> Shape {
        let problem = schemas::named(Problem::name());
        if self.status == 422 {
            let with_errors = ObjectBuilder::new().required("errors");
            return AllOfBuilder::new().item(problem).item(with_errors).into();
        }
        problem
    }
}
