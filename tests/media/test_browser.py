import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutroom.kit.errors import Unavailable
from cutroom.media import browser
from cutroom.media.browser import Page, find, picture

FONT = Path(browser.__file__).parents[1] / "render" / "lettering" / "fonts" / "Inter-Black.otf"


@pytest.fixture
def chromium() -> Path:
    found = find()
    if found is None:
        assert not os.environ.get("CI"), "CI has a Chromium"
        pytest.skip("no Chromium on this machine")
    return found


async def drawn(
    html: str, tmp_path: Path, size: tuple[int, int] = (120, 80), font: Path = FONT
) -> np.ndarray[Any, Any]:
    out = tmp_path / "page.png"
    await picture(Page(html, *size, {"black": font}), scratch=tmp_path, out=out)
    with Image.open(out) as image:
        return np.asarray(image.convert("RGBA"))


async def test_a_page_is_drawn_at_its_size_and_transparent_where_it_paints_nothing(
    chromium: Path, tmp_path: Path
) -> None:
    html = '<body style="margin:0"><div style="width:60px;height:80px;background:#f00"></div></body>'
    pixels = await drawn(html, tmp_path)
    assert pixels.shape == (80, 120, 4)
    assert (pixels[:, :60] == [255, 0, 0, 255]).all()
    assert not pixels[:, 60:, 3].any()


@pytest.mark.parametrize("size", [(160, 90), (300, 88), (640, 360)])
async def test_a_page_is_as_large_as_asked_to_itself(chromium: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    style = "body{margin:0}p{margin:0;width:100vw;height:100vh;background:#f00}"
    corner = "i{position:fixed;right:0;bottom:0;width:4px;height:4px;background:#00f}"
    pixels = await drawn(f"<style>{style}{corner}</style><p></p><i></i>", tmp_path, size)
    assert pixels[0, 0].tolist() == [255, 0, 0, 255]
    assert pixels[-1, -1].tolist() == [0, 0, 255, 255]
    assert pixels[-6, -6].tolist() == [255, 0, 0, 255]


async def test_a_script_does_not_run(chromium: Path, tmp_path: Path) -> None:
    html = '<body style="margin:0;background:#0f0"><script>document.body.style.background="#f00"</script></body>'
    assert (await drawn(html, tmp_path)).reshape(-1, 4).tolist()[0] == [0, 255, 0, 255]


async def test_a_page_reaches_no_server_and_no_file(chromium: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    secret = tmp_path / "secret.html"
    secret.write_text('<body style="background:#f00">')
    html = (
        f'<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/jump">'
        f'<link rel="stylesheet" href="http://127.0.0.1:{port}/style">'
        f'<body style="margin:0;background:#00f"><img src="http://127.0.0.1:{port}/img">'
        f'<iframe src="file://{secret}" width="120" height="80"></iframe>'
        f'<iframe src="http://127.0.0.1:{port}/frame"></iframe></body>'
    )
    pixels = await drawn(html, tmp_path)
    server.close()
    assert asked == []
    assert not ((pixels[..., 0] > 200) & (pixels[..., 1] < 50)).any()


async def test_our_own_fonts_are_there_however_late_they_come(chromium: Path, tmp_path: Path) -> None:
    def page(fonts: str) -> str:
        faces = "".join(f"@font-face{{font-family:{name};src:url(/fonts/{name})}}" for name in ("black", "other"))
        return f"<style>{faces}body{{margin:0;font:60px {fonts},monospace}}</style><body>MMM</body>"

    def write_slowly() -> None:
        with late.open("wb") as file:  # as soon as the browser reads it
            time.sleep(0.7)
            file.write(FONT.read_bytes())

    late = tmp_path / "late"
    os.mkfifo(late)
    missing = await drawn(page("other"), tmp_path, (240, 80))
    # What stands second is asked for when the first is known not to come and the page is laid out once more.
    ours, _ = await asyncio.gather(
        drawn(page("other,black"), tmp_path, (240, 80), late), asyncio.to_thread(write_slowly)
    )
    assert ours[..., 3].sum() > 1.2 * missing[..., 3].sum()


@pytest.fixture
def nowhere() -> Iterator[None]:
    browser.use(Path("/nonexistent/chromium"))
    yield
    browser.use(None)


async def test_a_machine_without_a_browser_says_what_to_install(nowhere: None, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as failure:
        await picture(Page("<p>", 10, 10, {}), scratch=tmp_path, out=tmp_path / "x.png")
    assert failure.value.code == "browser_missing"
    assert "Chromium" in failure.value.message
    assert not failure.value.retryable
