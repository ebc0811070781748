"""A Python service with Authlib: a resource server in Flask that introspects each token (RFC 7662) at
the endpoint in the metadata (RFC 8414), and a client that revokes tokens (RFC 7009)."""

import os

import requests
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from flask import Flask

NARTHEX = os.environ["NARTHEX"]
SERVICE_SECRET = os.environ["SERVICE_SECRET"]
TOKEN_SECRET = os.environ["TOKEN_SECRET"]


def expect(subject, actual, expected):
    assert actual == expected, f"{subject}: {actual!r}, not {expected!r}"


def discover():
    """The metadata, at the URL that Authlib derives, after Authlib's validation."""
    answer = requests.get(get_well_known_url(NARTHEX, external=True), timeout=10)
    expect("metadata", answer.status_code, 200)
    metadata = AuthorizationServerMetadata(answer.json())
    expect("issuer", metadata["issuer"], NARTHEX)
    # The tested server has no TLS, and Authlib requires https, as the standard does.
    with_tls = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    checked = AuthorizationServerMetadata(with_tls)
    # Every member except the two endpoints that only servers with OAuth grants have.
    for name in sorted(set(checked.REGISTRY_KEYS) - {"authorization_endpoint", "token_endpoint"}):
        getattr(checked, f"validate_{name}")()
    expect("required", checked["response_types_supported"], ["none"])
    return metadata


class NarthexValidator(IntrospectTokenValidator):
    def introspect_token(self, token_string):
        answer = shop.introspect_token(
            metadata["introspection_endpoint"], token=token_string
        )
        answer.raise_for_status()
        expect("content type", answer.headers["content-type"], "application/json")
        return answer.json()


metadata = discover()
shop = OAuth2Session(
    "shop", SERVICE_SECRET, token_endpoint_auth_method="client_secret_basic"
)
app = Flask("shop")
protect = ResourceProtector()
protect.register_token_validator(NarthexValidator())


@app.get("/me")
@protect("account:read")
def me():
    return {"username": current_token["username"], "sub": current_token["sub"]}


@app.get("/orders")
@protect("orders:write")
def orders():
    return {}


def visit(path, secret):
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    answer = app.test_client().get(path, headers=headers)
    return answer.status_code, answer.get_json()


# The service accepts exactly the tokens that Narthex reports as active.
status, user = visit("/me", TOKEN_SECRET)
expect("with a token", (status, user["username"]), (200, "ada@example.com"))
own = requests.get(
    f"{NARTHEX}/api/v1/user",
    headers={"Authorization": f"Bearer {TOKEN_SECRET}"},
    timeout=10,
).json()
expect("subject", user["sub"], own["id"])
status, refused = visit("/orders", TOKEN_SECRET)
expect("without the scope", (status, refused["error"]), (403, "insufficient_scope"))
expect("without a token", visit("/me", None)[0], 401)
status, refused = visit("/me", "unknown")
expect("with an unknown token", (status, refused["error"]), (401, "invalid_token"))

# A client with a wrong password is refused.
unknown_client = OAuth2Session("shop", "guess", token_endpoint_auth_method="client_secret_basic")
refused = unknown_client.introspect_token(metadata["introspection_endpoint"], token=TOKEN_SECRET)
expect("invalid client", (refused.status_code, refused.json()["error"]), (401, "invalid_client"))

# After the revocation, the service refuses the token at once.
for _ in range(2):
    revoked = shop.revoke_token(
        metadata["revocation_endpoint"],
        token=TOKEN_SECRET,
        token_type_hint="access_token",
    )
    expect("revocation", revoked.status_code, 200)
expect("after the revocation", visit("/me", TOKEN_SECRET)[0], 401)
missing = requests.post(metadata["revocation_endpoint"], data={"x": "y"}, timeout=10)
expect("missing token", (missing.status_code, missing.json()["error"]), (400, "invalid_request"))

print("Authlib: discovery, introspection for each request, challenges and revocation work")
