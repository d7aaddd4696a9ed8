"""What hears speech, by the settings alone."""

from pathlib import Path

import pytest

from cutroom.app.settings import load
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.speech.transcriber import Transcriber
from cutroom.speech.whisper import WhisperTranscriber
from tests.speech.fixtures.tiny_whisper import make


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "tiny.en")


def chosen(folder: Path, language: str | None = None, name: str | None = None, **more: str) -> Transcriber:
    return load(**more).engines(folder).choose(name, language=language)


def test_without_any_setting_nothing_is_downloaded(tmp_path: Path) -> None:
    assert chosen(tmp_path).engine.name == "pocketsphinx"
    with pytest.raises(Unavailable) as caught:
        chosen(tmp_path, "de")
    assert caught.value.code == "no_speech_engine"
    assert load().speech_names(tmp_path) == ["pocketsphinx"]


def test_whisper_is_taken_when_its_model_is_here_and_knows_the_language(tiny: Path, tmp_path: Path) -> None:
    assert chosen(tmp_path, whisper_model=str(tiny)).engine.name == "faster-whisper"
    assert chosen(tmp_path, "en", whisper_model=str(tiny)).engine.model == "tiny.en"
    with pytest.raises(Unavailable):
        chosen(tmp_path, "de", whisper_model=str(tiny))
    assert chosen(tmp_path, whisper_model=str(tiny), speech_engine="pocketsphinx").engine.name == "pocketsphinx"


def test_a_server_that_somebody_set_comes_first(tiny: Path, tmp_path: Path) -> None:
    found = chosen(tmp_path, "de", whisper_model=str(tiny), speech_base_url="http://127.0.0.1:9/v1/")
    assert (found.engine.name, found.engine.model) == ("openai", "whisper-1")
    named = chosen(tmp_path, name="openai", speech_api_key="sk-test", speech_model="gpt-4o-transcribe")
    assert named.engine.model == "gpt-4o-transcribe"
    assert "sk-test" not in repr(load(speech_api_key="sk-test"))


def test_models_lie_in_the_folder_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_MODELS_FOLDER", str(tmp_path / "set"))
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = load()
    assert (settings.hf_endpoint, settings.hf_hub_offline) == ("https://mirror.example", True)
    models = settings.whisper_models(tmp_path / "usual")
    assert models.named("tiny").folder == tmp_path / "set" / "Systran--faster-whisper-tiny"
    assert load(models_folder=None).whisper_models(tmp_path).named("tiny").folder.parent == tmp_path / "set"


def test_who_runs_a_command_may_name_every_model(tmp_path: Path) -> None:
    engines = load(whisper_model="tiny").engines(tmp_path, any_model=True)
    transcriber = engines.choose("faster-whisper", "large-v3")
    assert isinstance(transcriber, WhisperTranscriber)
    with pytest.raises(Invalid):
        load(whisper_model="tiny").engines(tmp_path).choose("faster-whisper", "large-v3")


def test_wrong_values_stop_the_start_with_the_name_of_the_variable() -> None:
    for name, value in (("whisper_device", "tpu"), ("speech_engine", "siri"), ("speech_base_url", "ftp://x")):
        with pytest.raises(Invalid) as caught:
            load(**{name: value})
        assert f"CUTROOM_{name.upper()}" in caught.value.message
