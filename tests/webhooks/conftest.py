from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cutroom.db import Database
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.standing import Stand


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def stand(database: Database, tmp_path: Path, receiver: Receiver) -> Stand:
    """A service that may send to `receiver`."""
    return Stand(database, tmp_path, [receiver.port])
