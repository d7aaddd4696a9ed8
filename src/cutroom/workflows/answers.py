"""Answers of language models, paid for and kept: the same question in the same workspace is not paid twice.

An answer is a blob under the hash of everything that determines it, the workspace included: what one workspace asked
tells no other anything. Kept are whole answers alone, and given out again only where the question says so: at
temperature 0, where the server would answer the same, or when a run wishes it.
"""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from cutroom.jobs import Context, Files
from cutroom.kit.schema import Schema
from cutroom.kit.strict_json import UNSTORABLE
from cutroom.llm import Bill, Message, Models, Provider, Purse, Usage

ANSWER: Final = 1
"""Raised whenever the same question would be asked in other words."""
SPENT: Final = "spentMicro"
"""The fact, in a job's log, that says what an answer cost: what a job spent is their sum, however it ends."""

BudgetMicro = Annotated[
    int | None,
    Field(ge=0, description="The most that models may cost, in millionths of a dollar: what was reserved for it."),
]
"""A field of inputs that no request may set."""
BUDGET: Final = "budgetMicro"
"""What it is called in the JSON of an input."""

OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of whom.

    Args:
        messages: the conversation.
        model: as in `Models.find`.
        temperature: how free the answer is; None leaves it to the server.
        max_tokens: where it is cut off.
        schema: JSON schema that the answer has to follow.
        complaint: says what is wrong with an answer; None when nothing is. Goes with `schema`.
        cache: whether an answer that is kept will do; None: at temperature 0.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    complaint: Callable[[Any], str | None] = lambda _: None
    cache: bool | None = None

    @property
    def repeatable(self) -> bool:
        """Whether an answer that is kept will do."""
        return self.temperature == 0 if self.cache is None else self.cache


class ModelAnswer(Schema):
    """What a model said, and what it took.

    `text` is JSON text where a schema was to be followed, and `data` what it says. An answer that was kept took
    nothing: its tokens and its cost are 0.
    """

    text: str
    data: Any = None
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    cost_micro: int | None = 0
    cached: bool = False
    complete: bool = True


def purse_of(ctx: Context, most_micro: int | None) -> Purse:
    """The purse of a run. What is paid out of it is told in the job's log, where it counts however the job ends.

    What earlier attempts told is spent already, also where they were killed before an answer became a step's result.
    """

    def told(provider: Provider, model: str, usage: Usage, micro: int | None) -> None:
        message = (
            f"'{model}' of '{provider.name}' read {usage.input_tokens:,} tokens and wrote {usage.output_tokens:,}."
        )
        facts: dict[str, Any] = {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}
        ctx.log("info", message, **facts, **({} if micro is None else {SPENT: micro}))

    return Purse(most_micro, told, earlier_micro=ctx.told(SPENT))


async def answered(
    ctx: Context, models: Models, question: Question, bill: Bill, on_text: OnText | None = None
) -> ModelAnswer:
    """The answer to a question, kept or new.

    Args:
        ctx: whose files the answer is kept in.
        models: who is asked.
        question: what.
        bill: what pays.
        on_text: told the answer piece by piece; one that was kept, all at once.

    Raises:
        Invalid: `model_not_configured`, `model_not_found`, `model_input_too_long`, `model_refused`, `cost_cap_reached`,
            `price_unknown`.
        Unavailable: as `Models.ask`.
    """
    key = answer_key(ctx.workspace_id, models, question) if question.repeatable else None
    kept = None if key is None else await _find(ctx.files, key)
    if kept is not None:
        if on_text is not None:
            on_text(kept.text)
        return kept.model_copy(update={"input_tokens": 0, "output_tokens": 0, "cost_micro": 0, "cached": True})
    found = await _asked(models, question, bill, on_text)
    if key is not None and found.complete and found.text.strip():
        await _keep(ctx, key, found)
    return found


def answer_key(workspace_id: str, models: Models, question: Question) -> str:
    """The key under which the answer is kept: the hash of everything that determines it.

    Raises:
        Invalid: as `Models.find`.
    """
    provider, model = models.find(question.model)
    told = {
        "version": ANSWER,
        "workspace": workspace_id,
        "server": [provider.kind, provider.name, provider.base_url],
        "model": model,
        "messages": [[message.role, message.text] for message in question.messages],
        "temperature": question.temperature,
        "maxTokens": question.max_tokens,
        "schema": question.schema,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return f"answer/{hashlib.sha256(text.encode()).hexdigest()}"


async def _asked(models: Models, question: Question, bill: Bill, on_text: OnText | None) -> ModelAnswer:
    data, complete = None, True
    if question.schema is None:
        answer = await models.ask(
            question.messages,
            model=question.model,
            temperature=question.temperature,
            max_tokens=question.max_tokens,
            on_text=on_text,
            bill=bill,
        )
        text, model, complete = UNSTORABLE.sub("\ufffd", answer.text), answer.model, answer.complete
    else:
        checked = await models.ask_for_data(
            question.schema,
            question.complaint,
            question.messages,
            model=question.model,
            temperature=question.temperature,
            max_tokens=question.max_tokens,
            on_text=on_text,
            bill=bill,
        )
        data, model = checked.value, checked.model
        text = json.dumps(data, ensure_ascii=False, indent=2)
    return ModelAnswer(
        text=text,
        data=data,
        model=model,
        input_tokens=bill.usage.input_tokens,
        output_tokens=bill.usage.output_tokens,
        estimated=bill.usage.estimated,
        cost_micro=bill.micro,
        complete=complete,
    )


async def _find(files: Files, key: str) -> ModelAnswer | None:
    """The answer that is kept under a key; None when none is, or it cannot be read any more."""
    place = await files.find(key)
    if place is None:
        return None
    try:
        return ModelAnswer.model_validate_json(await asyncio.to_thread(place.read_bytes))
    except (ValidationError, FileNotFoundError):
        return None


async def _keep(ctx: Context, key: str, answer: ModelAnswer) -> None:
    draft = ctx.scratch / f"answer-{secrets.token_hex(8)}"  # the same question may be asked twice at once
    await asyncio.to_thread(draft.write_text, answer.model_dump_json(), "utf-8")
    await ctx.files.keep(key, draft)
