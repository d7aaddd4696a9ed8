when("reset", async ({ password, again }) => {
  if (password !== again) throw new Error("These are two different passwords; type the same one twice.");
  await ask("POST", "/auth/password/reset", { token, newPassword: password });
  finish("Your password is set, and you are logged out everywhere. Log in with it from now on.");
});
sendAnother();
if (token === "") {
  otherwise();
} else {
  say("Choose a new password.");
  show("choose");
}
