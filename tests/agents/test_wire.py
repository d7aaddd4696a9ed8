"""What is committed of the messages is what the contract makes."""

import asyncio
import runpy
from pathlib import Path

import pytest

from cutroom.agents import pieces
from cutroom.agents.limits import MAX_WHOLE_BYTES, PIECE_BYTES
from cutroom.agents.pieces import Joiner, Room, Splitter
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.kit.errors import Invalid, Unavailable

ROOT = Path(__file__).parents[2]


def test_the_messages_are_made_from_the_contract_as_it_is(tmp_path: Path) -> None:
    program = runpy.run_path(str(ROOT / "proto" / "generate.py"))
    program["generate"](tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_text() == (program["WIRE"] / path.name).read_text(), "run: python proto/generate.py"


@pytest.mark.parametrize("size", [0, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 1_000_000])
def test_a_message_of_any_size_is_the_same_when_its_pieces_are_joined(size: int) -> None:
    message = wire.FromAgent(ask=wire.Ask(record=wire.Record(result="x" * size)))
    joiner: Joiner[wire.FromAgent] = Joiner(wire.FromAgent, Room())
    pieces = list(Splitter(wire.FromAgent).split(message))
    if len(pieces) == 1:
        assert pieces == [message]
        return
    found = [joiner.add(piece.piece) for piece in pieces]
    assert found == [*[None] * (len(pieces) - 1), message]
    assert all(piece.ByteSize() <= PIECE_BYTES + 64 for piece in pieces)


def test_what_is_too_large_is_not_sent_and_room_that_is_used_up_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        list(Splitter(wire.FromAgent).split(wire.FromAgent(piece=wire.Piece(data=bytes(MAX_WHOLE_BYTES + 1)))))
    assert caught.value.code == "message_too_large"
    room = Room(100)
    joiner: Joiner[wire.FromAgent] = Joiner(wire.FromAgent, room)
    joiner.add(wire.Piece(id=1, data=bytes(60)))
    with pytest.raises(Unavailable) as full:
        joiner.add(wire.Piece(id=2, data=bytes(60)))
    assert full.value.code == "no_room"
    joiner.close()
    assert room.take(100)
    for data in (b"\xff\xff", wire.FromAgent(piece=wire.Piece(id=1)).SerializeToString()):
        with pytest.raises(Invalid) as caught:
            Joiner(wire.FromAgent, Room()).add(wire.Piece(id=1, data=data, last=True))
        assert caught.value.code == "bad_message"


@pytest.mark.threat("A83")
async def test_the_agents_of_one_workspace_leave_room_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Room(400)
    mine, ours, theirs = whole.part("a").part("1"), whole.part("a").part("2"), whole.part("b").part("1")
    assert whole.part("a").part("1") is mine
    assert mine.take(100)
    assert not mine.take(1)
    assert ours.take(100)
    assert theirs.take(100)
    assert not whole.part("a").take(1)
    monkeypatch.setattr(pieces, "ROOM_WITHIN_S", 0.05)
    with pytest.raises(Unavailable) as full:
        await mine.until_free(1)
    assert full.value.code == "no_room"
    monkeypatch.undo()
    waiting = asyncio.create_task(mine.until_free(60))
    await asyncio.sleep(0)
    mine.give_back(60)
    await waiting
    assert mine.take(60)
    for room in (mine, ours, theirs):
        room.give_back(100)
    assert whole.take(400)
