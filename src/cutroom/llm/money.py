"""What asking models costs, and a purse that no run may reach deeper into than it was given.

Money is counted in millionths of a US dollar (`micro`), as integers. Before a request, and while an answer is being
written, only an estimate is at hand; once an answer is there, what its server counted is what it cost. A request that
failed on its way counts nothing, for no server says what it took.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from cutroom.kit.errors import Invalid
from cutroom.kit.money import MICRO, dollars_of
from cutroom.llm.chat import Answer, Request, Usage, counted, tokens_of
from cutroom.llm.provider import Price, Provider

BYTES_PER_TOKEN: Final = 3
"""Of UTF-8: English has 4 to a token, Chinese about 3, so that this errs on the side of more tokens."""
_TOKENS_PER_MESSAGE: Final = 4  # what stands around each, by OpenAI's own count
_BOUND_TOKENS: Final = 8_192
"""Answers that must be shorter are bounded at the server, as every model of today can be; longer ones are watched."""

OnPaid = Callable[[Provider, str, Usage, int | None], None]
"""Told of each answer that was paid: whom, which model, the tokens, and their cost where the price is known."""


def estimated_tokens(request: Request) -> int:
    """How many tokens a request has at most, for texts of the usual kind."""
    texts = sum(len(message.text.encode(errors="replace")) for message in request.messages)
    return -(-texts // BYTES_PER_TOKEN) + _TOKENS_PER_MESSAGE * len(request.messages)


class Purse:
    """What one run may spend on models; safe for many requests at once on one event loop.

    Args:
        most_micro: all that may be spent; None is without limit.
        on_paid: told of each answer that was paid.
        earlier_micro: what earlier attempts are known to have spent, for answers that were lost with them too.
    """

    def __init__(self, most_micro: int | None = None, on_paid: OnPaid | None = None, *, earlier_micro: int = 0) -> None:
        self.most_micro = most_micro
        self._earlier_micro = earlier_micro
        self._recalled_micro = 0
        self._paid_micro = 0
        self._on_paid = on_paid
        self._open: dict[Tab, int] = {}

    @property
    def spent_micro(self) -> int:
        """All that was spent. What is recalled is some of what is known of earlier attempts, unless that is less."""
        return max(self._earlier_micro, self._recalled_micro) + self._paid_micro

    def recall(self, micro: int) -> None:
        """An earlier attempt spent so much on an answer that is still there."""
        self._recalled_micro += micro

    def bill(self) -> "Bill":
        """What one step takes out of it."""
        return Bill(self)

    def left_for(self, tab: "Tab") -> int | None:
        """What one request may still cost, while others may cost what they look like; None without limit."""
        if self.most_micro is None:
            return None
        others = sum(micro for other, micro in self._open.items() if other is not tab)
        return self.most_micro - self.spent_micro - others

    def expect(self, tab: "Tab", micro: int) -> None:
        """Say what a request looks like costing."""
        self._open[tab] = micro

    def forget(self, tab: "Tab") -> None:
        """A request is over, paid or not."""
        self._open.pop(tab, None)

    def pay(self, provider: Provider, model: str, usage: Usage, micro: int | None) -> None:
        """An answer is there."""
        self._paid_micro += micro or 0
        if self._on_paid is not None:
            self._on_paid(provider, model, usage, micro)


class Bill:
    """What the requests of one step cost together.

    Args:
        purse: whence it is paid.

    Attributes:
        usage: tokens that were read and written.
        micro: what they cost; None when the price of any is not known.
    """

    def __init__(self, purse: Purse | None = None) -> None:
        self._purse = purse or Purse()
        self._paid = False
        self.usage = Usage()
        self.micro: int | None = 0

    @property
    def is_capped(self) -> bool:
        """Whether there is a limit to what may be spent."""
        return self._purse.most_micro is not None

    def recall(self, micro: int | None) -> None:
        """A step had its result from its journal, so an earlier attempt paid: that was of this purse too.

        Changes nothing when this bill was paid from just now.
        """
        if not self._paid:
            self._purse.recall(micro or 0)

    @contextmanager
    def request(self, provider: Provider, request: Request) -> Iterator["Tab"]:
        """One request, from before it is sent until its answer is there or it failed.

        Raises:
            Invalid: `cost_cap_reached` when the purse cannot pay it; `price_unknown` when nobody could tell.
        """
        tab = Tab(self, self._purse, provider, request)
        try:
            yield tab
        finally:
            self._purse.forget(tab)

    def add(self, provider: Provider, model: str, usage: Usage, micro: int | None) -> None:
        """An answer is there."""
        self._paid = True
        self.usage += usage
        self.micro = None if self.micro is None or micro is None else self.micro + micro
        self._purse.pay(provider, model, usage, micro)


class Tab:
    """One request that is being paid for.

    Args:
        bill: where it is added.
        purse: whence it is paid.
        provider: who is asked.
        request: as it was meant.

    Attributes:
        request: as it is to be sent: cut off where the money ends.

    Raises:
        Invalid: `cost_cap_reached`, `price_unknown`.
    """

    def __init__(self, bill: Bill, purse: Purse, provider: Provider, request: Request) -> None:
        self._bill = bill
        self._purse = purse
        self._provider = provider
        self._price = provider.price(request.model)
        self._read = self._heard = 0
        self._bounded = False
        self.request = request
        left = purse.left_for(self)
        if left is None:
            return
        if self._price is None:
            raise price_unknown(provider, request.model)
        self._read = estimated_tokens(request)
        asked = self._price.of(Usage(self._read, 1))
        if asked > left:
            raise cap_reached(purse.most_micro or 0)
        purse.expect(self, asked)
        if self._price.output_micro:
            affordable = (left * MICRO - self._read * self._price.input_micro) // self._price.output_micro
            if affordable <= min(_BOUND_TOKENS, (request.max_tokens or _BOUND_TOKENS + 1) - 1):
                self._bounded = True
                self.request = replace(request, max_tokens=max(1, affordable))

    def listening(self, on_text: Callable[[str], None] | None) -> Callable[[str], None] | None:
        """What hears the pieces of the answer, and breaks it off when there is no money for more."""
        price = self._price
        if price is None or self._purse.most_micro is None:
            return on_text

        def hear(piece: str) -> None:
            self._heard += len(piece)
            self._count(price)
            if on_text is not None:
                on_text(piece)

        return hear

    def pay(self, answer: Answer) -> None:
        """The answer is there.

        Raises:
            Invalid: `cost_cap_reached` when it was cut off because there was no money for more.
        """
        micro = None if self._price is None else self._price.of(answer.usage)
        self._bill.add(self._provider, self.request.model, answer.usage, micro)
        if self._bounded and not answer.complete:
            raise cap_reached(self._purse.most_micro or 0)

    def _count(self, price: Price) -> None:
        usage = Usage(self._read, tokens_of(self._heard))
        micro = price.of(usage)
        left = self._purse.left_for(self)
        if left is not None and micro > left:
            told = replace(counted(self.request, ""), output_tokens=tokens_of(self._heard))
            self._bill.add(self._provider, self.request.model, told, price.of(told))
            raise cap_reached(self._purse.most_micro or 0)
        self._purse.expect(self, micro)


def cap_reached(most_micro: int) -> Invalid:
    """There is no money for the next request, or for the rest of an answer."""
    return Invalid(
        "cost_cap_reached",
        f"This would cost more than the {dollars_of(most_micro):g} US dollars that the run may: "
        "give it less to read, a cheaper model, or a higher 'maxCost' where the plan allows it.",
    )


def price_unknown(provider: Provider, model: str) -> Invalid:
    """A limit is to be kept, and nobody said what the model costs."""
    return Invalid(
        "price_unknown",
        f"Nobody said what the model '{model[:100]}' of '{provider.name}' costs, so no limit can be kept: ask for one "
        "with a price (GET /models), leave 'maxCost' out, or have the operator set its price (0 where it is free).",
    )
