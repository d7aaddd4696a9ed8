"use strict";
// What every page here has. The token stands after the # of the link, which browsers send to nobody; it leaves the page
// in bodies alone.
const token = location.hash.slice(1);
const $ = (id) => document.getElementById(id);
let csrf = null;

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

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

function say(text) {
  $("status").textContent = text;
}

function otherwise() {
  const section = document.querySelector("[data-otherwise]");
  show(section?.id);
  if (section !== null) say(section.dataset.otherwise);
}

function trouble(error) {
  $("trouble").hidden = error === null;
  $("trouble").textContent = error === null ? "" : error.message;
}

// What a button does, with the buttons closed meanwhile, and what went wrong told. A token that does not work leaves
// nothing to do but what the page has for that.
async function during(work) {
  const buttons = [...document.querySelectorAll("button")];
  trouble(null);
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (error) {
    trouble(error instanceof TypeError ? new Error("The server cannot be reached; try again.") : error);
    if (error.code?.endsWith("_not_found")) otherwise();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function when(form, work) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    during(() => work(Object.fromEntries(new FormData(event.target))));
  });
}

function whole() {
  if (token === "") throw new Error("This link is not whole: what follows # in it is missing. Open it as it was sent to you.");
}

// Another link, for who has none that works.
function sendAnother() {
  when("forgot", async ({ email }) => {
    await ask("POST", "/auth/password/forgot", { email });
    finish("If there is an account with this address, a letter is on its way to it. The link in it works for an hour.");
  });
}

// What was done with the token cannot be done again by going back.
function finish(text) {
  history.replaceState(null, "", location.pathname);
  say(text);
  show("done");
}
