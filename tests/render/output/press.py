"""Finished outputs of every kind from one small film, for tests that look at what is in them."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from cutroom.render import Made, RenderPlan, compile_plan, finish, render_audio, render_segment
from cutroom.render.compile import segments_at
from cutroom.render.plan import CopySegment
from cutroom.render.repeat import made_for
from cutroom.timeline.resolved import SOUNDS, ResolvedEdit
from tests.render.edits import clip, edit, music
from tests.render.studio import HEIGHT, WIDTH, Studio, ignore

FRAMES = 45
CUT = 17


@dataclass(frozen=True)
class Pressed:
    """A finished output: the plan, its files, and the folder that they are in."""

    plan: RenderPlan
    made: list[Made]
    folder: Path

    @property
    def path(self) -> Path:
        return self.made[0].path

    @property
    def film(self) -> Path:
        """The file that holds the pictures or the sound."""
        return next((one.path for one in self.made if one.kind == "media"), self.path)

    def of(self, kind: str) -> list[Path]:
        return [one.path for one in self.made if one.kind == kind]


async def film(studio: Studio, length: int = FRAMES, **output: Any) -> ResolvedEdit:
    """A counter with noise under it; half transparent over nothing when the output is transparent."""
    counter = await studio.counter("steady.mp4")
    track = music(await studio.noise("plain.wav"), Fraction(length, 30))
    opacity = 0.6 if output.get("transparent") else 1.0
    shown = clip(0, length, counter, opacity=opacity)
    whole = edit(length, shown, size=(WIDTH, HEIGHT), soundtrack=track)
    return replace(whole, output=replace(whole.output, **output))


async def press(studio: Studio, wanted: ResolvedEdit, folder: Path, *, cut: int | None = CUT) -> Pressed:
    """Make an output from two segments that meet at frame `cut`."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = compile_plan(wanted)
    if cut is not None and plan.frames > cut and wanted.output.format not in SOUNDS:
        first = wanted.output.first
        edges = [first, first + cut, first + plan.frames]
        plan = replace(plan, segments=segments_at(edges, wanted, plan.engine))
    parts: list[Path] = []
    for segment in plan.segments:
        assert not isinstance(segment, CopySegment)
        parts.append(folder / f"{segment.index}.part")
        await render_segment(made_for(segment), inputs=studio.paths, scratch=folder, out=parts[-1], progress=ignore)
    audio = None
    if plan.audio is not None:
        audio = folder / f"sound.{plan.audio.extension}"
        await render_audio(plan.audio, inputs=studio.paths, scratch=folder, out=audio, progress=ignore)
    name = "playlist.m3u8" if wanted.output.format == "hls" else f"film.{wanted.output.format}"
    out = folder / "done" / name
    out.parent.mkdir(exist_ok=True)
    made = await finish(plan, parts=parts, audio=audio, scratch=folder, out=out)
    return Pressed(plan, made, folder)


def times(path: Path) -> list[Fraction]:
    """When each frame is shown, in seconds."""
    with av.open(str(path)) as file:
        return [Fraction(frame.pts or 0) * Fraction(frame.time_base or 1) for frame in file.decode(video=0)]
