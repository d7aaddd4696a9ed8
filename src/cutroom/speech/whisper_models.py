"""Models of Whisper on this machine: what they are called, where they lie, and how they come there."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.process import run

log = structlog.get_logger()
SIZES: Final[Mapping[str, str]] = {
    **{
        size: f"Systran/faster-whisper-{size}"
        for size in (
            *("tiny.en", "tiny", "base.en", "base", "small.en", "small", "medium.en", "medium"),
            *("large-v1", "large-v2", "large-v3"),
        )
    },
    "large": "Systran/faster-whisper-large-v3",
    **{
        f"distil-{size}": f"Systran/faster-distil-whisper-{size}"
        for size in ("large-v2", "medium.en", "small.en", "large-v3")
    },
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Repositories of the sizes, as faster-whisper 1.2.1 has them (`faster_whisper.utils`)."""
HUB: Final = "https://huggingface.co"
_FETCH: Final = Path(__file__).with_name("whisper_fetch.py")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_LONGEST_S: Final = 6 * 3600.0
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models come from.

    Args:
        url: a Hugging Face hub, or a mirror of it.
        token: for models that are not open to all.
        offline: never ask it.
    """

    url: str = HUB
    token: str | None = field(default=None, repr=False)
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far a download is, in bytes; both 0 while another process downloads the same model."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class WhisperModel:
    """A model that was named.

    Args:
        name: as people call it.
        repository: where a hub has it; None for a folder of the operator's.
        folder: where it lies, or will lie.
    """

    name: str
    repository: str | None
    folder: Path

    @property
    def here(self) -> bool:
        """Whether it can be used at once: a folder appears when it is whole."""
        return (self.folder / "model.bin").is_file()

    @property
    def english_only(self) -> bool:
        """Whether its name says that it knows English alone."""
        return self.name.endswith(".en")

    @property
    def mark(self) -> str:
        """What tells it from another model that may lie in the same place tomorrow."""
        if self.repository is not None:
            return self.repository
        try:
            about = (self.folder / "model.bin").stat()
        except OSError:
            return str(self.folder)
        return f"{self.folder} {about.st_size} {about.st_mtime_ns}"

    @property
    def size_bytes(self) -> int:
        """Bytes of its weights; 0 when it is not here."""
        try:
            return (self.folder / "model.bin").stat().st_size
        except OSError:
            return 0


class Models:
    """The models of one machine.

    Args:
        folder: where those from a hub are kept.
        hub: where they come from.
    """

    def __init__(self, folder: Path, hub: Hub | None = None) -> None:
        self._folder, self._hub = folder.absolute(), hub or Hub()

    def named(self, name: str) -> WhisperModel:
        """The model of a name: a size such as `small`, a repository such as `Systran/faster-whisper-small`, a folder.

        Raises:
            Invalid: `unknown_speech_model`.
        """
        repository = SIZES.get(name)
        if repository is None:
            place = Path(name).expanduser()
            if place.is_absolute() or name.startswith(".") or (place / "model.bin").is_file():
                return self._of_operator(name, place.absolute())
            if not _REPOSITORY.fullmatch(name):
                sentence = (
                    f"There is no Whisper model '{name[:80]}'; name a size ({', '.join(SIZES)}), a repository as "
                    "OWNER/NAME, or a folder."
                )
                raise Invalid("unknown_speech_model", sentence)
            repository = name
        return WhisperModel(name, repository, self._folder / repository.replace("/", "--"))

    def _of_operator(self, name: str, place: Path) -> WhisperModel:
        lacking = [part for part in ("model.bin", "config.json", "tokenizer.json") if not (place / part).is_file()]
        if lacking:
            # Without its tokenizer, faster-whisper would go and download another one.
            sentence = f"The folder '{place.name}' is no Whisper model for CTranslate2: it lacks {', '.join(lacking)}."
            raise Invalid("unknown_speech_model", sentence)
        return WhisperModel(place.name, None, place)

    def kept(self) -> list[str]:
        """The names of models that were downloaded: sizes where there is one, else repositories."""
        sizes = {repository: size for size, repository in reversed(list(SIZES.items()))}
        found = sorted(path.parent.name for path in self._folder.glob("[!.]*--*/model.bin"))
        repositories = [name.replace("--", "/", 1) for name in found]
        return [sizes.get(repository, repository) for repository in repositories]

    async def bring(self, model: WhisperModel, tell: Callable[[Fetched], object] | None = None) -> Path:
        """The folder of a model, which is downloaded when it is not here: once, however many processes ask for it.

        Args:
            model: which.
            tell: called about twice in a second while it is downloaded.

        Raises:
            Unavailable: `model_unavailable`, with what to do about it.
        """
        if await asyncio.to_thread(lambda: model.here):
            return model.folder
        if model.repository is None or self._hub.offline:
            raise self._not_here(model, "it is not here, and downloads are switched off", retryable=False)
        said: dict[str, Any] = {}
        last = [-1]

        def hear(line: str) -> bool:
            fact = json.loads(line)
            said.update(fact)
            if "error" in fact:
                return True
            fetched = Fetched(int(fact.get("done", 0)), int(fact.get("total", 0)))
            if tell is not None:
                tell(fetched)
            moved = fetched.done > last[0] or "waiting" in fact
            last[0] = max(last[0], fetched.done)
            return moved

        await self._fetch(model, hear)
        if "error" in said:
            raise self._refusal(model, said)
        if not await asyncio.to_thread(lambda: model.here):
            raise self._not_here(model, "the download ended too early", retryable=True)
        log.info("whisper.fetched", model=model.name, folder=str(model.folder))
        return model.folder

    async def _fetch(self, model: WhisperModel, hear: Callable[[str], bool]) -> None:
        order = {
            "repository": model.repository,
            "folder": str(model.folder),
            "endpoint": self._hub.url.rstrip("/"),
            "token": self._hub.token,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        # Another protocol of downloads, words about us, and bars are switched off.
        silent = ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS")
        try:
            done = await run(
                [sys.executable, "-I", str(_FETCH)],
                cwd=self._folder,
                timeout_s=_LONGEST_S,
                patience_s=_PATIENCE_S,
                env={"HF_HOME": str(self._folder / ".hub"), **dict.fromkeys(silent, "1")},
                stdin=json.dumps(order).encode(),
                on_line=hear,
            )
        except Unavailable as error:
            raise self._not_here(model, "the hub does not answer", retryable=True) from error
        if done.returncode != 0:
            log.warning("whisper.fetch_died", stderr=done.stderr[-2000:].decode("utf-8", "replace"))

    def _refusal(self, model: WhisperModel, said: Mapping[str, Any]) -> Unavailable | Invalid:
        log.warning("whisper.not_fetched", model=model.name, error=said["error"], reason=said["message"])
        if said["error"] in {"not_found", "not_a_model"}:
            return Invalid("unknown_speech_model", f"The Whisper model '{model.name}': {said['message']}.")
        if said["error"] == "disk":
            full = f"The Whisper model '{model.name}' cannot be kept in the folder of models: {said['message']}."
            return Unavailable("model_unavailable", full, retryable=False)
        # Where there is no network there will be none in a minute; what broke off goes on.
        return self._not_here(model, str(said["message"]), retryable=said["error"] != "offline")

    def _not_here(self, model: WhisperModel, why: str, *, retryable: bool) -> Unavailable:
        sentence = (
            f"The Whisper model '{model.name}' cannot be had: {why}. Where there is a network, run "
            f"`cutroom model {model.name}` and bring its folder here; or set CUTROOM_WHISPER_MODEL to a folder that "
            "holds a model."
        )
        return Unavailable("model_unavailable", sentence, retryable=retryable)


def cores() -> int:
    """Processors that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
