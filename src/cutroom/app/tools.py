"""The programs, fonts and devices outside of this package that a process uses."""

from pathlib import Path

from cutroom.app.console import err
from cutroom.app.engine_settings import EngineSettings
from cutroom.media import browser, ffmpeg, sandbox
from cutroom.media.sandbox import Sandbox
from cutroom.render import calibration
from cutroom.render.lettering import typefaces
from cutroom.render.output import hardware


def use_tools(settings: EngineSettings, folder: Path, *, fresh: bool = False, least: int | None = None) -> Sandbox:
    """Choose them for this process; what is found out about the machine is kept in `folder`.

    Args:
        settings: which ones.
        folder: need not exist.
        fresh: whether the sandbox is tried anew.
        least: the lowest level of the sandbox that is accepted; what the settings say when None.

    Raises:
        Unavailable: `ffmpeg_missing`, `ffmpeg_too_old`; `sandbox_missing`, `sandbox_late`, `sandbox_too_low`.
        Invalid: `font_folder_missing`, `font_damaged`.
    """
    ffmpeg.use(settings.ffmpeg)
    browser.use(settings.chromium)
    typefaces.use((settings.fonts,) if settings.fonts is not None else ())
    hardware.keep_in(folder)
    calibration.keep_in(folder)
    chosen = sandbox.use(
        folder,
        fresh=fresh,
        least=settings.min_sandbox_level if least is None else least,
        unsandboxed=settings.allow_unsandboxed,
    )
    if chosen.level == 0:
        err.print("[bold white on red] NO SANDBOX [/] Whoever sends media to this process can take it over.")
    return chosen
