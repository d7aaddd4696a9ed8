"""`cutroom model`: download a model of Whisper before it is needed, or for a machine without a network."""

from pathlib import Path

from cutroom.app.console import out, progress_bar, show_facts
from cutroom.app.settings import Settings, load
from cutroom.speech.whisper_models import Fetched


async def model(name: str | None, *, data: Path | None) -> None:
    """Download a model, the usual one when none is named, and say where it lies."""
    settings = load(data=data)
    models = settings.whisper_models(folder_of(settings))
    wanted = models.named(name or settings.whisper_model)
    with progress_bar("model") as show:

        def hear(fetched: Fetched) -> None:
            stage = f"downloading {wanted.name}" if fetched.total else "another process downloads it"
            show(fetched.done / fetched.total if fetched.total else 0.0, stage)

        folder = await models.bring(wanted, hear)
    size_mb = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6
    show_facts("Here", {"model": wanted.name, "folder": str(folder), "size": f"{size_mb:.1f} MB"})


async def show(*, data: Path | None) -> None:
    """Print the models that were downloaded."""
    settings = load(data=data)
    for name in settings.whisper_models(folder_of(settings)).kept():
        out.print(name, markup=False)


def folder_of(settings: Settings) -> Path:
    """Where a server keeps models when no folder is set."""
    return settings.data / "models"
