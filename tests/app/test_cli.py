"""The command line as a person uses it: in a process of its own."""

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from cutroom.app.running import run
from tests.app.starting import afresh, cutroom
from tests.media.sources import count_frames, make_video

EDIT = {
    "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
    "timeline": {"tracks": [{"clips": [{"asset": {"type": "color", "color": "#123456"}, "start": 0, "length": 1}]}]},
}


def test_a_document_becomes_a_file(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps(EDIT))
    done = afresh("render", "edit.json", "-o", "out.mp4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1.000 s" in done.stdout
    assert count_frames(tmp_path / "out.mp4") == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edit.json", "out.mp4"]


def test_a_moving_webp_is_made_and_described(tmp_path: Path) -> None:
    edit = json.loads(json.dumps(EDIT))
    edit["output"]["format"] = "webp"
    edit["timeline"]["tracks"][0]["clips"][0]["transition"] = {"in": "wipeLeft"}
    (tmp_path / "edit.json").write_text(json.dumps(edit))
    done = cutroom("render", "edit.json", "-o", "out.webp", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "webp 160x90, 10 fps" in done.stdout
    assert "1.000 s" in done.stdout
    with Image.open(tmp_path / "out.webp") as picture:
        assert getattr(picture, "n_frames", 1) > 1


def test_explain_prints_the_plan_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps(EDIT))
    done = cutroom("render", "edit.json", "--explain", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "10 frames" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["edit.json"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "'edit.json' is not JSON"),
        ("output:\n  width: 320\n", "'edit.json' is not JSON"),
        (" \r\n", "'edit.json' is empty"),
        (json.dumps({**EDIT, "outputs": 1}), "/outputs"),
        (json.dumps(EDIT).replace("#123456", "{{ colour }}"), "unresolved_placeholder"),
    ],
)
def test_a_wrong_document_is_explained_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "edit.json").write_text(text)
    done = cutroom("render", "edit.json", "-o", "out.mp4", cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_a_document_is_read_as_windows_writes_it(tmp_path: Path) -> None:
    folder = tmp_path / "Mein Ordner ü"
    folder.mkdir()
    (folder / "schnitt.json").write_text("\ufeff" + json.dumps(EDIT, indent=1), newline="\r\n")
    done = cutroom("render", "Mein Ordner ü/schnitt.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert count_frames(folder / "schnitt.mp4") == 10


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [FULL, ExceptionGroup("", [ValueError(), FULL])])
def test_a_full_disk_is_a_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    async def program() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run(program)
    assert ended.value.code == 1
    assert "disk_full" in capsys.readouterr().err


def test_a_missing_document_is_a_sentence(tmp_path: Path) -> None:
    done = cutroom("render", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "Cannot read 'nowhere.json'" in done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    done = cutroom("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in (
        "render",
        "preview",
        "storyboard",
        "up",
        "demo",
        "api",
        "worker",
        "migrate",
        "api-key",
        "reference",
    ):
        assert command in done.stdout


def test_a_program_without_its_database_says_what_to_set(tmp_path: Path) -> None:
    done = cutroom("worker", cwd=tmp_path, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr


def with_source(folder: Path) -> None:
    make_video(folder / "film.mp4", 1, (160, 90), 10)
    clip = {"asset": {"type": "video", "src": "film.mp4"}, "start": 0, "length": 1}
    (folder / "film.json").write_text(json.dumps({**EDIT, "timeline": {"tracks": [{"clips": [clip]}]}}))


@pytest.mark.parametrize("arguments", [(), ("-o", "film.mp4"), ("-o", "../{name}/film.mp4")])
def test_a_source_is_never_overwritten(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with_source(tmp_path)
    before = (tmp_path / "film.mp4").read_bytes()
    done = cutroom("render", "film.json", *(a.format(name=tmp_path.name) for a in arguments), cwd=tmp_path)
    assert done.returncode == 1
    assert "output_is_source" in done.stderr
    assert (tmp_path / "film.mp4").read_bytes() == before


@pytest.mark.parametrize(
    ("output", "code"),
    [("film.mp3", "wrong_extension"), ("folder.mp4", "output_is_folder"), ("nowhere/film.mp4", "no_output_folder")],
)
def test_an_impossible_output_is_refused_before_any_work(tmp_path: Path, output: str, code: str) -> None:
    with_source(tmp_path)
    (tmp_path / "folder.mp4").mkdir()
    done = cutroom("render", "film.json", "-o", output, cwd=tmp_path)
    assert done.returncode == 1
    assert code in done.stderr
    assert "rendering" not in done.stderr


def test_a_source_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    clip = {"asset": {"type": "image", "src": "a" * 300 + ".png"}, "length": 1}
    (tmp_path / "edit.json").write_text(json.dumps({**EDIT, "timeline": {"tracks": [{"clips": [clip]}]}}))
    done = cutroom("render", "edit.json", "-o", "out.mp4", cwd=tmp_path)
    assert done.returncode == 1
    assert "source_not_readable" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("cache", ["film.mp4", "film.mp4/below", "/proc/nothing"])
def test_a_cache_that_cannot_be_kept_is_refused(tmp_path: Path, cache: str) -> None:
    with_source(tmp_path)
    done = cutroom("render", "film.json", "-o", "out.mp4", "--cache", cache, cwd=tmp_path)
    assert done.returncode == 1
    assert "no_cache_folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_document_comes_from_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cutroom.app", "render", "-", "-o", "out.mp4"],
        cwd=tmp_path,
        input=json.dumps(EDIT).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert count_frames(tmp_path / "out.mp4") == 10


def test_an_output_may_be_a_folder_and_a_report_may_lie_beside(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps(EDIT))
    (tmp_path / "films").mkdir()
    done = cutroom("render", "edit.json", "-o", "films", "--report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (tmp_path / "films").iterdir())
    assert "edit.mp4" in made
    assert len(made) == 2
    json.loads((tmp_path / "films" / made[1]).read_text())


def test_several_outputs_lie_beside_the_first(tmp_path: Path) -> None:
    made = {**EDIT, "outputs": [{"format": "gif", "width": 64, "height": 36}]}
    (tmp_path / "edit.json").write_text(json.dumps(made))
    done = cutroom("render", "edit.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {path.suffix for path in tmp_path.iterdir()}
    assert names == {".json", ".mp4", ".gif"}


def test_explain_shows_segments_and_costs(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps(EDIT))
    done = cutroom("render", "edit.json", "--explain", cwd=tmp_path)
    assert "The picture stands still: it is encoded once." in done.stdout
    assert "1 frames in 1 pieces" in done.stdout
    assert "9 frames" in done.stdout
    assert "/tracks/0/clips/0" in done.stdout


def test_a_storyboard_and_a_preview_are_files(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_text(json.dumps(EDIT))
    done = cutroom("storyboard", "edit.json", "--frames", "2", "-o", "sheet.jpg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.jpg").read_bytes().startswith(b"\xff\xd8")
    done = cutroom("preview", "edit.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert count_frames(tmp_path / "edit.preview.mp4") == 10


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_render_with_its_own_status(tmp_path: Path, number: int, status: int) -> None:
    clip = {"asset": {"type": "color", "color": "#123456"}, "length": 280, "transition": {"in": "fade", "duration": 60}}
    made = {"output": {"width": 1920, "height": 1080}, "timeline": {"tracks": [{"clips": [clip]}]}}
    (tmp_path / "edit.json").write_text(json.dumps(made))
    with subprocess.Popen(
        [sys.executable, "-m", "cutroom.app", "render", "edit.json"], cwd=tmp_path, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        assert b"rendering" in running.stderr.readline()
        running.send_signal(number)
        assert running.wait(timeout=30) == status
    assert [path.name for path in tmp_path.iterdir()] == ["edit.json"]


def test_a_document_goes_to_otio_and_comes_back(tmp_path: Path) -> None:
    with_source(tmp_path)
    done = cutroom("otio", "export", "film.json", "-o", "film.otio", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = cutroom("otio", "import", "film.otio", "-o", "back.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "back.json").read_text()) == json.loads((tmp_path / "film.json").read_text())
    (tmp_path / "bad.otio").write_text("{}")
    done = cutroom("otio", "import", "bad.otio", cwd=tmp_path)
    assert done.returncode == 1
    assert "bad_otio" in done.stderr
