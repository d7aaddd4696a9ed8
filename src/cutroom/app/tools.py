"""The programs, fonts and devices outside of this package that a process uses."""

from pathlib import Path

from cutroom.app.settings import Settings
from cutroom.media import browser, ffmpeg
from cutroom.render.lettering import typefaces
from cutroom.render.output.hardware import keep_in


def use_tools(settings: Settings, folder: Path) -> None:
    """Choose them for this process; what is found out about the machine is kept in `folder`.

    Raises:
        Unavailable: `ffmpeg_missing`, `ffmpeg_too_old`.
        Invalid: `font_folder_missing`, `font_damaged`.
    """
    ffmpeg.use(settings.ffmpeg)
    browser.use(settings.chromium)
    typefaces.use((settings.fonts,) if settings.fonts is not None else ())
    keep_in(folder)
