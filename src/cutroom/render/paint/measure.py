"""Measuring letters in fonts that a document brings: such fonts are a stranger's, so that is done in a box."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Completed, Limits, TimedOut, run
from cutroom.media.sandbox import for_python
from cutroom.media.turns import turn
from cutroom.render.lettering import typefaces
from cutroom.render.paint import job
from cutroom.render.paint.job import Question
from cutroom.render.paint.plan import letters_of
from cutroom.render.painting import CaptionSubject, own_faces
from cutroom.render.parts import Canvas
from cutroom.timeline.resolved import SOUNDS, ResolvedClip, ResolvedEdit
from cutroom.timeline.resolved.text import Measured

_log = later_log()
_CHILD: Final = Path(__file__).with_name("child.py")
_CPU_S: Final = 30
"""For starting, and for the slowest text that is honest."""
_CUES_IN_S: Final = 20
_PATIENCE: Final = 4
"""How much longer a machine that is busy may take than its processor works."""
_MEMORY_BYTES: Final = 2 << 30
_ENV: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_MEASURED: Final[Adapter[Measured]] = Adapter(Measured)


def letter_sources(edits: Sequence[ResolvedEdit]) -> tuple[str, ...]:
    """SHA-256 of every font of the document that its letters are drawn with: the inputs of `measure_letters`."""
    asked = (one for edit in edits for _, one in _questions(edit))
    return tuple(sorted({face.sha256 for one in asked for face in own_faces(one.subject)}))


async def measure_letters(edits: Sequence[ResolvedEdit], inputs: Mapping[str, Path]) -> list[ResolvedEdit]:
    """The edits with the measures of all letters in fonts that the document brings; nothing is planned without them.

    Letters that several edits have alike are measured once, and all of them in one child.

    Args:
        edits: what one document becomes for each of its outputs, on the canvas that it is to be drawn on.
        inputs: a file for each SHA-256 of `letter_sources`.

    Raises:
        Invalid: `text_too_large`; `font_damaged`, with a pointer to the clip whose letters could not be drawn.
        Unavailable: `media_timeout`.
    """
    asked = [_questions(edit) for edit in edits]
    questions = list(dict.fromkeys(question for of_one in asked for _, question in of_one))
    if not questions:
        return list(edits)
    done = await _ask(questions, {sha256: str(path.absolute()) for sha256, path in inputs.items()})
    said = _lines(done.stdout)
    if len(said) < len(questions):
        said.append({"damaged": f"status {done.returncode}: {done.stderr[-2000:].decode('utf-8', 'replace')}"})
    answers = dict(zip(questions, said, strict=False))
    made: list[ResolvedEdit] = []
    for edit, of_one in zip(edits, asked, strict=True):
        found = {clip.pointer: _measured(clip, answers[question]) for clip, question in of_one}
        clips = [replace(clip, measured=found.get(clip.pointer, clip.measured)) for clip in edit.clips]
        made.append(replace(edit, clips=tuple(clips)))
    return made


def _lines(stdout: bytes) -> list[dict[str, Any]]:
    """What a child says, up to the first line that makes no sense: letters that do harm may have taken it over."""
    said: list[dict[str, Any]] = []
    for line in stdout.splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            break
        if not isinstance(answer, dict):
            break
        said.append(answer)
    return said


def _questions(edit: ResolvedEdit) -> list[tuple[ResolvedClip, Question]]:
    output = edit.output
    if output.format in SOUNDS:
        return []
    canvas = Canvas(output.width, output.height, output.fps, output.background, alpha=output.transparent)
    asked = ((clip, letters_of(clip, canvas)) for clip in edit.clips)
    return [
        (clip, Question(subject, output.fps, clip.end + clip.tail - clip.start))
        for clip, subject in asked
        if subject is not None
    ]


async def _ask(questions: Sequence[Question], paths: Mapping[str, str]) -> Completed:
    cues = sum(len(one.subject.captions.cues) for one in questions if isinstance(one.subject, CaptionSubject))
    cpu_s = _CPU_S + len(questions) + cues // _CUES_IN_S
    folders = typefaces.folders()
    try:
        async with turn("light"):
            return await run(
                [sys.executable, "-I", str(_CHILD), "measure"],
                cwd=Path(next(iter(paths.values()))).parent,
                timeout_s=float(_PATIENCE * cpu_s),
                env=_ENV,
                limits=Limits(memory_bytes=_MEMORY_BYTES, file_bytes=0, cpu_s=cpu_s, stack_bytes=2 << 20),
                stdin=job.ask(questions, paths, folders),
                output_cap_bytes=64 << 20,
                box=for_python([*map(Path, paths.values()), *folders], memory_bytes=_MEMORY_BYTES),
            )
    except TimedOut as error:
        sentence = "Measuring the letters did not come to an end in time; try again later."
        raise Unavailable("media_timeout", sentence) from error


def _measured(clip: ResolvedClip, answer: Mapping[str, Any]) -> Measured:
    if "refused" in answer:
        raise CutroomError.from_json(answer["refused"]).at(clip.pointer)
    if "damaged" in answer:
        _log.warning("letters.damaged", pointer=clip.pointer, reason=answer["damaged"])
        style = clip.text or (clip.captions.style if clip.captions is not None else None)
        family = "" if style is None else f" '{style.family}'"
        sentence = f"These letters cannot be drawn in the font{family}: it is damaged, or made to do harm."
        raise Invalid("font_damaged", sentence).at(clip.pointer)
    return _MEASURED.validate_json(json.dumps(answer))
