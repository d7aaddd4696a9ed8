"""Floor 6: productions, which is typed data made of recordings, in versions. What is in them is the engines' matter."""

from cutroom.productions.limits import BytesFor, ProductionLimits
from cutroom.productions.production import PREFIXES, Origin, Outdated, Production, Recipe, Version, Written
from cutroom.productions.service import ProductionService
from cutroom.productions.voices import VOICE_PREFIX, Voice, VoiceService, Wording
from cutroom.productions.writing import Body

__all__ = [
    "PREFIXES",
    "VOICE_PREFIX",
    "Body",
    "BytesFor",
    "Origin",
    "Outdated",
    "Production",
    "ProductionLimits",
    "ProductionService",
    "Recipe",
    "Version",
    "Voice",
    "VoiceService",
    "Wording",
    "Written",
]
