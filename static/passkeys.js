// Passkeys. A browser gives the answer of an authenticator to a script only. So this script asks the server
// for a challenge, shows it to the browser, and sends the answer. Without this file the page says so, or
// asks for a code.

const ERRORS = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "existing" };

class Refusal extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

async function call(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Refusal(answer.status);
  return answer.json();
}

const ticked = (area) => [...area.querySelectorAll("[name=also]:checked")].map((box) => box.value);

const KINDS = {
  async create(area, options) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    return { credential: credential.toJSON(), also: ticked(area) };
  },
  async get(area, options) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    const trust = document.querySelector("[name=trust]:checked") !== null;
    return { credential: credential.toJSON(), next: area.dataset.next, trust };
  },
};

// Returns the address of the next page.
async function exchange(area) {
  const options = await call(area.dataset.options, {});
  if (options.location) return options.location;
  const answer = await KINDS[area.dataset.passkey](area, options);
  const { location: page } = await call(area.dataset.answer, answer);
  return page;
}

// Returns the words for an error.
async function run(area) {
  try {
    location.assign(await exchange(area));
    return "";
  } catch (error) {
    if ([401, 403].includes(error.status) && area.dataset.confirm) {
      location.assign(area.dataset.confirm);
      return "";
    }
    if (error.status === 429) return area.dataset.limit;
    return area.dataset[ERRORS[error.name]] ?? area.dataset.failed;
  }
}

const area = document.querySelector("[data-passkey]");
if (area && globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  const button = area.querySelector("button");
  const fault = area.querySelector("[role=alert]");
  area.hidden = false;
  for (const without of document.querySelectorAll("[data-no-passkey]")) without.hidden = true;
  button.addEventListener("click", async () => {
    fault.textContent = "";
    button.disabled = true;
    fault.textContent = await run(area);
    button.disabled = false;
  });
}
