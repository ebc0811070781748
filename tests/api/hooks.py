"""What schemathesis has to be told to call Narthex as somebody: see scripts/check-api."""

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
    """What no document can know: which abilities the operator declared, and one account by which to sign
    in. Also something to look at: two browsers that are signed in."""
    sign_in(), sign_in()
    catalogue = requests.get(f"{URL}/api/v1/abilities", headers=bearer(new_token())).json()
    names = [ability["name"] for ability in catalogue["data"]]
    stars = sorted({name.split(":")[0] + ":*" for name in names})
    shapes = raw_schema["components"]["schemas"]
    shapes["Abilities"]["items"] = {"type": "string", "enum": names + stars + ["*"]}
    shapes["EmailAddress"] = {"type": "string", "enum": [EMAIL_TO_TRY]}
    shapes["Password"] = {"type": "string", "enum": [PASSWORD]}


def new_token():
    """A token that may do everything."""
    command = [NARTHEX, "token", "add", EMAIL, "--name=check-api", "--ability=*"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def sign_in():
    """The cookie of a browser that has signed in."""
    form = {"email": EMAIL, "password": PASSWORD}
    answer = requests.post(f"{URL}/login", data=form, allow_redirects=False)
    return answer.cookies["narthex"]


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


# Whether the last call may have changed who may do what.
doubtful = True


@schemathesis.hook
def after_call(context, case, response):
    global doubtful
    doubtful = doubtful or response.request.method not in ("GET", "HEAD", "OPTIONS")


@schemathesis.hook
def before_call(context, case, **kwargs):
    """A key that was used before, for a request that was another one, is refused by right. So is a call that
    ends what it does not name, and a kind of another class than the one that is named."""
    right = case.meta is not None and case.meta.generation.mode.is_positive
    ends = case.method == "DELETE" and case.path in ("/api/v1/sessions", "/api/v1/tokens")
    # Without a selection nothing ends, and `all` stands alone: no document can say that of parameters.
    if right and ends:
        # A list without items writes nothing into the address.
        query = {name: value for name, value in (case.query or {}).items() if value not in ([], None)}
        query.pop("all", None)
        case.query = query or {"all": "true"}
    for fields in (case.query, case.body):
        if right and isinstance(fields, dict) and fields.get("class") and fields.get("kind"):
            fields.pop("kind")
    if right and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


class Caller:
    """Among the calls are some that end what calls, or let it do less: it gets another pass then, so that
    what comes after is not refused for that."""

    credential = None

    def get(self, case, context):
        global doubtful
        if doubtful and not self.is_good():
            self.credential = self.another()
        doubtful = False
        return self.credential


class Token(Caller):
    """A program with a token."""

    def another(self):
        return new_token()

    def is_good(self):
        if self.credential is None:
            return False
        answer = requests.get(f"{URL}/api/v1/tokens/current", headers=bearer(self.credential))
        return answer.status_code == 200 and answer.json()["abilities"] == ["*"]

    def set(self, case, secret, context):
        case.headers.update(bearer(secret))


class Session(Caller):
    """A page with the cookie of a signed-in browser."""

    def another(self):
        return sign_in()

    def is_good(self):
        if self.credential is None:
            return False
        answer = requests.get(f"{URL}/api/v1/user", cookies={"narthex": self.credential})
        return answer.status_code == 200

    def set(self, case, cookie, context):
        case.cookies["narthex"] = cookie


CALLERS = {"token": Token, "session": Session}
schemathesis.auth(refresh_interval=None)(CALLERS[os.environ["CHECK_API_CALLER"]])
