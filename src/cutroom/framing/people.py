"""Who is in a shot: faces that were followed, put together to people, and which of them the picture is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from cutroom.framing.sight import Face, Sight

_LEAST_FOUND: Final = 2
"""Pictures in which a face has to be recognised: a detector that errs does so once."""
_LEAST_SHARE: Final = 0.3
"""Share of its pictures in which it has to be recognised, and not only followed."""
_LEAST_PRESENCE: Final = 0.35
"""Share of the shot's pictures in which somebody has to be seen for the shot to be about them."""
_NEAR: Final = 0.8  # of a face's width, within which a face that was lost is found again
_ALIKE: Final = 1.6  # how much larger one may be than the other
_USUAL_TALK: Final = 1.0
_MOST_TALK: Final = 3.0


@dataclass(slots=True)
class Person:
    """One face through a shot: in which pictures (by their place among the shot's sights) it is where."""

    places: list[int] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)

    @property
    def width(self) -> float:
        """How wide it usually is."""
        return median(face.width for face in self.faces)

    @property
    def talk(self) -> float:
        """How much its mouth moves."""
        return min(_MOST_TALK, sum(face.talk for face in self.faces) / len(self.faces))


def people(sights: Sequence[Sight]) -> list[Person]:
    """The people of a shot who are seen for long enough, the one whom it is about first.

    That is the one who is larger, seen for longer, and speaks; for the whole shot, so that the picture does not jump
    to and fro between two.
    """
    tracks: dict[int, Person] = {}
    for place, sight in enumerate(sights):
        for face in sight.faces:
            person = tracks.setdefault(face.number, Person())
            person.places.append(place)
            person.faces.append(face)
    least = min(_LEAST_FOUND, len(sights))
    sure = [person for person in tracks.values() if _is_sure(person, least)]
    joined: list[Person] = []
    for person in sorted(sure, key=lambda one: one.places[0]):
        earlier = next((one for one in joined if _is_same(one, person)), None)
        if earlier is None:
            joined.append(person)
        else:
            earlier.places += person.places
            earlier.faces += person.faces
    seen = [person for person in joined if len(person.places) >= _LEAST_PRESENCE * len(sights)]
    return sorted(seen, key=lambda person: -_weight(person, len(sights)))


def _is_sure(person: Person, least: int) -> bool:
    found = sum(face.found for face in person.faces)
    return found >= least and found >= _LEAST_SHARE * len(person.faces)


def _is_same(earlier: Person, later: Person) -> bool:
    """Whether a face that was lost is the one that was found afterwards."""
    last, first = earlier.faces[-1], later.faces[0]
    if earlier.places[-1] >= later.places[0]:
        return False
    near = abs(last.x - first.x) < _NEAR * last.width and abs(last.y - first.y) < _NEAR * last.height
    return near and 1 / _ALIKE < first.width / last.width < _ALIKE


def _weight(person: Person, pictures: int) -> float:
    presence = len(person.places) / pictures
    return person.width * presence * (_USUAL_TALK + person.talk)
