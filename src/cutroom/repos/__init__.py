"""Floor 2: prompts carried out in repositories: a clean checkout, a command in a box, the patch that came of it."""

from cutroom.repos.address import MAX_CHARS, SCHEMES, address, check_branch, is_commit
from cutroom.repos.brief import Round, brief
from cutroom.repos.checkout import Checkout
from cutroom.repos.command import Ended, Outcome
from cutroom.repos.patch import Change, Patch
from cutroom.repos.policy import Command, Policy, Secret
from cutroom.repos.runner import Admitted, TaskRunner

__all__ = [
    "MAX_CHARS",
    "SCHEMES",
    "Admitted",
    "Change",
    "Checkout",
    "Command",
    "Ended",
    "Outcome",
    "Patch",
    "Policy",
    "Round",
    "Secret",
    "TaskRunner",
    "address",
    "brief",
    "check_branch",
    "is_commit",
]
