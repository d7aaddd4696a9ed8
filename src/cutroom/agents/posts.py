"""The server's side of one attempt that runs on an agent: carries out what it asks for, and knows when it is over."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from cutroom.agents import convert
from cutroom.agents.limits import MAX_EVENTS, PART_BYTES
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.assets import SentFiles
from cutroom.jobs import Draft, Origin, Productions, Registry, payload
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ending import End
from cutroom.jobs.errors import NewItems, Wait
from cutroom.jobs.holding import Holding
from cutroom.jobs.journal import MAX_DEPTH
from cutroom.jobs.ledger import Ledger
from cutroom.jobs.writing import StepResult
from cutroom.kit.errors import CutroomError, Internal, Invalid

SentFilesFor = Callable[[Claimed], SentFiles]
ProductionsFor = Callable[[Claimed], Productions]


class Post:
    """One attempt elsewhere.

    Args:
        holding: what the session's claimant holds.
        told: events of this attempt that are written.
        ledger: writes for attempts.
        registry: the workflows.
        files: of the attempt.
        productions: of the attempt.
    """

    def __init__(
        self,
        holding: Holding,
        told: int,
        *,
        ledger: Ledger,
        registry: Registry,
        files: SentFiles,
        productions: Productions,
    ) -> None:
        self.holding = holding
        self.told = told
        self._spent = 0
        self.over = asyncio.Event()
        """Set when the end of the attempt is written."""
        self._ledger = ledger
        self._registry = registry
        self._files = files
        self._productions = productions
        self._telling = asyncio.Lock()

    @property
    def key(self) -> tuple[str, int]:
        """Names the attempt."""
        return self.holding.job.id, self.holding.job.fence

    def again(self) -> Claimed:
        """The job, for an agent that is to begin anew: what was told so far counts, and is another's."""
        self._spent += self.told
        self.told = 0
        return replace(self.holding.job, event_seq=self.holding.job.event_seq + self._spent)

    async def carry_out(self, ask: wire.Ask) -> wire.Answer:
        """Do what is asked for. Again, it changes nothing.

        Raises:
            CutroomError: for the agent.
            LeaseLost: when the attempt no longer holds the job.
        """
        what = ask.WhichOneof("what")
        match what:
            case "recall" | "items" | "record" | "notes" | "suspend" | "end":
                return await self._of_the_job(what, ask)
            case "hold":
                await self._ledger.hold(self.holding, convert.seconds_of(ask.hold.seconds))
                return wire.Answer(done=wire.Done(yes=True))
            case "take" | "name_of" | "find" | "put" | "sent" | "adopt":
                return await self._of_files(what, ask)
            case "read" | "write":
                return await self._of_productions(ask)
        raise Invalid("unknown_question", "This version of the server does not know this question.")

    async def _of_the_job(self, what: str, ask: wire.Ask) -> wire.Answer:
        if what == "recall":
            return await self._recall(ask.recall)
        if what == "items":
            return await self._items(ask.items)
        if what == "record":
            said = ask.record
            result = convert.json_text(said.result, "The result of a step")
            step = StepResult(convert.step_name(said.step), result, convert.seconds_of(said.elapsed_s))
            await self._ledger.record(self.holding, step)
            return wire.Answer(done=wire.Done(yes=True))
        if what == "notes":
            return await self._note(ask.notes)
        if what == "suspend":
            return await self._suspend(ask.suspend)
        return await self._end(ask.end)

    async def _recall(self, said: wire.Recall) -> wire.Answer:
        """A part of the journal; all of it or nothing for an agent of an earlier version, which asks for no parts."""
        part = await self._ledger.kept_part(self.holding, said.first, PART_BYTES)
        nothing = not part.kept.steps and not part.kept.marks
        if part.next is not None and (nothing or not said.HasField("first")):
            raise convert.too_large()
        return wire.Answer(journal=convert.journal_message(part.kept, part.next))

    async def _items(self, said: wire.Items) -> wire.Answer:
        """Some of the items of a map; likewise."""
        part = await self._ledger.items_part(self.holding, said.step, said.first, PART_BYTES)
        if part.more and (not part.items or not said.HasField("first")):
            raise convert.too_large()
        return wire.Answer(items=wire.ItemStates(items=map(convert.item_message, part.items), more=part.more))

    async def _note(self, said: wire.Notes) -> wire.Answer:
        async with self._telling:
            if said.first <= self.told:
                skip = self.told - said.first
                fresh = max(len(said.events) - skip, 0)
                if self._spent + self.told + fresh > MAX_EVENTS:
                    raise Invalid("too_many_events", f"An attempt tells {MAX_EVENTS} events at most.")
                notes = convert.notes_of(said, min(skip, len(said.events)))
                if fresh or not said.events:
                    await self._ledger.note(self.holding, notes)
                self.told += fresh
            return wire.Answer(told=wire.Told(told=self.told))

    async def _suspend(self, said: wire.Suspend) -> wire.Answer:
        waits = await asyncio.to_thread(self._waits_of, said)
        done = await self._ledger.suspend(self.holding, waits)
        if done:
            self._finish()
        return wire.Answer(done=wire.Done(yes=done))

    def _waits_of(self, said: wire.Suspend) -> list[Wait]:
        """What is waited for, checked; in a thread, since ten thousand inputs take seconds to be read."""
        waits = [convert.wait_of(wait) for wait in said.waits]
        if not waits:
            raise Invalid("bad_wait", "A job waits for something.")
        for wait in waits:
            if isinstance(wait, NewItems):
                self._check(wait)
        return waits

    def _check(self, wait: NewItems) -> None:
        workflow = self._registry.get(wait.workflow)
        if not workflow.internal:
            raise Invalid("bad_wait", f"'{workflow.name}' is no workflow of items.")
        if self.holding.job.depth >= MAX_DEPTH:
            raise Invalid("bad_wait", f"Nothing lies deeper than {MAX_DEPTH} jobs.")
        for text in wait.inputs or ():
            payload.load(workflow.input, text)

    async def _end(self, said: wire.End) -> wire.Answer:
        end = convert.end_of(self.holding.job, said)
        if end.outcome == "succeeded":
            self._check_output(end)
        if end.outcome == "cancelled" and self.holding.reason != "cancelled":
            raise Invalid("bad_end", "Nobody has cancelled this job.")
        status = await self._ledger.end(self.holding, end)
        self._finish()
        return wire.Answer(status="" if status is None else status)

    def _check_output(self, end: End) -> None:
        workflow = self._registry.get(self.holding.job.type)
        try:
            payload.load(workflow.output, end.output or "null")
        except CutroomError as error:
            message = f"The output of '{workflow.name}' that the agent sent does not look like one."
            raise Internal("bad_agent_output", message) from error

    def _finish(self) -> None:
        self.over.set()

    async def _of_files(self, what: str, ask: wire.Ask) -> wire.Answer:
        files = self._files
        if what == "take":
            if not ask.take.source.startswith(("asset:", "upload:", "artifact:")):
                raise Invalid("bad_source", "What has a URL is fetched by who needs it.")
            taken = await files.files.take(ask.take.source)
            return wire.Answer(taken=wire.Taken(sha256=taken.sha256, size_bytes=taken.size_bytes))
        if what == "name_of":
            name = await files.files.name_of(ask.name_of.source)
            return wire.Answer(done=wire.Done(yes=name is not None, text=name or ""))
        if what == "find":
            place = await files.place(ask.find.key)
            found = wire.Place() if place is None else wire.Place(url=place.url, size_bytes=place.size_bytes)
            return wire.Answer(place=found)
        if what == "put":
            return await self._permit(ask.put)
        if what == "adopt":
            await files.adopt(ask.adopt.sha256, asset_id=ask.adopt.asset_id, name=ask.adopt.name)
            return wire.Answer(done=wire.Done(yes=True))
        return await self._sent(ask.sent)

    async def _permit(self, said: wire.Put) -> wire.Answer:
        key = said.key or None
        if key is not None and await self._files.place(key) is not None:
            return wire.Answer(permission=wire.Permission())
        sent_id, put = self._files.permit(key, said.size_bytes, said.sha256)
        given = wire.Permission(id=sent_id, url=put.url, method=put.method, headers=put.headers)
        return wire.Answer(permission=given)

    async def _sent(self, said: wire.Sent) -> wire.Answer:
        if said.key:
            await self._files.keep(said.id, said.key)
            return wire.Answer(published=wire.Published())
        made = await self._files.publish(said.id, kind=said.kind, name=said.name, content_type=said.content_type)
        answer = wire.Published(
            id=made.id,
            sha256=made.sha256,
            size_bytes=made.size_bytes,
            content_type=made.content_type,
            url=made.url,
        )
        return wire.Answer(published=answer)

    async def _of_productions(self, ask: wire.Ask) -> wire.Answer:
        if ask.WhichOneof("what") == "read":
            found = await self._productions.read(ask.read.id, ask.read.version or None)
            made = wire.Production(
                id=found.id, kind=found.kind, version=found.version, title=found.title, body=found.body
            )
            return wire.Answer(production=made)
        said = ask.write
        origins = tuple(Origin(made.id, made.version) for made in said.made_from)
        body = convert.json_text(said.body, "The body of a production")
        number = await self._productions.write(Draft(said.id, said.kind, said.title, body, origins))
        return wire.Answer(done=wire.Done(yes=True, number=number))
