"""FFmpeg's libraries as a painter uses them: they say nothing."""

import av.logging


def keep_silent() -> None:
    """To be called before a file is opened.

    At any level errors are told to Python, and the threads of a decoder that is let go wait for that for ever.
    """
    av.logging.set_level(None)
