"""Models come from a hub once, whole or not at all: the real client of Hugging Face against a hub on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.speech.whisper_models import SIZES, Fetched, Hub, Models
from tests.speech.fixtures.tiny_whisper import make
from tests.speech.hub import REPOSITORY, REVISION, FakeHub, hub_of

FILES = {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("hub") / "tiny")


@pytest.fixture
async def hub(tiny: Path) -> AsyncIterator[FakeHub]:
    async with hub_of(tiny) as found:
        yield found


def models_of(folder: Path, hub: FakeHub, token: str | None = None) -> Models:
    return Models(folder / "models", Hub(hub.url, token))


async def test_a_model_is_downloaded_once_and_whole(hub: FakeHub, tmp_path: Path) -> None:
    models = models_of(tmp_path, hub, "hf_secret")
    model = models.named(REPOSITORY)
    assert not models.named(REPOSITORY).here
    told: list[Fetched] = []
    folder = await models.bring(model, told.append)
    assert model.here
    assert {path.name for path in folder.iterdir()} == FILES | {"cutroom.json"}
    assert json.loads((folder / "cutroom.json").read_bytes())["revision"] == REVISION
    assert all((folder / name).read_bytes() == hub.files[name] for name in FILES)
    assert hub.tokens == {"Bearer hf_secret"}
    assert told[-1].done == told[-1].total == sum(len(hub.files[name]) for name in FILES)
    asked = len(hub.requests)
    assert await models.bring(model) == folder
    assert len(hub.requests) == asked
    assert models.kept() == [REPOSITORY]


async def test_two_that_want_the_same_download_it_once(hub: FakeHub, tmp_path: Path) -> None:
    hub.pause_s = 0.4
    told: list[Fetched] = []
    # As two processes do: each with a child of its own.
    one, other = models_of(tmp_path, hub), models_of(tmp_path, hub)
    async with asyncio.TaskGroup() as group:
        for models in (one, other):
            group.create_task(models.bring(models.named(REPOSITORY), told.append))
    assert sorted(hub.downloads) == sorted(FILES)
    assert Fetched(0, 0) in told  # what waits says so


async def test_what_is_not_what_the_hub_promised_is_not_kept(hub: FakeHub, tmp_path: Path) -> None:
    models = models_of(tmp_path, hub)
    model = models.named(REPOSITORY)
    real = hub.files["model.bin"]
    hub.lies["model.bin"] = bytes(len(real))
    with pytest.raises(Unavailable) as caught:
        await models.bring(model)
    assert caught.value.code == "model_unavailable"
    assert "model.bin" in caught.value.message
    assert not model.here
    assert (await models.bring(model) / "model.bin").read_bytes() == real


async def test_a_download_that_breaks_off_leaves_nothing_half_done(hub: FakeHub, tmp_path: Path) -> None:
    models = models_of(tmp_path, hub)
    model = models.named(REPOSITORY)
    hub.breaks_off = True
    with pytest.raises(Unavailable) as caught:
        async with asyncio.timeout(90):
            await models.bring(model)
    assert (caught.value.code, caught.value.retryable) == ("model_unavailable", True)
    assert not model.here
    hub.breaks_off = False
    await models.bring(model)
    assert model.here


async def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    unreachable = Models(tmp_path, Hub("http://127.0.0.1:9"))
    for models in (unreachable, Models(tmp_path, Hub(offline=True))):
        with pytest.raises(Unavailable) as caught:
            await models.bring(models.named("small"))
        error = caught.value
        assert (error.code, error.retryable) == ("model_unavailable", False)
        assert "cutroom model small" in error.message
        assert "CUTROOM_WHISPER_MODEL" in error.message


async def test_what_the_hub_does_not_have_or_is_no_whisper_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    models = models_of(tmp_path, hub)
    with pytest.raises(Invalid) as caught:
        await models.bring(models.named("somebody/nothing"))
    assert caught.value.code == "unknown_speech_model"
    del hub.files["tokenizer.json"]
    with pytest.raises(Invalid) as caught:
        await models.bring(models.named(REPOSITORY))
    assert "tokenizer.json" in caught.value.message


async def test_cancelling_ends_the_download(hub: FakeHub, tmp_path: Path) -> None:
    hub.pause_s = 30.0
    models = models_of(tmp_path, hub)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.0):
            await models.bring(models.named(REPOSITORY))
    hub.pause_s = 0.0
    async with asyncio.timeout(60):  # nobody holds the lock any more
        await models.bring(models.named(REPOSITORY))


def test_a_name_is_a_size_a_repository_or_a_folder(tiny: Path, tmp_path: Path) -> None:
    models = Models(tmp_path)
    small = models.named("small")
    assert (small.repository, small.folder) == (
        "Systran/faster-whisper-small",
        tmp_path / "Systran--faster-whisper-small",
    )
    assert models.named("small.en").english_only
    assert models.named(str(tiny)).repository is None
    assert models.named(str(tiny)).here
    for wrong in ("enormous", "a/b/c", "../x", "a b/c", "-x/y", str(tmp_path), ""):
        with pytest.raises(Invalid) as caught:
            models.named(wrong)
        assert caught.value.code == "unknown_speech_model"


def test_sizes_are_those_of_the_installed_faster_whisper() -> None:
    from faster_whisper import utils  # noqa: PLC0415 — takes its time

    assert dict(SIZES) == utils._MODELS
