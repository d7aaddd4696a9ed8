"""The settings of speech: which engine hears, where its models lie, and which server is asked.

Read by every command that renders, which need no engine of speech: those are imported when they are asked for.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from cutroom.app.doors import DoorSettings
from cutroom.llm import OPENAI

if TYPE_CHECKING:
    from cutroom.speech.engines import Engines
    from cutroom.speech.remote_requests import Server
    from cutroom.speech.whisper_models import Models


class SpeechSettings(DoorSettings):
    """The settings of speech; each field's variable is `CUTROOM_` and its name, unless an alias says otherwise."""

    data: Path = Field(Path("data"), description="Folder that holds all state; models of speech too.")
    speech_engine: Literal["auto", "pocketsphinx", "faster-whisper", "openai"] = Field(
        "auto", description="What hears speech where a request names no engine; auto: the best that is ready."
    )
    speech_base_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Address of any server that speaks OpenAI's API for transcriptions, `/v1` included; "
        "OpenAI's own when only its key is set.",
    )
    speech_api_key: SecretStr | None = Field(None, description="Key of that server.")
    speech_model: str = Field("whisper-1", min_length=1, max_length=200, description="The model that it is asked for.")
    speech_timeout_s: float = Field(300.0, gt=0, description="Longest time for one of its answers.")
    whisper_model: str = Field(
        "small",
        min_length=1,
        description="The model of faster-whisper: a size (`tiny` to `large-v3`, `turbo`), a repository of Hugging Face "
        "(`owner/name`), or a folder with a model for CTranslate2.",
    )
    whisper_device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="auto: a card from NVIDIA where one works, else processors."
    )
    models_folder: Path | None = Field(
        None, description="Where downloaded models are kept; `models` in the data folder when not set."
    )
    hf_endpoint: str | None = Field(
        None,
        alias="HF_ENDPOINT",
        pattern="^https?://",
        description="A mirror of Hugging Face's hub to download models from.",
    )
    hf_token: SecretStr | None = Field(None, alias="HF_TOKEN", description="For models that are not open to all.")
    hf_hub_offline: bool = Field(default=False, alias="HF_HUB_OFFLINE", description="Never download a model.")

    def whisper_models(self, usual: Path) -> "Models":
        """The models of faster-whisper; `usual` is where they are kept when no folder is set."""
        from cutroom.speech.whisper_models import HUB, Hub, Models  # noqa: PLC0415

        token = None if self.hf_token is None else self.hf_token.get_secret_value()
        return Models(self.models_folder or usual, Hub(self.hf_endpoint or HUB, token, self.hf_hub_offline))

    def engines(self, usual: Path, *, any_model: bool = False) -> "Engines":
        """What can hear speech here, the best first: a server that somebody chose, Whisper, and what is always there.

        Args:
            usual: where models are kept when no folder is set.
            any_model: whether whoever asks may name every model, and have it downloaded.
        """
        from cutroom.speech.engines import Engines  # noqa: PLC0415
        from cutroom.speech.remote import RemoteMaker  # noqa: PLC0415
        from cutroom.speech.sphinx import SphinxMaker  # noqa: PLC0415
        from cutroom.speech.whisper import WhisperMaker, WhisperSettings  # noqa: PLC0415

        whisper = WhisperSettings(
            self.whisper_models(usual), self.whisper_model, self.whisper_device, any_model=any_model
        )
        return Engines((RemoteMaker(self._server()), WhisperMaker(whisper), SphinxMaker()), self.speech_engine)

    def speech_names(self, usual: Path) -> list[str]:
        """The engines and models that can be named here: what is ready, and what is downloaded."""
        engines = self.engines(usual)
        ready = [maker.name for maker in engines.makers if maker.ready(None)]
        return [*ready, *(f"faster-whisper/{name}" for name in self.whisper_models(usual).kept())]

    def _server(self) -> "Server | None":
        from cutroom.speech.remote_requests import Server  # noqa: PLC0415

        if self.speech_base_url is None and self.speech_api_key is None:
            return None
        key = None if self.speech_api_key is None else self.speech_api_key.get_secret_value()
        url = (self.speech_base_url or OPENAI).rstrip("/")
        return Server(url, self.speech_model, key, timeout_s=self.speech_timeout_s)
