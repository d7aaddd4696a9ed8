"""Keeping patterns and strategies of a workspace's own, for every door at which they may be written."""

import asyncio

from cutroom.accounts import Principal
from cutroom.api.deps import ApiServices
from cutroom.api.pattern_view import brief
from cutroom.patterns import Pattern, read_pattern
from cutroom.prompts import PATTERN, STRATEGY, Prompt


async def keep_pattern(services: ApiServices, caller: Principal, name: str, text: str) -> tuple[Prompt, Pattern, bool]:
    """Keep a pattern as the next version of its name: what is kept, how it reads, and whether the name is new.

    Raises:
        Invalid: `bad_pattern_name`, `pattern_too_large`, `bad_front_matter`, `bad_text`, `prompt_too_long`.
        QuotaExceeded: `too_many_prompts`, `prompts_full`.
    """
    pattern = await asyncio.to_thread(read_pattern, name, text)
    facts = brief(pattern).model_dump(mode="json")
    async with services.database.begin() as session:
        is_new = await services.prompts.find(session, caller.workspace_id, PATTERN, name) is None
        kept = await services.prompts.put(
            session, caller.workspace_id, PATTERN, name, text, facts=facts, editor=caller.who
        )
    return kept, pattern, is_new


async def keep_strategy(
    services: ApiServices, caller: Principal, name: str, *, description: str, prompt: str
) -> tuple[Prompt, bool]:
    """Keep a strategy as the next version of its name, and tell whether the name is new.

    Raises:
        Invalid: `bad_prompt_name`, `bad_text`, `prompt_too_long`.
        QuotaExceeded: `too_many_prompts`, `prompts_full`.
    """
    async with services.database.begin() as session:
        is_new = await services.prompts.find(session, caller.workspace_id, STRATEGY, name) is None
        kept = await services.prompts.put(
            session,
            caller.workspace_id,
            STRATEGY,
            name,
            prompt,
            facts={"description": description},
            editor=caller.who,
        )
    return kept, is_new
