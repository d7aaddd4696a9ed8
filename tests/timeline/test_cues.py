import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.timeline.cues import parse_cues, to_srt, to_vtt
from cutroom.timeline.cuesheet import CueSheet, lines_of

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello</i> &amp; {\\an8}world
second <font color="red">line</font>

2
00:00:03,000 --> 00:00:04,000
3 < 4
"""
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE this is no cue
00:00.000 --> 00:01.000

intro
00:01.000 --> 00:03.000 align:start position:10%
<v Bob>Hi <00:01.500>there <00:02.500><c.loud>you</c>
"""
ASS = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\an8\\k50}Sing {\\k100}a\\N{\\k30}song
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
Comment: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,not shown
"""


def texts(sheet: CueSheet) -> list[list[str]]:
    return [lines_of(cue) for cue in sheet.cues]


def times(sheet: CueSheet) -> list[tuple[str, float, float]]:
    return [(word.text, float(word.start), float(word.end)) for cue in sheet.cues for word in cue.words]


def test_srt_is_read_without_its_tags() -> None:
    sheet = parse_cues(SRT)
    assert texts(sheet) == [["Hello & world", "second line"], ["3 < 4"]]
    assert [(float(cue.start), float(cue.end)) for cue in sheet.cues] == [(1, 2.5), (3, 4)]
    assert sheet.cues[0].lines == (3, 2)


def test_words_without_times_share_their_cue_by_their_letters() -> None:
    words = parse_cues("1\n00:00:00,000 --> 00:00:10,000\nabc abcde\n").cues[0].words
    assert [(float(word.start), float(word.end)) for word in words] == [(0, 4), (4, 10)]


def test_webvtt_is_read_with_times_of_words() -> None:
    sheet = parse_cues(VTT)
    assert texts(sheet) == [["Hi there you"]]
    assert times(sheet) == [("Hi", 1.0, 1.5), ("there", 1.5, 2.5), ("you", 2.5, 3.0)]


def test_ass_is_read_with_its_karaoke() -> None:
    sheet = parse_cues(ASS)
    assert texts(sheet) == [["Sing a", "song"]]
    assert times(sheet) == [("Sing", 1.0, 1.5), ("a", 1.5, 2.5), ("song", 2.5, 3.0)]


def test_a_transcript_is_read_with_its_words() -> None:
    words = [{"word": " Hi", "start": 0.1, "end": 0.5}, {"text": "you", "start": 0.75, "end": 1.5}]
    document = {
        "segments": [{"start": 0, "end": 2, "text": "Hi you", "words": words}, {"start": 2, "end": 3, "text": "a\nb"}]
    }
    sheet = parse_cues(json.dumps(document))
    assert times(sheet)[:2] == [("Hi", 0.1, 0.5), ("you", 0.75, 1.5)]
    assert texts(sheet) == [["Hi you"], ["a", "b"]]


def test_words_of_a_transcript_without_times_get_some() -> None:
    document = {
        "segments": [{"start": 0, "end": 4, "words": [{"text": "a", "start": 1}, {"text": "b"}, {"text": "c"}]}]
    }
    assert times(parse_cues(json.dumps(document))) == [("a", 1.0, 2.0), ("b", 2.0, 3.0), ("c", 3.0, 4.0)]


def test_signs_of_scripts_without_spaces_are_words() -> None:
    sheet = parse_cues("1\n00:00:00,000 --> 00:00:03,000\n你好\uff0cworld 好\n")
    assert [word for word, _, _ in times(sheet)] == ["你", "好\uff0c", "world", "好"]
    assert texts(sheet) == [["你好\uff0cworld 好"]]


def test_entities_are_decoded_once_and_markup_stays_text() -> None:
    sheet = parse_cues("1\n00:00:00,000 --> 00:00:03,000\n&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; <b>x</b>\n")
    assert texts(sheet) == [["<script>alert(1)</script> &amp; x"]]


def test_cues_are_ordered_and_empty_ones_left_out() -> None:
    blocks = ((5, "b"), (1, "a"), (7, "<i></i>"))
    text = "".join(f"1\n00:00:0{at},000 --> 00:00:0{at + 1},000\n{said}\n\n" for at, said in blocks)
    assert texts(parse_cues(text)) == [["a"], ["b"]]


def test_line_ends_and_byte_order_marks_do_not_matter() -> None:
    assert parse_cues("\ufeff" + SRT.replace("\n", "\r\n")) == parse_cues(SRT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no captions at all", "No times such as .*; give a caption file.$"),
        ("1\n00:00:01,000 --> soon\nhi", "Line 2"),
        ("1\n00:00:03,000 --> 00:00:01,000\nhi", "Line 2: the cue ends before"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nhi", "no cue"),
        ("", "no cue"),
        ('{"segments": [{"start": 1, "end": 0, "text": "x"}]}', "Segment 1 ends before"),
        ('{"segments": [{"text": "x"}]}', "Segment 1 needs"),
        ('{"segments": [{"start": 0, "end": 1e400, "text": "x"}]}', "Segment 1: 'end'"),
        ('{"segments": [{"start": true, "end": 1, "text": "x"}]}', "Segment 1: 'start'"),
        ('{"segments": [{"start": 0, "end": 1, "words": [7]}]}', "Segment 1, word 1"),
        ('{"words": []}', "no segments"),
        ('{"segments":\n[}', "Line 2"),
        ("[" * 100_000, "no JSON"),
        ("[Script Info]\n[Events]\nDialogue: nonsense", "ASS captions"),
        ("x" * 2_000_001, "2 MB"),
    ],
)
def test_wrong_files_are_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as error:
        parse_cues(text)
    assert error.value.code == "bad_captions"
    assert error.value.message.endswith(".")


def test_too_many_cues_are_refused() -> None:
    text = "".join(f"{n}\n00:00:01,000 --> 00:00:02,000\nx\n\n" for n in range(20_001))
    with pytest.raises(Invalid, match="20001 cues"):
        parse_cues(text)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for start in (
        "",
        "1\n00:00:01,000 --> 00:00:02,000\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n",
        '{"segments": [',
        ASS,
    ):
        try:
            sheet = parse_cues(start + text)
        except Invalid as error:
            assert error.code == "bad_captions"
        else:
            for cue in sheet.cues:
                assert cue.start < cue.end
                moments = [moment for word in cue.words for moment in (word.start, word.end)]
                assert min(moments) >= cue.start
                assert max(moments) <= cue.end
                assert [word.start for word in cue.words] == sorted(word.start for word in cue.words)


def test_cues_are_written_and_read_again() -> None:
    sheet = parse_cues(SRT)
    assert texts(parse_cues(to_srt(sheet.cues))) == texts(sheet)
    assert texts(parse_cues(to_vtt(sheet.cues))) == texts(sheet)
    assert to_vtt(sheet.cues).startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello &amp; world\n")
    assert to_srt(sheet.cues).startswith("1\n00:00:01,000 --> 00:00:02,500\nHello & world\n")


def test_subtitles_of_ours_keep_the_lines_that_they_have() -> None:
    one, two = {"text": "Hello", "start": 0, "end": 0.4}, {"text": "there", "start": 0.5, "end": 1}
    cue = {"start": 0, "end": 1.5, "lines": [{"words": [one]}, {"words": [two]}]}
    [found] = parse_cues(json.dumps({"cues": [cue, {"start": 2, "end": 3, "lines": []}]})).cues
    assert (found.lines, [word.text for word in found.words]) == ((1, 1), ["Hello", "there"])
    assert [float(word.start) for word in found.words] == [0, 0.5]


@pytest.mark.parametrize("lines", ["text", [{"text": "Hello"}], [{"words": 3}], [1]])
def test_subtitles_whose_lines_are_none_are_refused(lines: object) -> None:
    with pytest.raises(Invalid, match="'lines' is no list of objects with 'words'"):
        parse_cues(json.dumps({"cues": [{"start": 0, "end": 1, "lines": lines}]}))
