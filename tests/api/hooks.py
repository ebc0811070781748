"""Hooks with which schemathesis calls Narthex with a credential; see scripts/check-api."""

import os
import subprocess
import uuid

import requests
import schemathesis

URL = os.environ["CHECK_API_URL"]
NARTHEX = os.environ["CHECK_API_NARTHEX"]
EMAIL = os.environ["CHECK_API_EMAIL"]
EMAIL_TO_TRY = os.environ["CHECK_API_EMAIL_TO_TRY"]
PASSWORD = os.environ["CHECK_API_PASSWORD"]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Adds values that the document cannot contain: the abilities that the operator declared, and an
    account for sign-in. Also signs two browsers in, so that lists are not empty."""
    sign_in(), sign_in()
    catalogue = requests.get(f"{URL}/api/v1/abilities", headers=bearer(new_token())).json()
    names = [ability["name"] for ability in catalogue["data"]]
    stars = sorted({name.split(":")[0] + ":*" for name in names})
    shapes = raw_schema["components"]["schemas"]
    shapes["Abilities"]["items"] = {"type": "string", "enum": names + stars + ["*"]}
    shapes["EmailAddress"] = {"type": "string", "enum": [EMAIL_TO_TRY]}
    shapes["Password"] = {"type": "string", "enum": [PASSWORD]}


def new_token():
    """The secret of a new token with every ability."""
    command = [NARTHEX, "token", "add", EMAIL, "--name=check-api", "--ability=*"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def sign_in():
    """The cookie of a new session."""
    form = {"email": EMAIL, "password": PASSWORD}
    answer = requests.post(f"{URL}/login", data=form, allow_redirects=False)
    return answer.cookies["narthex"]


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


# Whether the last call may have ended or narrowed the credential of the caller.
may_have_changed = True


@schemathesis.hook
def after_call(context, case, response):
    global may_have_changed
    may_have_changed = may_have_changed or response.request.method not in ("GET", "HEAD", "OPTIONS")


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Corrects generated calls that the server must refuse although the document allows them: an
    idempotency key of another request, a revocation without a filter, a kind of another class, and a code."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    ends = case.method == "DELETE" and case.path in ("/api/v1/sessions", "/api/v1/tokens")
    # A revocation needs a filter, or `all` alone. OpenAPI cannot express this for parameters.
    if positive and ends:
        # An empty list adds nothing to the query.
        query = {name: value for name, value in (case.query or {}).items() if value not in ([], None)}
        query.pop("all", None)
        case.query = query or {"all": "true"}
    for fields in (case.query, case.body):
        if positive and isinstance(fields, dict) and fields.get("class") and fields.get("kind"):
            fields.pop("kind")
    # The caller has no second factor, so no code is right.
    if positive and case.path == "/api/v1/confirm" and isinstance(case.body, dict) and "code" in case.body:
        case.body = {"password": PASSWORD}
    if positive and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


class Caller:
    """A caller whose credential is replaced if a call ended or narrowed it, so that later calls are not
    refused for that reason."""

    credential = None

    def get(self, case, context):
        global may_have_changed
        if may_have_changed and not self.is_usable():
            self.credential = self.new_credential()
        may_have_changed = False
        return self.credential


class Token(Caller):
    """An API client with a token."""

    def new_credential(self):
        return new_token()

    def is_usable(self):
        if self.credential is None:
            return False
        answer = requests.get(f"{URL}/api/v1/tokens/current", headers=bearer(self.credential))
        return answer.status_code == 200 and answer.json()["abilities"] == ["*"]

    def set(self, case, secret, context):
        case.headers.update(bearer(secret))


class Session(Caller):
    """A page with the session cookie of a browser."""

    def new_credential(self):
        return sign_in()

    def is_usable(self):
        if self.credential is None:
            return False
        answer = requests.get(f"{URL}/api/v1/user", cookies={"narthex": self.credential})
        return answer.status_code == 200

    def set(self, case, cookie, context):
        case.cookies["narthex"] = cookie


CALLERS = {"token": Token, "session": Session}
schemathesis.auth(refresh_interval=None)(CALLERS[os.environ["CHECK_API_CALLER"]])
