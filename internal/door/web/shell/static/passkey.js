// Forms that a passkey answers (WebAuthn). A form says with data-passkey whether one
// is made or used, and with data-options where to ask what the browser needs. The
// answer goes into its field "passkey", or the one that data-field names, and the form is sent as any other. Without
// this script, or in a browser that knows no passkeys, these forms are not shown.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const named = (list) => list?.map((c) => ({ ...c, id: bytes(c.id) }));

const making = async (o) => {
  const made = await navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge),
    user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) } });
  const r = made.response;
  return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
    response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] } };
};

const using = async (o) => {
  const used = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) } });
  const r = used.response;
  return { id: used.id, rawId: text(used.rawId), type: used.type, clientExtensionResults: {},
    response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature),
      userHandle: r.userHandle ? text(r.userHandle) : undefined } };
};

const answer = async (form) => {
  const problem = form.querySelector("[role=alert]");
  problem.hidden = true;
  try {
    const asked = await fetch(form.dataset.options, { method: "POST" });
    if (!asked.ok) throw new Error(asked.status);
    const options = await asked.json();
    form.elements[form.dataset.field ?? "passkey"].value = JSON.stringify(await (form.dataset.passkey === "create" ? making : using)(options));
    form.submit();
  } catch {
    problem.hidden = false;
  }
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      answer(form);
    });
  }
}
