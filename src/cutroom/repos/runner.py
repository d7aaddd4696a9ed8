"""Carrying out tasks on this machine, as its owner's policy allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cutroom.kit.fence import Fence
from cutroom.repos.checkout import Checkout, Wanted, check_out
from cutroom.repos.command import Ended, run_command
from cutroom.repos.configuration import read
from cutroom.repos.fencing import fence_of_tools
from cutroom.repos.output import Say
from cutroom.repos.patch import Patch, take_patch
from cutroom.repos.policy import Command, Policy, Secret


@dataclass(frozen=True, slots=True)
class Admitted:
    """What was asked for, after the policy was asked."""

    place: str
    command: Command
    secrets: tuple[Secret, ...]


class TaskRunner:
    """Checks out, runs, and takes what came of it.

    Args:
        policy: what may be done.
        fence: what holds git and commands; see `opened`.
    """

    def __init__(self, policy: Policy, fence: Fence) -> None:
        self.policy = policy
        self._fence = fence

    @classmethod
    async def opened(cls, configuration: Path) -> "TaskRunner":
        """A runner by a file, on a machine that was tried.

        Raises:
            Invalid: `bad_task_configuration`.
            Unavailable: `task_sandbox_missing`.
        """
        return cls(read(configuration), await fence_of_tools())

    def admit(self, url: str, *, command: str | None, secrets: Sequence[str], workspace_id: str) -> Admitted:
        """Ask the policy. Nothing that a server says is done without this.

        Raises:
            Invalid: `bad_repository_url`.
            Forbidden: `repository_not_allowed`, `command_not_allowed`, `secret_not_allowed`.
        """
        place = self.policy.place(url)
        found = self.policy.secrets_for(secrets, place, workspace_id)
        return Admitted(place, self.policy.command(command), tuple(found))

    async def check_out(
        self, admitted: Admitted, home: Path, *, branch: str | None, commit: str | None, patch: Path | None
    ) -> Checkout:
        """A clean checkout in an empty folder; raises as `checkout.check_out`."""
        secret = next((secret for secret in admitted.secrets if secret.env is None), None)
        wanted = Wanted(admitted.place, branch, commit, patch, secret, admitted.command.disk_bytes)
        return await check_out(self._fence, self.policy, wanted, home)

    async def run(self, admitted: Admitted, checkout: Checkout, prompt: str, say: Say) -> Ended:
        """Run the command on it; raises as `command.run_command`."""
        return await run_command(self._fence, admitted.command, checkout, prompt, secrets=admitted.secrets, say=say)

    async def take(self, admitted: Admitted, checkout: Checkout, out: Path) -> Patch:
        """What it changed; raises as `patch.take_patch`."""
        git = checkout.git(self._fence, self.policy.git_timeout_s)
        values = [*admitted.command.secrets.values(), *(secret.value for secret in admitted.secrets)]
        return await take_patch(
            git, checkout, out, max_bytes=self.policy.max_patch_bytes, never=[value.encode() for value in values]
        )
