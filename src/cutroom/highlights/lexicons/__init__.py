"""What is known of languages: one lexicon for each, and an empty one for all others."""

from typing import Final

from cutroom.highlights.lexicons.dutch import DUTCH
from cutroom.highlights.lexicons.english import ENGLISH
from cutroom.highlights.lexicons.french import FRENCH
from cutroom.highlights.lexicons.german import GERMAN
from cutroom.highlights.lexicons.italian import ITALIAN
from cutroom.highlights.lexicons.lexicon import Lexicon
from cutroom.highlights.lexicons.portuguese import PORTUGUESE
from cutroom.highlights.lexicons.spanish import SPANISH

__all__ = ["LEXICONS", "Lexicon", "lexicon_of"]

LEXICONS: Final = {
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pt": PORTUGUESE,
}
_UNKNOWN: Final = Lexicon()


def lexicon_of(language: str) -> Lexicon:
    """The lexicon of a language, given as a BCP 47 tag; an empty one when it is not known here."""
    return LEXICONS.get(language.casefold().replace("_", "-").split("-", maxsplit=1)[0], _UNKNOWN)
