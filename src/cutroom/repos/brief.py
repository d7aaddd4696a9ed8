"""What a command is asked: the prompt, and what went before it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Round:
    """One earlier try of a task.

    Args:
        feedback: what was to be made better in it; nothing for the first.
        summary: what its command said of what it did.
        outcome: how the command ended.
    """

    feedback: str
    summary: str
    outcome: str


def brief(prompt: str, rounds: Sequence[Round] = (), feedback: str = "", *, begun: bool = False) -> str:
    """The text that a command gets. It begins with words of ours, so that no prompt is taken for an option.

    Args:
        prompt: what the task is.
        rounds: what was tried before, oldest first.
        feedback: what is to be made better now.
        begun: whether the checkout holds the changes of the last round.
    """
    parts = ["# Task", prompt.strip()]
    for number, tried in enumerate(rounds, 1):
        parts.append(f"# Round {number}")
        if tried.feedback:
            parts += ["What was to be changed:", tried.feedback.strip()]
        parts += [
            f"What was done (the command ended as: {tried.outcome}):",
            tried.summary.strip() or "Nothing was said.",
        ]
    if feedback:
        parts += [f"# Now: round {len(rounds) + 1}", feedback.strip()]
        where = "The checkout holds the changes of the round before." if begun else "The checkout is a fresh one."
        parts.append(f"{where} Carry out what is asked here, with all of the above in mind.")
    return "\n\n".join(parts) + "\n"
