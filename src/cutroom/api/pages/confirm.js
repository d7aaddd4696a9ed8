when("login", async ({ email, password }) => {
  await ask("POST", "/auth/login", { email, password, confirmation: token });
  finish("Your address is confirmed, and you are logged in.");
});
$("lost").addEventListener("click", () => during(otherwise));
sendAnother();
during(() => {
  whole();
  say("Log in to confirm that this address is yours.");
  show("known");
}).then(() => {
  if (!$("trouble").hidden) say("Nothing was confirmed.");
});
