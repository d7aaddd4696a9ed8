"""The fonts that a document brings, by the names that its texts call them; no other document looks into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cutroom.media.info import FontFace, nearest
from cutroom.timeline.facts import Known
from cutroom.timeline.fontfile import FontFile
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import OwnFace, ResolvedClip, TextStyle
from cutroom.timeline.source import public_name

_Cut = tuple[FontFace, str]
"""A face, and the SHA-256 of the file that it is in."""


@dataclass(frozen=True, slots=True)
class Typecase:
    """The faces of a document's own fonts.

    Args:
        cuts: those of each family, in the order of the document, by its name in lower case.
        families: the names as they are written.
    """

    cuts: Mapping[str, Sequence[_Cut]]
    families: tuple[str, ...]

    def faces(self, family: str, weight: int, *, italic: bool) -> tuple[OwnFace, ...]:
        """The family's nearest faces, of which the first that has a letter draws it; none for other families.

        There are several where the letters of a face are spread over files, as for the web.
        """
        cuts = self.cuts.get(family.casefold(), ())
        if not cuts:
            return ()
        key = nearest(((face.weight, face.italic) for face, _ in cuts), weight, italic=italic)
        return tuple(
            OwnFace(sha256, face.index, face.color, italic and not face.italic, face.axes)
            for face, sha256 in cuts
            if (face.weight, face.italic) == key
        )


def typecase(fonts: Sequence[FontFile], known: Mapping[str, Known], notes: Notes) -> Typecase:
    """The typecase of a document whose fonts are at hand, by `src`; files that are no fonts are refused."""
    cuts: dict[str, list[_Cut]] = {}
    families: dict[str, str] = {}
    for number, font in enumerate(fonts):
        place, media = f"/timeline/fonts/{number}", known[font.src].media
        if media.info.kind != "font":
            sentence = f"{public_name(font.src)} is no font; give the address of a TTF, OTF, TTC, WOFF or WOFF2 file."
            notes.refuse(f"{place}/src", "wrong_media_kind", sentence)
        for face in media.info.faces:
            names = face.names if font.family is None else (font.family.strip(),)
            if not names:
                sentence = f"{public_name(font.src)} does not say what it is called; give it a 'family' here."
                notes.refuse(f"{place}/family", "missing_field", sentence)
                break
            families.setdefault(names[0].casefold(), names[0])
            for name in dict.fromkeys(name.casefold() for name in names):
                cuts.setdefault(name, []).append((face, media.sha256))
    return Typecase(cuts, tuple(families.values()))


def lettered(clip: ResolvedClip, case: Typecase) -> ResolvedClip:
    """The clip with its letters in the document's own fonts, where it asks for one of those."""
    if clip.text is not None:
        return replace(clip, text=_style(clip.text, case))
    if clip.captions is not None:
        return replace(clip, captions=replace(clip.captions, style=_style(clip.captions.style, case)))
    return clip


def _style(style: TextStyle, case: Typecase) -> TextStyle:
    return replace(style, faces=case.faces(style.family, style.weight, italic=style.italic))
