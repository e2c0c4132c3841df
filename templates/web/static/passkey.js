// A form with data-passkey asks the device for a passkey ("get") or makes one ("create"), and sends what it answers.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

function read(options) {
  const made = { ...options, challenge: bytes(options.challenge) };
  if (made.user) made.user = { ...made.user, id: bytes(made.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (made[list]) made[list] = made[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return made;
}

function write(credential) {
  const answer = credential.response;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const response = Object.fromEntries(parts.filter((p) => answer[p]).map((p) => [p, text(answer[p])]));
  if (answer.getTransports) response.transports = answer.getTransports();
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

let waiting = null; // the browser's own suggestion beside the address field, until a button is pressed

async function ask(form, more = {}) {
  const publicKey = read(JSON.parse(form.dataset.options));
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey, ...more });
  form.elements.passkey.value = write(credential);
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      waiting?.abort();
      const said = form.querySelector("[role=alert]");
      said.hidden = true;
      try {
        await ask(form);
      } catch {
        said.textContent = form.dataset.failed;
        said.hidden = false;
      }
    });
  }
  const field = document.querySelector("[autocomplete~=webauthn]");
  const form = document.querySelector("form[data-passkey=get]");
  if (field && form && await PublicKeyCredential.isConditionalMediationAvailable?.()) {
    waiting = new AbortController();
    ask(form, { mediation: "conditional", signal: waiting.signal }).catch(() => {});
  }
}
