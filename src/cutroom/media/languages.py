"""Languages as containers of media name them: ISO 639-2/T codes of three letters."""

from typing import Final

from cutroom.media.kinds import Language

UNKNOWN: Final = Language("und")
_PAIRS: Final = (
    "af afr am amh ar ara az aze be bel bg bul bn ben bs bos ca cat cs ces cy cym da dan de deu el ell en eng eo epo "
    "es spa et est eu eus fa fas fi fin fr fra ga gle gl glg gu guj ha hau he heb hi hin hr hrv hu hun hy hye id ind "
    "is isl it ita ja jpn jv jav ka kat kk kaz km khm kn kan ko kor la lat lb ltz ln lin lo lao lt lit lv lav mg mlg "
    "mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya nb nob ne nep nl nld nn nno no nor oc oci pa pan pl pol "
    "ps pus pt por ro ron ru rus sa san sd snd si sin sk slk sl slv sn sna so som sq sqi sr srp su sun sv swe sw swa "
    "ta tam te tel tg tgk th tha tk tuk tl tgl tr tur tt tat uk ukr ur urd uz uzb vi vie yi yid yo yor zh zho zu zul"
)
_CODES: Final = dict(zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True))


def language_of(tag: str) -> Language:
    """The code of a BCP 47 tag such as `pt-BR`; `und` of what ISO 639-1 does not know."""
    first = tag.lower().replace("_", "-").split("-")[0]
    if first in _CODES:
        return Language(_CODES[first])
    return Language(first) if len(first) == 3 and first.isascii() and first.isalpha() else UNKNOWN
