"""What OpenAI's servers call languages: English names where BCP 47 has tags."""

import re
from typing import Final

_NAMES: Final = (
    "english:en chinese:zh german:de spanish:es russian:ru korean:ko french:fr japanese:ja portuguese:pt turkish:tr "
    "polish:pl catalan:ca dutch:nl arabic:ar swedish:sv italian:it indonesian:id hindi:hi finnish:fi vietnamese:vi "
    "hebrew:he ukrainian:uk greek:el malay:ms czech:cs romanian:ro danish:da hungarian:hu tamil:ta norwegian:no "
    "thai:th urdu:ur croatian:hr bulgarian:bg lithuanian:lt latin:la maori:mi malayalam:ml welsh:cy slovak:sk "
    "telugu:te persian:fa latvian:lv bengali:bn serbian:sr azerbaijani:az slovenian:sl kannada:kn estonian:et "
    "macedonian:mk breton:br basque:eu icelandic:is armenian:hy nepali:ne mongolian:mn bosnian:bs kazakh:kk "
    "albanian:sq swahili:sw galician:gl marathi:mr punjabi:pa sinhala:si khmer:km shona:sn yoruba:yo somali:so "
    "afrikaans:af occitan:oc georgian:ka belarusian:be tajik:tg sindhi:sd gujarati:gu amharic:am yiddish:yi lao:lo "
    "uzbek:uz faroese:fo haitian_creole:ht pashto:ps turkmen:tk nynorsk:nn maltese:mt sanskrit:sa luxembourgish:lb "
    "myanmar:my tibetan:bo tagalog:tl malagasy:mg assamese:as tatar:tt hawaiian:haw lingala:ln hausa:ha bashkir:ba "
    "javanese:jv sundanese:su cantonese:yue burmese:my valencian:ca flemish:nl haitian:ht letzeburgesch:lb pushto:ps "
    "panjabi:pa moldavian:ro moldovan:ro sinhalese:si castilian:es mandarin:zh"
)
"""Whisper's names (openai/whisper, tokenizer.py: LANGUAGES and TO_LANGUAGE_CODE)."""
_TAGS: Final = dict(pair.split(":") for pair in _NAMES.split())
_NAME_OF: Final = {tag: name.replace("_", " ") for name, tag in reversed(_TAGS.items())}
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def tag_of(told: object) -> str | None:
    """The tag of a language that a server named, by either; None when it says nothing that we know."""
    if not isinstance(told, str):
        return None
    name = told.strip().lower()
    return _TAGS.get(name.replace(" ", "_")) or (told.strip() if _TAG.fullmatch(told.strip()) else None)


def name_of(tag: str) -> str:
    """What OpenAI's servers call the language of a tag; the tag itself where they have no name for it."""
    return _NAME_OF.get(tag.partition("-")[0].lower(), tag)
