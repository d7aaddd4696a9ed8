"use strict";
// The token stands after the # of the link, which browsers send to nobody; it leaves this page in bodies alone.
const token = location.hash.slice(1);
const $ = (id) => document.getElementById(id);
let csrf = null;
let place = "";

async function ask(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf !== null && method !== "GET") headers["X-CSRF-Token"] = csrf;
  const answer = await fetch(`/api/v1${path}`, {
    method, headers, credentials: "same-origin", redirect: "error",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const found = text === "" ? {} : JSON.parse(text);
  if (!answer.ok) throw Object.assign(new Error(found.error.message), { code: found.error.code });
  return found;
}

function show(...ids) {
  for (const id of ["member", "stranger", "done"]) $(id).hidden = !ids.includes(id);
}

function trouble(error) {
  $("trouble").hidden = error === null;
  $("trouble").textContent = error === null ? "" : error.message;
}

// What a button does, with the buttons closed meanwhile, and what went wrong told.
async function during(work) {
  const buttons = [...document.querySelectorAll("button")];
  trouble(null);
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (error) {
    trouble(error instanceof TypeError ? new Error("The server cannot be reached; try again.") : error);
    if (error.code === "invitation_not_found") show();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function joined(workspaceId) {
  history.replaceState(null, "", location.pathname);
  $("status").textContent = `You are a member of “${place}” now.`;
  $("workspace").textContent = workspaceId;
  show("done");
}

async function accept() {
  joined((await ask("POST", "/invitations/accept", { token })).id);
}

// Who is logged in here, if anybody; nobody is asked about who has no cookie.
async function known() {
  if (document.body.dataset.cookie === "no") return null;
  try {
    const me = await ask("GET", "/me");
    return me.csrfToken === undefined ? null : me;
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return null;
  }
}

async function begin() {
  if (token === "") throw new Error("This link is not whole: what follows # in it is missing. Open it as it was sent to you.");
  const invited = await ask("POST", "/invitations/look", { token });
  place = invited.workspaceName;
  $("status").textContent = `You are invited to “${place}” as ${invited.role}.`;
  const me = await known();
  if (me === null) return show("stranger");
  csrf = me.csrfToken;
  $("who").textContent = me.user.email ?? me.user.name;
  show("member");
}

function choose(chosen) {
  for (const name of ["register", "login"]) {
    $(name).hidden = name !== chosen;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === chosen));
  }
  trouble(null);
}

$("tab-register").addEventListener("click", () => choose("register"));
$("tab-login").addEventListener("click", () => choose("login"));
$("accept").addEventListener("click", () => during(accept));
$("leave").addEventListener("click", () => during(async () => {
  await ask("POST", "/auth/logout");
  csrf = null;
  show("stranger");
}));
$("register").addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, email, password } = Object.fromEntries(new FormData(event.target));
  during(async () => {
    const made = await ask("POST", "/auth/register", { name: name.trim() || null, email, password, invitation: token });
    csrf = made.csrfToken;
    joined((await ask("GET", "/me")).workspaceId);
  });
});
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  during(async () => {
    csrf = (await ask("POST", "/auth/login", { email, password })).csrfToken;
    await accept();
  });
});
during(begin).then(() => {
  if (!$("trouble").hidden) $("status").textContent = "This invitation cannot be shown.";
});
