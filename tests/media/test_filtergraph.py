import doctest
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import ImageFont

from cutroom.media import filtergraph
from cutroom.media.expression import Expression, Function, Variable, call, var
from cutroom.media.filtergraph import Graph, _escape
from cutroom.media.filters import FILTERS, TIMELINE
from cutroom.media.kinds import Choice
from cutroom.media.words import Color, Word

HOSTILE = [
    "a'[v1];movie=/etc/passwd[m];[v1][m]overlay",
    "%{pts} %d *.png",
    "a:b=c,d;e\\f\\\\g",
    " lead and trail ",
    "line\nbreak\ttab",
    "'",
    "\\",
    "\\'",
    "[in]",
    "é☃ '%'",
    "textfile=x:expansion=normal",
]


def ffmpeg(*arguments: str) -> bytes:
    command = [get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "error", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def frames(graph: Graph, label: str) -> list[str]:
    """Hashes of the frames that the graph gives."""
    out = ffmpeg("-filter_complex", graph.render(), "-map", f"[{label}]", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in out.decode().splitlines() if not line.startswith("#")]


def unescape(text: str, stop: str) -> str:
    """How av_get_token of libavutil/avstring.c reads a token up to one of `stop`."""
    out: list[str] = []
    keep = 0
    index = len(text) - len(text.lstrip(" \n\t\r"))
    while index < len(text) and text[index] not in stop:
        char = text[index]
        index += 1
        if char == "\\" and index < len(text):
            out.append(text[index])
            index += 1
            keep = len(out)
        elif char == "'":
            while index < len(text) and text[index] != "'":
                out.append(text[index])
                index += 1
            index += 1
            keep = len(out)
        else:
            out.append(char)
    assert index >= len(text), f"a token ended early at {text[index:]!r}"
    while len(out) > keep and out[-1] in " \n\t\r":
        out.pop()
    return "".join(out)


def test_a_graph_reads_as_it_was_built() -> None:
    graph = Graph()
    small = graph.add("scale", graph.input(0, "v"), w=640, h=-2, flags=(Word.LANCZOS, Word.ACCURATE_RND))
    one, two = graph.split(small, 2)
    grey = graph.add("hue", two, s=0)
    both = graph.add("overlay", one, grey, x=var(Variable.CANVAS_WIDTH) / 2, y=Fraction(1, 3), shortest=True)
    assert graph.output(both) == "out0"
    assert graph.render() == (
        r"[0:V:0]scale=w=640:h=(-2):flags=lanczos+accurate_rnd[s0];[s0]split=outputs=2[s1][s2];[s2]hue=s=0.0[s3];"
        r"[s1][s3]overlay=x=(W/2):y=(1/3):shortest=1[out0]"
    )


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
@pytest.mark.threat("A26")
def test_any_text_would_survive_both_parsers(text: str) -> None:
    assert unescape(unescape(_escape(text), "[],;"), ":") == text


@pytest.fixture(scope="session")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built_in = ImageFont.load_default(20)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    path = tmp_path_factory.mktemp("font") / "font.ttf"
    path.write_bytes(built_in.font_bytes)
    return path


def drawn(text: Path, font: Path) -> list[str]:
    graph = Graph()
    canvas = graph.add("color", color=Color(0, 0, 0), size=(200, 60), rate=1, duration=1)
    words = graph.add("drawtext", canvas, textfile=text, fontfile=font, fontsize=20, fontcolor=Color(255, 255, 255))
    return frames(graph, graph.output(words))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.threat("A25", "A26")
def test_the_real_ffmpeg_opens_exactly_the_file_that_was_named(name: str, tmp_path: Path, font: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("Hello")
    blank = tmp_path / "blank"
    blank.write_text(" ")
    folder = tmp_path / name.replace("/", "_")
    folder.mkdir()
    odd = folder / name.replace("/", "_")
    odd.write_text("Hello")
    assert drawn(odd, font) == drawn(plain, font) != drawn(blank, font)


@pytest.mark.parametrize("text", ["%{pts}", "%{localtime}", "%{e:1+1}", "\\n %{n"])
@pytest.mark.threat("A26", "A28")
def test_drawn_text_is_literal(text: str, tmp_path: Path, font: Path) -> None:
    literal, other = tmp_path / "literal", tmp_path / "other"
    literal.write_text(text)
    other.write_text(text.replace("%", ""))
    assert drawn(literal, font) != drawn(other, font)


@pytest.mark.threat("A26", "A27", "A28", "A29", "A30", "A31", "A32", "A33")
def test_user_text_has_no_way_in() -> None:
    graph = Graph()
    source = graph.add("color", size=(16, 16), rate=1, duration=1)
    bad: list[tuple[str, dict[str, object]]] = [
        ("movie", {"filename": Path("/etc/passwd")}),
        ("scale", {"w": "640"}),
        ("scale", {"w": "640:h=1"}),
        ("scale", {"flags": "lanczos"}),
        ("scale", {"flags": Word.RGBA}),
        ("scale", {"eval:w": 1}),
        ("drawtext", {"text": "x"}),
        ("drawtext", {"expansion": Word.NORMAL}),
        ("drawtext", {"textfile": "/etc/passwd"}),
        ("drawtext", {"textfile": Path("relative")}),
        ("drawtext", {"textfile": Path("/nul\0")}),
        ("scale", {"w": float("nan")}),
        ("scale", {"w": float("inf")}),
        ("scale", {"w": True}),
        ("scale", {"w": var(Variable.PTS)}),
        ("pad", {"color": "red"}),
        ("fps", {"fps": 29.97}),
        ("trim", {"start": -1}),
        ("setpts", {"expr": "PTS"}),
        ("boxblur", {"luma_radius": 1.5}),
        ("colorchannelmixer", {"aa": 3}),
    ]
    for name, options in bad:
        with pytest.raises((ValueError, TypeError)):
            graph.add(name, source, **options)  # type: ignore[arg-type]
    graph.output(graph.add("null", source))  # and none of them used the stream up
    assert graph.render().endswith("[s0]null[out0]")


def test_the_example_in_the_documentation_holds() -> None:
    assert doctest.testmod(filtergraph).failed == 0


def test_a_stream_is_used_once_and_leads_somewhere() -> None:
    graph = Graph()
    source = graph.add("color", size=(16, 16), rate=1, duration=1)
    with pytest.raises(ValueError, match="lead nowhere"):
        graph.render()
    graph.output(source)
    with pytest.raises(ValueError, match="used twice"):
        graph.add("null", source)
    with pytest.raises(ValueError, match="not of this graph"):
        Graph().add("null", source)


def test_sound_and_pictures_do_not_mix_up() -> None:
    graph = Graph()
    sound = graph.input(0, "a")
    with pytest.raises(ValueError, match="scale takes v, not a"):
        graph.add("scale", sound, w=1, h=1)
    with pytest.raises(ValueError, match="overlay takes vv, not v"):
        graph.add("overlay", graph.input(0, "v"))


def test_an_input_can_be_let_out_as_it_is() -> None:
    graph = Graph()
    graph.output(graph.input(2, "a", 1))
    assert graph.render() == "[2:1]anull[out0]"


def test_parts_play_one_after_the_other() -> None:
    graph = Graph()
    parts = [
        [
            graph.add("color", color=Color(n, n, n), size=(16, 16), rate=5, duration=1),
            graph.add("sine", frequency=440, sample_rate=48000, duration=1),
        ]
        for n in (0, 200)
    ]
    labels = [graph.output(pad) for pad in graph.concat(parts)]
    maps = [word for label in labels for word in ("-map", f"[{label}]")]
    out = ffmpeg("-filter_complex", graph.render(), *maps, "-f", "framemd5", "-").decode()
    rows = [[cell.strip() for cell in line.split(",")] for line in out.splitlines() if not line.startswith("#")]
    pictures = [row[-1] for row in rows if row[0] == "0"]
    assert len(pictures) == 10
    assert len(set(pictures)) == 2
    assert sum(int(row[3]) for row in rows if row[0] == "1") == 96000


def test_the_parts_of_a_concatenation_are_alike() -> None:
    graph = Graph()
    picture, sound = graph.input(0, "v"), graph.input(0, "a")
    with pytest.raises(ValueError, match="same streams"):
        graph.concat([[picture], [sound]])
    with pytest.raises(ValueError, match="pictures first"):
        graph.concat([[sound, picture]])


def test_many_sounds_are_mixed() -> None:
    graph = Graph()
    tones = [graph.add("sine", frequency=f, sample_rate=48000, duration=Fraction(1, 10)) for f in (300, 400, 500)]
    mixed = graph.add("amix", *tones, normalize=False, weights=[1, 0.5, 0.25], duration=Word.LONGEST)
    late = graph.add("adelay", mixed, delays=4800)
    label = graph.output(graph.add("aformat", late, sample_fmts=Word.S16))
    pcm = ffmpeg("-filter_complex", graph.render(), "-map", f"[{label}]", "-f", "s16le", "-")
    assert len(pcm) == 9600 * 2
    assert not any(pcm[: 4800 * 2])
    assert any(pcm[4800 * 2 :])


def test_a_filter_can_be_switched_by_time() -> None:
    graph = Graph()
    source = graph.add("color", color=Color(255, 0, 0), size=(16, 16), rate=10, duration=1)
    on = call(Function.BETWEEN, var(Variable.TIME), Fraction(1, 4), Fraction(13, 20))
    hashes = frames(graph, graph.output(graph.add("negate", source, enable=on)))
    assert [n for n, h in enumerate(hashes) if h != hashes[0]] == [3, 4, 5, 6]
    with pytest.raises(ValueError, match="cannot be switched"):
        Graph().add("scale", Graph().input(0, "v"), enable=on)


def test_formulas_mean_what_they_say() -> None:
    n = var(Variable.FRAME_UPPER)
    formula = call(Function.IF, call(Function.LESS, n, 3), n * 2, (n - 1) ** 2 / Fraction(1, 2) + -1)
    graph = Graph()
    source = graph.add("color", size=(16, 16), rate=1, duration=5)
    stamped = graph.add("setpts", source, expr=formula / var(Variable.TIME_BASE))
    label = f"[{graph.output(stamped)}]"
    out = ffmpeg("-filter_complex", graph.render(), "-map", label, "-fps_mode", "vfr", "-f", "framecrc", "-")
    stamps = [int(line.split(",")[2]) for line in out.decode().splitlines() if not line.startswith("#")]
    assert stamps == [0, 2, 4, 7, 17]


def test_a_formula_of_many_keyframes_is_accepted() -> None:
    n = var(Variable.TIME)
    steps = [call(Function.BETWEEN, n, k, k + Fraction(1, 2)) * k for k in range(300)]
    graph = Graph()
    base = graph.add("color", size=(16, 16), rate=1, duration=1)
    top = graph.add("color", size=(8, 8), rate=1, duration=1)
    assert len(frames(graph, graph.output(graph.add("overlay", base, top, x=call(Function.ADD, *steps), y=0)))) == 1


@pytest.mark.parametrize("bad", ["n", None, True, float("nan"), [1]])
def test_a_formula_is_not_made_of_anything_else(bad: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Expression(bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="takes 3 arguments"):
        call(Function.IF, 1)


def test_a_formula_that_nests_too_deep_is_refused_before_ffmpeg_does() -> None:
    deep = var(Variable.TIME)
    for _ in range(88):
        deep = call(Function.MAX, deep, 1)
    graph = Graph()
    base = graph.add("color", size=(16, 16), rate=1, duration=1)
    assert len(frames(graph, graph.output(graph.add("crop", base, w=8, h=8, x=deep, y=0)))) == 1
    with pytest.raises(ValueError, match="90 deep"):
        ((deep + 1) * 2 - 3).render()


def test_the_list_holds_against_the_real_ffmpeg() -> None:
    listed = ffmpeg("-filters").decode()
    flags = {name: flag for flag, name in re.findall(r"^ ([T.][S.]) +(\S+) ", listed, re.MULTILINE)}
    assert FILTERS.keys() <= flags.keys()
    assert {name for name in FILTERS if flags[name][0] == "T"} >= TIMELINE
    for name, known in FILTERS.items():
        text = ffmpeg("-h", f"filter={name}").decode()
        there = set(re.findall(r"^ {2,3}-?([\w-]+) +\[?<", text, re.MULTILINE))
        words = set(re.findall(r"^ {5}([\w-]+) +-?[0-9]* +[.EDFVASXRBTP]+", text, re.MULTILINE))
        wanted = known.options.keys() | known.always.keys() | ({known.counted} if known.counted else set())
        wanted -= {"threads"}  # of filters of every kind, and not told for one
        assert wanted <= there, (name, wanted - there)
        for option, kind in known.options.items():
            if isinstance(kind, Choice) and re.search(rf"^ {{2,3}}{option} +<(int|flags)>", text, re.MULTILINE):
                assert kind.words <= words, (name, option, kind.words - words)
