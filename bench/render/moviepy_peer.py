"""The edit of `bench.render.edit` as people write it for MoviePy 2: run by that benchmark, with MoviePy beside it.

Usage: `moviepy_peer.py EDIT.json OUT.mp4`, where the edit has `clips` (`path`, `first`, `frames`), `crossfades` (joins,
counted from 0), `cross_frames`, `fps`, `size`, `title` and `font`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from moviepy import CompositeVideoClip, TextClip, VideoFileClip, afx, vfx


def main(edit: dict[str, Any], out: str) -> None:
    fps, cross_s = edit["fps"], edit["cross_frames"] / edit["fps"]
    made: list[Any] = []
    start = 0.0
    for number, use in enumerate(edit["clips"]):
        leaves, comes = number in edit["crossfades"], number - 1 in edit["crossfades"]
        begin = use["first"] / fps
        length = use["frames"] / fps
        clip = VideoFileClip(use["path"]).subclipped(begin, begin + length + (cross_s if leaves else 0))
        effects: list[Any] = [vfx.CrossFadeIn(cross_s), afx.AudioFadeIn(cross_s)] if comes else []
        effects += [afx.AudioFadeOut(cross_s)] if leaves else []
        made.append(clip.with_effects(effects).with_start(start))
        start += length
    title = TextClip(font=edit["font"], text=edit["title"], font_size=96, color="white")
    made.append(title.with_start(1).with_duration(3).with_position("center"))
    film = CompositeVideoClip(made, size=tuple(edit["size"])).with_duration(start)
    film.write_videofile(
        out,
        fps=fps,
        codec="libx264",
        preset="veryfast",
        ffmpeg_params=["-crf", "21", "-g", "60", "-bf", "3", "-pix_fmt", "yuv420p"],
        audio_codec="aac",
        audio_bitrate="128k",
        threads=os.cpu_count(),
        logger=None,
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
