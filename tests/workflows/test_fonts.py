"""Documents with fonts of their own, rendered as the command line does."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.kit.errors import CutroomError
from cutroom.media import browser
from cutroom.media.fetch import Fetcher
from cutroom.render.lettering import typefaces
from cutroom.render.paint import measure
from cutroom.workflows import registry
from cutroom.workflows.explain import Explain, Explanation, Storyboard
from tests.media import foundry
from tests.media.foundry import cast
from tests.media.sources import make_audio, make_image
from tests.workflows.standing import frames, run

OUTPUT = {"format": "mp4", "width": 240, "height": 120, "fps": 10, "quality": "high"}


def words(text: str = "HH", family: str = "Brand", **asset: Any) -> dict[str, Any]:
    font = {"family": family, "size": 60, "weight": 400}
    return {"asset": {"type": "text", "text": text, "font": font, "shadow": None, **asset}, "start": 0, "length": 0.5}


def document(*clips: dict[str, Any], fonts: Any = ({"src": "brand.ttf"},)) -> dict[str, Any]:
    tracks = [{"clips": [clip]} for clip in clips or (words(),)]
    return {"output": OUTPUT, "timeline": {"tracks": tracks, "fonts": list(fonts)}}


def width(frame: Any) -> int:
    """Pixels between the outermost columns with ink."""
    columns = np.nonzero((frame.max(axis=2) > 100).any(axis=0))[0]
    return int(columns[-1] - columns[0] + 1) if len(columns) else 0


async def seen(folder: Path, made: dict[str, Any]) -> int:
    await run(folder, made)
    return width(frames(folder / "out.mp4")[0])


def unheard(kind: str, data: Any) -> None:
    """What is told on the way is not looked at."""


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    """A folder with a narrow font that is called Brand."""
    cast(tmp_path / "brand.ttf", "Brand")
    return tmp_path


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The fonts that this process opens, none of which may be a stranger's."""
    opened: list[Path] = []
    whole = ImageFont.truetype

    def told(font: Any, *more: Any, **named: Any) -> Any:
        opened.append(Path(font))
        return whole(font, *more, **named)

    monkeypatch.setattr(ImageFont, "truetype", told)
    yield opened
    assert all(path.parent == typefaces.FOLDER for path in opened)


@pytest.mark.usefixtures("unopened")
@pytest.mark.threat("A98")
async def test_a_text_is_drawn_in_the_font_that_its_document_brings(brand: Path) -> None:
    plain = await seen(brand, document(words(family="Inter")))
    narrow = await seen(brand, document())
    assert narrow < 0.75 * plain
    assert narrow == await seen(brand, document(words(family="Anton")))  # which is what lies in the file
    assert narrow == await seen(brand, document(words(family="Inter"), fonts=[{"src": "brand.ttf", "family": "Inter"}]))


@pytest.mark.usefixtures("unopened")
async def test_captions_and_moving_texts_are_too(brand: Path) -> None:
    cues = [{"start": 0, "end": 0.5, "text": "HH"}]
    looks = {"stroke": False, "shadow": False, "animation": "none"}
    for family, narrow in (("Inter", False), ("Brand", True)):
        font = {"family": family, "size": 60, "weight": 400}
        captions = {"asset": {"type": "captions", "cues": cues, "font": font, **looks}, "start": 0, "length": 0.5}
        assert (await seen(brand, document(captions)) < 65) == narrow
        await run(brand, document(words(family=family, animation={"in": "fade", "duration": 0.1})))
        assert (width(frames(brand / "out.mp4")[-1]) < 65) == narrow


async def test_letters_are_measured_once_for_all_outputs(brand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = measure._ask

    async def counted(questions: Any, *more: Any) -> Any:
        asked.append(len(questions))
        return await ask(questions, *more)

    monkeypatch.setattr(measure, "_ask", counted)
    made = document(words(), {**words(), "start": 0.5})
    made["outputs"] = [{**OUTPUT, "format": "webm"}, {**OUTPUT, "width": 120, "height": 60}]
    await run(brand, made)
    assert asked == [2]  # a text has two sizes here, and stands alike wherever it stands


@pytest.mark.threat("A98")
async def test_two_jobs_at_once_do_not_see_each_others_fonts(tmp_path: Path) -> None:
    sizes = {"Anton-Regular.ttf": 0, "Montserrat-Black.ttf": 0}
    folders = {source: tmp_path / source for source in sizes}
    for source, folder in folders.items():
        folder.mkdir()
        cast(folder / "brand.ttf", "Brand", source=source)
    before = typefaces.families()
    found = await asyncio.gather(*(seen(folder, document()) for folder in folders.values()))
    assert found[0] < 0.7 * found[1]
    assert typefaces.families() == before
    (tmp_path / "none").mkdir()
    result, _ = await run(tmp_path / "none", document(fonts=[]))
    assert [warning.code for warning in result.warnings if warning.code != "silent"] == ["font_unknown"]


async def test_only_what_is_drawn_in_a_changed_font_is_made_again(brand: Path) -> None:
    cast(brand / "other.ttf", "Other", source="Caveat-Bold.ttf")
    later = {**words("II", "Other"), "start": 10}
    made = document(
        words(), {**words("xx", "Inter"), "start": 20}, later, fonts=[{"src": "brand.ttf"}, {"src": "other.ttf"}]
    )
    first, _ = await run(brand, made, "first.mp4")
    again, _ = await run(brand, made, "again.mp4")
    assert again.reused_segments > first.reused_segments
    assert (brand / "first.mp4").read_bytes() == (brand / "again.mp4").read_bytes()
    cast(brand / "other.ttf", "Other", source="Fredoka-Regular.ttf")
    changed, _ = await run(brand, made, "changed.mp4")
    assert 0 < changed.reused_segments < again.reused_segments
    assert (brand / "changed.mp4").read_bytes() != (brand / "first.mp4").read_bytes()


async def test_what_a_font_has_not_comes_from_the_others_and_is_told(brand: Path) -> None:
    cast(brand / "few.ttf", "Few", letters="AB")
    result, _ = await run(brand, document(words("AH \U000e0100\u1b05", "Few"), fonts=[{"src": "few.ttf"}]))
    assert {warning.code for warning in result.warnings} == {"silent", "glyph_missing"}
    assert width(frames(brand / "out.mp4")[0]) > 50


async def test_sound_alone_needs_no_letters(brand: Path) -> None:
    make_audio(brand / "m.wav", 1)
    made = document(words(), {"asset": {"type": "audio", "src": "m.wav"}, "start": 0})
    result, _ = await run(brand, {**made, "output": {"format": "mp3"}}, "out.mp3")
    assert result.warnings == []


async def test_timelines_inside_know_the_fonts_of_the_outer_one(brand: Path) -> None:
    inside = {"type": "timeline", "timeline": {"tracks": [{"clips": [words()]}]}}
    assert await seen(brand, document({"asset": inside, "start": 0, "length": 0.5})) == await seen(brand, document())


@pytest.mark.parametrize("depth", [1, 2])
async def test_a_wrong_font_is_pointed_at_where_the_document_names_it(brand: Path, depth: int) -> None:
    make_image(brand / "picture.png", (16, 16))
    own: list[dict[str, Any]] = [{"src": "brand.ttf", "family": "Own"}]
    wrong: list[dict[str, Any]] = [{"src": "picture.png"}]
    inside: dict[str, Any] = {"tracks": [{"clips": [words()]}], "fonts": own}
    for _ in range(depth):
        nested = {"asset": {"type": "timeline", "timeline": inside}, "length": 0.5}
        inside = {"tracks": [{"clips": [nested]}], "fonts": own}
    inside["fonts"] = [*own, *wrong]
    with pytest.raises(CutroomError) as caught:
        await run(brand, {"output": OUTPUT, "timeline": inside})
    assert [(one.pointer, one.code) for one in caught.value.details] == [("/timeline/fonts/1/src", "wrong_media_kind")]


async def test_a_look_beforehand_knows_them(brand: Path) -> None:
    scratch, cache = brand / "scratch", brand / "cache"
    scratch.mkdir()
    cache.mkdir()
    limits = timeline.Limits(allow_local=True)
    edit = timeline.parse(document(), limits)

    def files(out: str) -> StandaloneFiles:
        return StandaloneFiles(base=brand, cache=cache, parts=scratch, out=brand / out, fetcher=Fetcher())

    told = await run_alone(
        registry(),
        "render.explain",
        Explain(edit=edit, limits=limits),
        files=files("none"),
        scratch=scratch,
        events=unheard,
    )
    assert isinstance(told, Explanation)
    assert told.plans[0].segments[0].layers[0].kind == "painted"
    await run_alone(
        registry(),
        "render.storyboard",
        Storyboard(edit=edit, frames=1, limits=limits),
        files=files("board.jpg"),
        scratch=scratch,
        events=unheard,
    )
    board = np.asarray(Image.open(brand / "board.jpg"))
    assert width(board[8:-8, 8:-8]) < 65


@pytest.mark.threat("A98")
@pytest.mark.parametrize(
    ("forge", "code"), [(foundry.composites, "font_damaged"), (foundry.voiceless, "font_unsupported")]
)
async def test_a_font_that_cannot_be_used_is_pointed_at(forge: Any, code: str, tmp_path: Path) -> None:
    forge(tmp_path / "brand.ttf")
    with pytest.raises(CutroomError) as caught:
        await run(tmp_path, document())
    assert (caught.value.code, caught.value.details[0].pointer) == (code, "/timeline/fonts/0/src")
    assert "brand.ttf" in caught.value.message


@pytest.mark.threat("A98")
async def test_rules_without_end_are_drawn_or_refused_but_end(tmp_path: Path) -> None:
    forges = (foundry.growing, foundry.circling, foundry.endless)
    fonts = [{"src": forge(tmp_path / f"{forge.__name__}.ttf").name, "family": forge.__name__} for forge in forges]
    texts = [words("AAAA", forge.__name__) for forge in forges]
    try:
        await run(tmp_path, document(*texts, fonts=fonts))
    except CutroomError as error:
        assert error.code in {"font_damaged", "text_too_large"}
        assert error.details[0].pointer.startswith("/timeline/tracks/")


async def test_a_page_has_the_fonts_of_its_document(brand: Path) -> None:
    if browser.find() is None:
        assert not os.environ.get("CI"), "CI has a Chromium"
        pytest.skip("no Chromium on this machine")
    foundry.rude(brand / "rude.ttf", "x'}</style><p>MMMMMMMM")
    page = {"type": "html", "html": "<p>HH</p>", "css": "p{color:#fff;margin:20px;font:60px Brand,Inter}"}
    made = {"asset": page, "start": 0, "length": 0.5}
    fonts = [{"src": "brand.ttf"}, {"src": "rude.ttf"}]
    assert await seen(brand, document(made, fonts=fonts)) < 65 < await seen(brand, document(made, fonts=()))
