"""Which engines there are here, and which one is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.speech.transcriber import Maker, Transcriber

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True, eq=False)
class Engines:
    """The engines of this program.

    Args:
        makers: the best first: `auto` takes the first that is ready.
        preferred: what is taken where a request says nothing: `auto`, or a name.
    """

    makers: Sequence[Maker]
    preferred: str = AUTO

    def choose(self, name: str | None = None, model: str | None = None, language: str | None = None) -> Transcriber:
        """The engine for a request.

        Args:
            name: `auto`, a name, or None for what is preferred here.
            model: a model of that engine; needs the engine's name.
            language: what will be spoken, if that is known.

        Raises:
            Invalid: `unknown_speech_engine` or `model_needs_engine`, with pointers; what `Maker.make` raises.
            Unavailable: `no_speech_engine` when none is ready; what `Maker.make` raises.
        """
        wanted = name or self.preferred
        if wanted == AUTO:
            if model is not None:
                sentence = "A model belongs to an engine; name the engine too."
                raise Invalid("model_needs_engine", sentence).at("/engine")
            return self._best(language).make(None)
        for maker in self.makers:
            if maker.name == wanted:
                return maker.make(model)
        names = ", ".join(["auto", *(maker.name for maker in self.makers)])
        raise Invalid("unknown_speech_engine", f"There is no engine '{wanted}' here; there are: {names}.").at("/engine")

    def _best(self, language: str | None) -> Maker:
        for maker in self.makers:
            if maker.ready(language):
                return maker
        sentence = (
            f"No engine here transcribes '{language}': install faster-whisper (`pip install cutroom[whisper]`) and "
            "name it as the engine, or set CUTROOM_SPEECH_BASE_URL to a server."
            if language is not None
            else "No engine of speech is ready here; install faster-whisper, or set CUTROOM_SPEECH_BASE_URL."
        )
        raise Unavailable("no_speech_engine", sentence, retryable=False)
