//! Links from a response to the calls that take an id from it.

use utoipa::openapi::{Ref, RefOr, Response, link::LinkBuilder, path::Operation};

struct Links {
    /// The name of the response's schema.
    from: &'static str,
    /// The runtime expression of the id (OpenAPI 3.1, section 4.8.20.3).
    id: &'static str,
    /// The operation ids of the calls that take the id.
    to: &'static [&'static str],
}

const LINKS: [Links; 5] = [
    Links {
        from: "DeviceToken",
        id: "$response.body#/token/id",
        to: &["getToken", "changeToken", "rotateToken", "endToken"],
    },
    Links {
        from: "IssuedToken",
        id: "$response.body#/token/id",
        to: &["getToken", "changeToken", "rotateToken", "endToken"],
    },
    Links {
        from: "Token",
        id: "$response.body#/id",
        to: &["getToken", "changeToken", "rotateToken", "endToken"],
    },
    Links {
        from: "Session",
        id: "$response.body#/id",
        to: &["getSession", "endSession"],
    },
    Links {
        from: "Receipt",
        id: "$response.body#/id",
        to: &["getReceipt"],
    },
];

/// Adds the links to each response of an operation.
pub(super) fn add(operation: &mut Operation) {
    let own = operation.operation_id.clone().unwrap_or_default();
    for answer in operation.responses.responses.values_mut() {
        let RefOr::T(answer) = answer else { continue };
        let Some(links) = LINKS.iter().find(|links| is_a(answer, links.from)) else {
            continue;
        };
        for to in links.to.iter().filter(|to| **to != own) {
            let link = LinkBuilder::new()
                .operation_id(*to)
                .parameter("id", links.id);
            answer.links.insert((*to).to_owned(), link.build().into());
        }
    }
}

/// Returns whether the body of a response has the schema `name`.
fn is_a(answer: &Response, name: &str) -> bool {
    let Some(RefOr::T(content)) = answer.content.get("application/json") else {
        return false;
    };
    let Some(RefOr::Ref(shape)) = &content.schema else {
        return false;
    };
    *shape == Ref::from_schema_name(name)
}
