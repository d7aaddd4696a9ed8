"""How much a workspace may keep for language models."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptLimits:
    """How much a workspace may keep for language models.

    Args:
        prompts: how many, of all kinds together.
        versions: how many of each; the oldest go first.
        turns: how many a session has at most.
        text_bytes: of one text, or one turn.
        all_bytes: of all texts and turns together, all versions counted.
    """

    prompts: int = 5_000
    versions: int = 50
    turns: int = 1_000
    text_bytes: int = 2_000_000
    all_bytes: int = 64 << 20
