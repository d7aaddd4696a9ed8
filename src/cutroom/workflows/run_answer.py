"""One pattern over one text: asked whole, or in parts that are put together when the model cannot read it at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cutroom.jobs import Context
from cutroom.kit.errors import CutroomError, Invalid, Unavailable, ungrouped
from cutroom.llm import Bill, Message, Models, Purse
from cutroom.llm.chat import Request
from cutroom.llm.failures import bad_answer
from cutroom.llm.money import BYTES_PER_TOKEN, estimated_tokens
from cutroom.patterns import Pattern, Shape, Strategy, Wish, assemble
from cutroom.patterns.splitting import OVERLAP, split
from cutroom.patterns.template import INPUT
from cutroom.workflows.answers import ModelAnswer, OnText, Question, answered
from cutroom.workflows.run_wishes import RunPattern
from cutroom.workflows.warning import WorkflowWarning

MOST_PARTS: Final = 200
"""Of one input: each is a request."""
AT_ONCE: Final = 4
"""Requests for parts at the same time: what servers with few slots answer without a queue."""
_MOST_RESERVED: Final = 4_096
"""Tokens that are left for an answer, where its length is not said; in small contexts, a quarter of them."""
_LEAST_ROOM: Final = 400
"""Tokens of a part under which parts are mostly overlap."""
_SHORTER: Final = 3
"""How often a text is cut finer when the server finds the parts too long: its context may be smaller than was said."""

_OF_PART: Final = (
    "The input above is part {number} of {count} of a longer text; neighbouring parts overlap a little. Do what is "
    "asked for this part alone. All answers are put together afterwards."
)
_OF_ANSWERS: Final = (
    "The input above is not the text itself: it was too long to be read at once, and these are your answers for its "
    "parts {first} to {last} of {count}, in order. Make of them the one answer to all that they are about, in the form "
    "that is asked for, without repetition and without a word on parts."
)


@dataclass(frozen=True, slots=True)
class PatternAnswer:
    """What a pattern came to.

    Args:
        text: the answer.
        data: the same as JSON data, where the pattern declares a schema.
        model: who gave it.
        answers: everything that was asked for it.
        parts: in how many parts the input was read.
    """

    text: str
    data: Any
    model: str
    answers: tuple[ModelAnswer, ...]
    parts: int = 1
    warnings: tuple[WorkflowWarning, ...] = ()


@dataclass(slots=True)
class PatternRun:
    """One pattern of a run.

    Args:
        ctx: of the job.
        models: who is asked.
        given: the run.
        purse: what pays.
        pattern: None where the input itself is asked.
        step: begins the names of its steps.
        stream: where the answer is shown while it is written.
        history: turns of the conversation before.
    """

    ctx: Context
    models: Models
    given: RunPattern
    purse: Purse
    pattern: Pattern | None
    step: str
    stream: str
    history: Sequence[Message] = ()
    _answers: list[ModelAnswer] = field(default_factory=list)
    _warnings: list[WorkflowWarning] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call it."""
        return "the input" if self.pattern is None else f"'{self.pattern.name}'"

    @property
    def model(self) -> str | None:
        """The model to ask, as in `Models.find`."""
        own = None if self.pattern is None else self.pattern.model
        return self.given.model or own or self.given.default_model

    async def answer(self, text: str) -> PatternAnswer:
        """Ask, in as many requests as it takes.

        Raises:
            Invalid: `missing_variable` and what else `assemble` raises; `model_input_too_long`, `input_too_large`;
                `model_not_configured`, `model_not_found`, `cost_cap_reached`, `price_unknown`.
            Unavailable: as `Models.ask`.
        """
        whole = self.messages(text)
        room = self._room(text)
        parts = 1
        for again in range(_SHORTER + 1):
            try:
                if self._tokens(whole) <= room:
                    final = await self._ask(f"{self.step}:whole", whole, shown=True)
                else:
                    final, parts = await self._in_parts(text, room)
                break
            except CutroomError as error:
                if error.code != "model_input_too_long" or again == _SHORTER:
                    raise
                room = min(room, self._tokens(whole)) // 2
        if not final.complete:
            message = f"The answer of {self.name} was cut off at its greatest length; raise 'maxTokens'."
            self._warnings.append(WorkflowWarning(code="answer_cut_off", message=message))
        return PatternAnswer(final.text, final.data, final.model, tuple(self._answers), parts, tuple(self._warnings))

    def messages(self, text: str, note: str | None = None) -> list[Message]:
        """What the model is told; `note` is said after all else."""
        chosen = self.given.resolved_strategy
        wish = Wish(
            variables=self.given.variables,
            strategy=None if chosen is None else Strategy(chosen.name, "", chosen.prompt),
            context=self.given.context_text,
            language=self.given.language,
            lenient=self.given.lenient,
            history=self.history,
        )
        found = assemble(self.pattern, text, wish)
        return found if note is None else [*found, Message("user", note)]

    def _room(self, text: str) -> int:
        """How many tokens of a request the model reads, when it is to answer too."""
        provider, _ = self.models.find(self.model)
        reserved = self.given.max_tokens or min(_MOST_RESERVED, provider.context_tokens // 4)
        return provider.context_tokens - min(reserved, provider.context_tokens // 2)

    def _tokens(self, messages: Sequence[Message]) -> int:
        return estimated_tokens(Request(tuple(messages), ""))

    def _characters(self, text: str, room: int) -> int:
        """How many characters of a text, or of answers on it, one request has room for.

        Raises:
            Invalid: `model_input_too_long`.
        """
        note = _OF_ANSWERS.format(first=MOST_PARTS, last=MOST_PARTS, count=MOST_PARTS)
        times = 1 if self.pattern is None else max(1, self.pattern.text.count(INPUT))
        left = (room - self._tokens(self.messages("", note))) // times
        if left < _LEAST_ROOM:
            message = (
                f"What {self.name} says before its input leaves the model no room for it; ask one that reads more."
            )
            raise Invalid("model_input_too_long", message)
        return max(left * BYTES_PER_TOKEN * len(text) // max(len(text.encode(errors="replace")), 1), 2 * OVERLAP + 1)

    async def _in_parts(self, text: str, room: int) -> tuple[ModelAnswer, int]:
        """The answers on all parts as one, and how many there are."""
        if self.pattern is None:
            message = "This is more than the model reads at once; with a pattern, a long input is read in parts."
            raise Invalid("model_input_too_long", message)
        most = self._characters(text, room)
        texts = split(text, most)
        if len(texts) > MOST_PARTS:
            message = f"The input would have to be read in {len(texts):,} parts; at most {MOST_PARTS} are."
            raise Invalid("input_too_large", message)
        self.ctx.log("info", f"The input is too long to be read at once: {self.name} reads {len(texts)} parts.")
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, part: str) -> ModelAnswer:
            async with slots:
                note = _OF_PART.format(number=number, count=len(texts))
                return await self._ask(f"{self.step}:{room}:part:{number}", self.messages(part, note))

        with ungrouped():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(number, part)) for number, part in enumerate(texts, 1)]
        answers = [task.result() for task in tasks]
        return await self._combined(answers, most, room), len(texts)

    async def _combined(self, answers: Sequence[ModelAnswer], most: int, room: int) -> ModelAnswer:
        """One answer of the answers on all parts: they are put together by the model, as many at once as it reads."""
        spans = [(number, number) for number in range(1, len(answers) + 1)]
        found = list(answers)
        level = 0
        while len(found) > 1:
            level += 1
            groups = _groups([len(answer.text) for answer in found], most)
            if len(groups) == len(found):
                return self._joined(found)
            made: list[ModelAnswer] = []
            for number, (start, end) in enumerate(groups):
                first, last = spans[start][0], spans[end - 1][1]
                if end - start == 1:
                    made.append(found[start])
                    continue
                note = _OF_ANSWERS.format(first=first, last=last, count=len(answers))
                joined = "\n\n".join(f"[{_span(*spans[place])}]\n{found[place].text}" for place in range(start, end))
                is_last = len(groups) == 1
                step = f"{self.step}:{room}:combine:{level}:{number}"
                put = await self._ask(step, self.messages(joined, note), shown=is_last)
                if not put.complete and self.given.max_tokens is None:
                    return self._joined(found)
                made.append(put)
            spans = [(spans[start][0], spans[end - 1][1]) for start, end in groups]
            found = made
        return found[0]

    def _joined(self, answers: Sequence[ModelAnswer]) -> ModelAnswer:
        """The answers one after the other: what else, when they are as long as the text itself?

        Raises:
            Invalid: `model_input_too_long`, where an answer must have a shape that cannot be had like that.
        """
        if self.pattern is not None and self.pattern.output is not None:
            message = "The answers on the parts of the input are too long to be made one; ask a model that reads more."
            raise Invalid("model_input_too_long", message)
        message = f"The answers of {self.name} on {len(answers)} parts stand one after the other, with some overlap."
        self._warnings.append(WorkflowWarning(code="answers_joined", message=message))
        text = "\n\n".join(answer.text.strip() for answer in answers)
        self.ctx.text(self.stream, text, begins=True)
        return answers[-1].model_copy(update={"text": text, "complete": all(one.complete for one in answers)})

    async def _ask(self, step: str, messages: Sequence[Message], *, shown: bool = False) -> ModelAnswer:
        """Ask once, in a step: what was answered is never asked again."""
        given, pattern = self.given, self.pattern
        output = None if pattern is None else pattern.output
        own = None if pattern is None else pattern.temperature
        question = Question(
            messages=tuple(messages),
            model=self.model,
            temperature=own if given.temperature is None else given.temperature,
            max_tokens=given.max_tokens,
            schema=output,
            cache=given.cache,
        )
        if output is not None:
            question = replace(question, complaint=Shape(output).complaint)
        bill = self.purse.bill()
        answer = await self.ctx.step(
            step, _answered, self.ctx, self.models, question, bill, self._show() if shown else None
        )
        bill.recall(answer.cost_micro)
        self._answers.append(answer)
        return answer

    def _show(self) -> Callable[[str], None]:
        """Shows an answer as it comes; an empty piece says that it begins."""
        return lambda piece: self.ctx.text(self.stream, piece, begins=not piece)


async def _answered(
    ctx: Context, models: Models, question: Question, bill: Bill, on_text: OnText | None
) -> ModelAnswer:
    """An answer that says something. A step that is not run again shows nothing again."""
    if on_text is not None:
        on_text("")
    answer = await answered(ctx, models, question, bill, on_text)
    if not answer.text.strip():
        # It was paid for, and asking again would cost as much: where there is a cap, that is not for us to decide.
        error = bad_answer(models.find(question.model)[0], "answered nothing at all")
        raise Unavailable(error.code, error.message, retryable=not bill.is_capped)
    return answer


def _groups(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Neighbours that have room together, as ranges; one that has none beside another stays alone."""
    groups: list[tuple[int, int]] = []
    start, size = 0, 0
    for place, one in enumerate(sizes):
        if place > start and size + one > most:
            groups.append((start, place))
            start, size = place, 0
        size += one + len("\n\n[Parts 100 to 200]\n")
    groups.append((start, len(sizes)))
    return groups


def _span(first: int, last: int) -> str:
    return f"Part {first}" if first == last else f"Parts {first} to {last}"
