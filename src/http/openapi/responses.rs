//! What is answered when something is not done: each status said once, and which calls it is for.

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
use crate::http::{auth::Access, paths, response::error_response::Problem, routes::Route};

/// The media type of a problem (RFC 9457, section 3).
const PROBLEM: &str = "application/problem+json";

struct Answer {
    status: u16,
    /// Its name among the components.
    name: &'static str,
    description: &'static str,
    /// The last parts of the problem's `type`.
    types: &'static [&'static str],
    headers: &'static [(&'static str, &'static str)],
    /// Whether this call may be answered so, besides where its handler says so.
    belongs_to: fn(&Route, &Operation) -> bool,
}

const CHALLENGE: &[(&str, &str)] = &[(
    "WWW-Authenticate",
    "`Bearer`, with `error` and, for a missing ability, `scope` (RFC 6750, section 3).",
)];
const RETRY: &[(&str, &str)] = &[("Retry-After", "After how many seconds to ask again.")];

const ANSWERS: [Answer; 14] = [
    Answer {
        status: 400,
        name: "Malformed",
        description: "The request cannot be read.",
        types: &["malformed"],
        headers: &[],
        belongs_to: |route, _| route.path != paths::HEALTH,
    },
    Answer {
        status: 401,
        name: "NotSignedIn",
        description: "Nobody is recognised: no pass came, or a bad one.",
        types: &["not-signed-in", "wrong-password"],
        headers: CHALLENGE,
        belongs_to: |route, _| !matches!(route.access, Access::Public),
    },
    Answer {
        status: 403,
        name: "Forbidden",
        description: "The caller may not do this, or has to confirm the password first.",
        types: &[
            "missing-ability",
            "sessions-only",
            "outlives-caller",
            "confirm-password",
            "cross-site",
        ],
        headers: CHALLENGE,
        belongs_to: |route, _| {
            matches!(
                route.access,
                Access::Abilities(_) | Access::OAuthClient(_) | Access::SessionOnly
            ) || !route.method.is_safe()
        },
    },
    Answer {
        status: 404,
        name: "NotFound",
        description: "There is no such thing, or it is somebody else's.",
        types: &["not-found"],
        headers: &[],
        belongs_to: |route, _| route.path.contains('{'),
    },
    Answer {
        status: 408,
        name: "TooSlow",
        description: "The body did not come in time.",
        types: &["too-slow"],
        headers: &[],
        belongs_to: |_, operation| operation.request_body.is_some(),
    },
    Answer {
        status: 409,
        name: "Outdated",
        description: "The digest no longer fits what would end; nothing was ended.",
        types: &["preview-outdated"],
        headers: &[],
        belongs_to: |route, _| route.path == paths::API_SIGN_OUT,
    },
    Answer {
        status: 409,
        name: "TooManyTokens",
        description: "The user has as many live tokens as one may have; none was made.",
        types: &["too-many-tokens"],
        headers: &[],
        belongs_to: |route, _| {
            let makes_one = route.path == paths::API_TOKENS && route.method.as_str() == "POST";
            makes_one || route.path == paths::API_SIGN_IN
        },
    },
    Answer {
        status: 413,
        name: "TooLarge",
        description: "The body is too long.",
        types: &["too-large"],
        headers: &[],
        belongs_to: |_, operation| operation.request_body.is_some(),
    },
    Answer {
        status: 415,
        name: "WrongMediaType",
        description: "The body is of another media type.",
        types: &["wrong-media-type"],
        headers: &[],
        belongs_to: |route, operation| operation.request_body.is_some() && !is_oauth(route),
    },
    Answer {
        status: 421,
        name: "Misdirected",
        description: "The request names a host that this is not.",
        types: &["misdirected"],
        headers: &[],
        belongs_to: |route, _| !is_probe(route),
    },
    Answer {
        status: 422,
        name: "Invalid",
        description: "Fields that cannot be taken, each with what to do about it in `errors`.",
        types: &["invalid"],
        headers: &[],
        belongs_to: |route, _| !is_probe(route) && !is_oauth(route),
    },
    Answer {
        status: 429,
        name: "Throttled",
        description: "Too many attempts, or too many changes of one account in a minute.",
        types: &["throttled"],
        headers: RETRY,
        belongs_to: |route, _| {
            route.is_change() || [paths::API_SIGN_IN, paths::API_CONFIRM].contains(&route.path)
        },
    },
    Answer {
        status: 500,
        name: "Broken",
        description: "Something is wrong with the service itself.",
        types: &["internal"],
        headers: &[],
        belongs_to: |route, _| route.path != paths::HEALTH,
    },
    Answer {
        status: 503,
        name: "Unavailable",
        description: "Not available just now. Nothing was changed; but where the `type` is \
                      `outcome-unknown`, nobody knows.",
        types: &["unavailable", "busy", "outcome-unknown"],
        headers: RETRY,
        belongs_to: |route, _| route.path != paths::HEALTH,
    },
];

/// All of them, by name, for the document's components.
pub(super) fn all() -> BTreeMap<String, RefOr<Response>> {
    let named = ANSWERS
        .iter()
        .map(|answer| (answer.name.to_owned(), answer.whole().into()));
    named.collect()
}

/// Adds to a call what it may be answered besides what its handler says, and to what its handler
/// says of a refusal the form that every refusal has.
pub(super) fn add(operation: &mut Operation, route: &Route) {
    for answer in &ANSWERS {
        let status = answer.status.to_string();
        let said = operation.responses.responses.get_mut(&status);
        if let Some(RefOr::T(said)) = said {
            answer.apply(said);
        } else if (answer.belongs_to)(route, operation) {
            let reference = Ref::from_response_name(answer.name);
            operation
                .responses
                .responses
                .insert(status, reference.into());
        }
    }
}

impl Answer {
    fn whole(&self) -> Response {
        let types: Vec<String> = self
            .types
            .iter()
            .map(|slug| format!("`/problems/{slug}`"))
            .collect();
        let description = format!("{} `type`: {}.", self.description, types.join(", "));
        let mut whole = ResponseBuilder::new().description(description).build();
        self.apply(&mut whole);
        whole
    }

    fn apply(&self, said: &mut Response) {
        let content = Content::new(Some(self.shape()));
        said.content.insert(PROBLEM.to_owned(), content.into());
        for (name, description) in self.headers {
            let mut header = Header::new(schemas::text());
            header.description = Some((*description).to_owned());
            said.headers.insert((*name).to_owned(), header.into());
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
