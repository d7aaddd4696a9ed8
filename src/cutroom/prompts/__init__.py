"""Floor 6: what workspaces keep for language models: patterns, strategies, contexts and sessions, each under a name."""

from cutroom.prompts.limits import PromptLimits
from cutroom.prompts.prompt import CONTEXT, KINDS, PATTERN, SESSION, STRATEGY, Entry, Kind, Prompt, PromptVersion, Turn
from cutroom.prompts.refusals import check_name
from cutroom.prompts.service import PromptService

__all__ = [
    "CONTEXT",
    "KINDS",
    "PATTERN",
    "SESSION",
    "STRATEGY",
    "Entry",
    "Kind",
    "Prompt",
    "PromptLimits",
    "PromptService",
    "PromptVersion",
    "Turn",
    "check_name",
]
