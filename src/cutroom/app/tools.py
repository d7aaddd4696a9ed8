"""The programs and fonts outside of this package that a process uses."""

from cutroom.app.settings import Settings
from cutroom.media import browser, ffmpeg
from cutroom.render.lettering import typefaces


def use_tools(settings: Settings) -> None:
    """Choose them for this process.

    Raises:
        Unavailable: `ffmpeg_missing`, `ffmpeg_too_old`.
        Invalid: `bad_fonts_folder` when a folder of fonts cannot be read.
    """
    ffmpeg.use(settings.ffmpeg)
    browser.use(settings.chromium)
    typefaces.use((settings.fonts,) if settings.fonts is not None else ())
