let place = "";

function joined(workspaceId) {
  $("workspace").textContent = workspaceId;
  finish(`You are a member of “${place}” now.`);
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
  whole();
  const invited = await ask("POST", "/invitations/look", { token });
  place = invited.workspaceName;
  say(`You are invited to “${place}” as ${invited.role}.`);
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
when("register", async ({ name, email, password }) => {
  const made = await ask("POST", "/auth/register", { name: name.trim() || null, email, password, invitation: token });
  if (made.csrfToken === undefined) {
    show();
    return say(`Open the link in the letter that was sent to ${email}; then open this invitation to “${place}” again.`);
  }
  csrf = made.csrfToken;
  joined((await ask("GET", "/me")).workspaceId);
});
when("login", async ({ email, password }) => {
  csrf = (await ask("POST", "/auth/login", { email, password })).csrfToken;
  await accept();
});
during(begin).then(() => {
  if (!$("trouble").hidden) say("This invitation cannot be shown.");
});
