"""How words of captions look at a moment: spoken, being spoken, or still to come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cutroom.render.lettering.caption_parts import Part, Word
from cutroom.render.lettering.moves import Mover, move
from cutroom.render.lettering.scene import HIDDEN, REST, Pose
from cutroom.timeline.resolved import CaptionAnimation, Captions, Color

_HELD: Final = 0.4
"""Seconds for which a word stays marked when the next one is not spoken yet: shorter pauses are no pauses."""
_GROWING: Final = 0.14
"""Seconds in which a word grows, or its box appears."""
_POPPING: Final = 0.22
_BOUNCING: Final = 0.42
_COMING: Final = {"fade": 0.25, "slide": 0.35}
_GOING: Final = {"fade": 0.2, "slide": 0.2}


@dataclass(frozen=True, slots=True)
class Stage:
    """What all words share: the captions, and the type size in pixels."""

    captions: Captions
    em: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a word is drawn.

    Args:
        pose: where it stands.
        color: another colour than the style's; None for that.
        done: the part of it that has this colour, 0 to 1.
        box: colour of the box behind it; None for none.
        boxed: how far that box has come, 0 to 1.
        typed: the part of its letters that is written, 0 to 1.
    """

    pose: Pose = REST
    color: Color | None = None
    done: float = 1.0
    box: Color | None = None
    boxed: float = 1.0
    typed: float = 1.0


def cue_pose(animation: CaptionAnimation, part: Part, since: float, left: float, em: float) -> Pose:
    """How a part as a whole comes, `since` seconds ago, and goes, in `left` seconds."""
    if animation not in _COMING:
        return REST
    coming, going = _COMING[animation], _GOING[animation]
    length = since + left
    if length < coming + going:
        coming, going = coming * length / (coming + going), going * length / (coming + going)
    mover = Mover((0, 0, 0, 0), (0, 0, 0, 0), em, "down", 0.0, 0.0)
    if part.first and since < coming:
        # The first frame is not lost: a cue that comes is a little there at once.
        progress = 0.12 + 0.88 * since / coming
        return move("fade" if animation == "fade" else "shift", progress, mover) if progress < 1 else REST
    if part.last and left < going:
        return Pose(opacity=round(left / going, 4)) if left > 0 else HIDDEN
    return REST


def look(stage: Stage, words: Sequence[Word], at: int, now: float) -> Look:
    """How a word looks at second `now`."""
    captions, word = stage.captions, words[at]
    since, active = now - float(word.start), _spoken(words, at, now)
    animation = captions.animation
    marked = _marked(captions, active=active, since=since)
    if animation == "karaoke":
        return _karaoke(captions, word, now, active=active)
    if animation == "single":
        found = Look(_pop(since), captions.active if captions.active != captions.style.color else None)
    elif animation == "pop":
        found = replace(marked, pose=_times(_pop(since), marked.pose.scale))
    elif animation == "bounce" and active and since < _BOUNCING:
        found = replace(marked, pose=Pose(dy=-_hop(since / _BOUNCING) * stage.em, scale=marked.pose.scale))
    elif animation == "typewriter":
        found = replace(marked, typed=_typed(word, since))
    elif animation == "box" and active:
        box = captions.active_background or captions.active
        color = captions.active if captions.active_background is not None else None
        found = replace(marked, color=color, box=box, boxed=_grown(since))
    else:
        found = marked
    return found


def _typed(word: Word, since: float) -> float:
    """The part of a word that is written: its first letter at once, the others while it is spoken, but quickly."""
    letters = max(1, len(word.text))
    length = max(1e-3, min(float(word.end - word.start), 0.09 * letters))
    return _stepped(min(1.0, since / length + 1 / letters), letters) if since >= 0 else 0.0


def _marked(captions: Captions, *, active: bool, since: float) -> Look:
    if captions.animation == "none":
        return Look()
    if not active:
        if since >= 0 and captions.spoken is not None:
            return Look(color=captions.spoken)
        return Look()
    grown = _grown(since)
    scale = 1 + (captions.active_scale - 1) * grown
    color = captions.active if captions.active != captions.style.color else None
    boxed = grown if captions.active_background is not None else 1.0
    return Look(Pose(scale=scale) if scale != 1 else REST, color, 1.0, captions.active_background, boxed)


def _karaoke(captions: Captions, word: Word, now: float, *, active: bool) -> Look:
    """The word fills with colour while it is spoken; afterwards it keeps one."""
    since, length = now - float(word.start), float(word.end - word.start)
    grown = _grown(since) if active else 0.0
    scale = 1 + (captions.active_scale - 1) * grown
    pose = Pose(scale=scale) if scale != 1 else REST
    box = captions.active_background if active else None
    if since < 0:
        return Look()
    done = min(1.0, since / length) if length > 0 else 1.0
    if done >= 1 and not active:
        return Look(color=captions.spoken or captions.active)
    return Look(pose, captions.active, round(done, 3), box, grown if box is not None else 1.0)


def _spoken(words: Sequence[Word], at: int, now: float) -> bool:
    """Whether a word is being spoken; short pauses after it count."""
    word = words[at]
    if now < float(word.start):
        return False
    after = float(words[at + 1].start) if at + 1 < len(words) else None
    if after is not None and words[at + 1].start == word.start and words[at + 1].torn:
        return now < float(word.end)
    if after is not None and now >= after:
        return False
    held = after if after is not None and after - float(word.end) <= _HELD else float(word.end)
    return now < max(float(word.end), held)


def _pop(since: float) -> Pose:
    """Hidden before a word is spoken; then it jumps up, a little too large, and settles."""
    if since < 0:
        return HIDDEN
    if since >= _POPPING:
        return REST
    p = 0.25 + 0.75 * since / _POPPING
    over = 2.2
    back = 1 + (over + 1) * (p - 1) ** 3 + over * (p - 1) ** 2
    return Pose(scale=round(0.5 + 0.5 * back, 4), opacity=round(min(1.0, p * 1.8), 4))


def _times(pose: Pose, scale: float) -> Pose:
    return pose if scale == 1 or pose.opacity <= 0 else Pose(pose.dx, pose.dy, pose.scale * scale, 0.0, pose.opacity)


def _hop(p: float) -> float:
    """A hop and a small one after it, in units of the type size."""
    if p < 0.62:
        q = p / 0.62
        return round(0.26 * 4 * q * (1 - q), 4)
    q = (p - 0.62) / 0.38
    return round(0.06 * 4 * q * (1 - q), 4)


def _grown(since: float) -> float:
    p = min(1.0, max(0.0, since) / _GROWING + 0.25)
    return round(1 - (1 - p) ** 3, 4)


def _stepped(share: float, letters: int) -> float:
    """Whole letters only, so that a picture changes no more often than it must."""
    count = max(1, letters)
    return int(share * count + 1e-9) / count
