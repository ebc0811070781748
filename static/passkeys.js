// Passkeys. A browser gives the answer of an authenticator to a script only. So this script asks the server
// for a challenge, shows it to the browser, and sends the answer. It also tells the browser which passkeys
// are of use. Without this file the page says so, or asks for a password or a code.

const ERRORS = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "existing" };
// The reason to end an offer before its challenge does.
const LATE = {};
const LATEST = 280_000;

class Refusal extends Error {
  constructor(status, kind) {
    super(`status ${status}`);
    this.status = status;
    this.isUnknown = /unknown-passkey$/.test(kind);
  }
}

async function call(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, content.type);
  return content;
}

// After a refusal the authenticator must verify the user: an account without a password needs that.
let userVerification;
const requestOptions = (options) =>
  PublicKeyCredential.parseRequestOptionsFromJSON({ ...options, ...(userVerification && { userVerification }) });

// Tells the browser what the server knows (Web Authentication 3, 5.1.10), if it can be told.
const signal = (what, details) => PublicKeyCredential[`signal${what}`]?.(details)?.catch(() => {});

const ticked = (area) => [...area.querySelectorAll("[name=also]:checked")].map((box) => box.value);

// How to get a credential, and what is sent beside it.
const KINDS = {
  async create(area, options) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return [await navigator.credentials.create({ publicKey }), { also: ticked(area), next: area.dataset.next }];
  },
  async get(area, options) {
    const publicKey = requestOptions(options);
    const credential = await navigator.credentials.get({ publicKey });
    // Only the page of a sign-in has the box.
    const trust = document.querySelector("[name=trust]:checked") ? { trust: true } : {};
    return [credential, { next: area.dataset.next, ...trust }];
  },
  async begin(area, options, request) {
    const publicKey = requestOptions(options);
    const credential = await navigator.credentials.get({ publicKey, ...request });
    const remember = document.getElementById("remember").checked;
    return [credential, { begin: true, remember, next: area.dataset.next }];
  },
};

// The user of a signed-in page, because another one may have signed in since.
const userOf = ({ dataset }) => (dataset.account ? { user: dataset.account } : {});
const optionsOf = (area) =>
  call(area.dataset.options, area.dataset.passkey === "begin" ? { begin: true } : userOf(area));

// Goes on to the next page.
async function exchange(area, options, request) {
  let page = options.location;
  if (!page) {
    const [credential, more] = await KINDS[area.dataset.passkey](area, options, request);
    try {
      ({ location: page } = await call(area.dataset.answer, { credential: credential.toJSON(), ...userOf(area), ...more }));
    } catch (error) {
      const { rpId } = options;
      if (error.status === 422) userVerification = "required";
      if (error.isUnknown) signal("UnknownCredential", { rpId, credentialId: credential.id });
      throw error;
    }
  }
  location.assign(page);
}

// Returns the words for an error.
function wordsFor({ dataset }, error) {
  if (error.isUnknown) return dataset.unknown ?? dataset.failed;
  if (error.status === 429) return dataset.limit;
  return dataset[ERRORS[error.name]] ?? dataset.failed;
}

let offered;

// Offers the passkeys of the device in the field of the address. A browser has one request at a time.
async function offer(area, fault) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const options = await optionsOf(area).catch(() => {});
  if (!options) return;
  const offering = (offered = new AbortController());
  const timer = setTimeout(() => offering.abort(LATE), LATEST);
  try {
    await exchange(area, options, { mediation: "conditional", signal: offering.signal });
  } catch (error) {
    if (error.status) fault.textContent = wordsFor(area, error);
    if (error === LATE || error.status === 422) offer(area, fault);
  }
  clearTimeout(timer);
}

const area = document.querySelector("[data-passkey]");
const rpId = area?.dataset.rp;
const isOurs = `.${location.hostname}`.endsWith(`.${rpId}`);
if (area && isOurs && globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  const { passkey: kind, user: userId, accepted, name, displayName } = area.dataset;
  const button = area.querySelector("button");
  const fault = area.querySelector("[role=alert]");
  area.hidden = false;
  for (const without of document.querySelectorAll("[data-no-passkey]")) without.hidden = true;
  button.addEventListener("click", async () => {
    fault.textContent = "";
    button.disabled = true;
    offered?.abort();
    try {
      await exchange(area, await optionsOf(area));
    } catch (error) {
      if ([401, 403].includes(error.status) && area.dataset.confirm) location.assign(area.dataset.confirm);
      else fault.textContent = wordsFor(area, error);
      if (kind === "begin") offer(area, fault);
    }
    button.disabled = false;
  });
  if (kind === "begin") offer(area, fault);
  if (userId) {
    const allAcceptedCredentialIds = accepted.split(" ").filter(Boolean);
    signal("AllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
    signal("CurrentUserDetails", { rpId, userId, name, displayName });
  }
}
