import json
import re
from typing import Any

import pytest

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, parse
from tests.timeline.wrong import COLOR, GOOD, RAW, SHAPES, TEXT, VIDEO, WRONG, Wrong, changed


def refused(document: Any, limits: Limits | None = None) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse(document, limits or Limits())
    return caught.value


def test_the_good_document_is_accepted() -> None:
    assert len(parse(GOOD).timeline.tracks) == 3


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_wrong_document_is_refused_with_code_and_pointer(wrong: Wrong) -> None:
    with pytest.raises(Invalid) as caught:
        parse(strict_json.parse(wrong.document) if isinstance(wrong.document, bytes) else wrong.document)
    error = caught.value
    assert error.code == wrong.code
    assert [detail.code for detail in error.details] in ([wrong.code], [])
    assert [detail.pointer for detail in error.details] in ([wrong.pointer], [] if wrong in RAW else None)


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong not in RAW], ids=lambda wrong: wrong.name)
def test_a_refusal_is_a_sentence(wrong: Wrong) -> None:
    for detail in refused(wrong.document).details:
        assert re.fullmatch(r"[\"'A-Z].{15,600}\.", detail.message, re.DOTALL), detail.message


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong not in RAW], ids=lambda wrong: wrong.name)
def test_every_pointer_leads_into_the_document(wrong: Wrong) -> None:
    for detail in refused(wrong.document).details:
        here: Any = wrong.document
        *path, last = detail.pointer.split("/") if detail.pointer else [""]
        for part in path[1:]:
            here = here[int(part)] if isinstance(here, list) else here[part]
        assert isinstance(here, dict | list) or last == ""


def test_there_are_wrong_documents_of_every_sort_and_no_name_twice() -> None:
    assert len(WRONG) >= 100
    assert len({wrong.name for wrong in WRONG}) == len(WRONG)
    assert len({wrong.code for wrong in WRONG}) >= 20


def test_all_errors_are_told_at_once() -> None:
    document = changed(f"{VIDEO}/fit", "crop")
    document["output"]["fps"] = 0
    document["timeline"]["tracks"][0]["clips"][0]["asset"]["text"] = "{{x}}"
    document["callbackUrl"] = "https://hooks.example"
    error = refused(document)
    assert error.code == "invalid_timeline"
    assert {(detail.pointer, detail.code) for detail in error.details} == {
        ("/callbackUrl", "not_available"),
        (f"{TEXT}/asset/text", "unresolved_placeholder"),
        ("/output/fps", "out_of_range"),
        (f"{VIDEO}/fit", "unknown_value"),
    }


def test_at_most_a_hundred_details_are_given() -> None:
    error = refused({"timeline": {"tracks": [{"clips": [None] * 500}]}})
    assert len(error.details) == 100
    assert "499 more" in error.message


def test_a_placeholder_is_named_and_told_once() -> None:
    error = refused(changed(f"{VIDEO}/length", "{{ $json.seconds }}"))
    assert [detail.pointer for detail in error.details] == [f"{VIDEO}/length"]
    assert "{{ $json.seconds }}" in error.message


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        (changed(f"{TEXT}/lenght", 3), "did you mean 'length'?"),
        (changed(f"{TEXT}/Start", 3), "did you mean 'start'?"),
        (changed(f"{TEXT}/duration", 3), "write 'length'"),
        (changed(f"{VIDEO}/asset/volume", 1), "beside 'asset'"),
        (changed(f"{VIDEO}/asset/url", "x"), "write 'src'"),
        (changed(f"{VIDEO}/asset/type", "vidio"), "did you mean 'video'?"),
        (changed(f"{VIDEO}/asset/type", "gif"), "captions, color, gradient, shape, waveform, svg, html or timeline"),
        (changed(f"{VIDEO}/fit", "Cover"), "did you mean 'cover'?"),
        (changed(f"{VIDEO}/length", "ends"), '"auto", or "end"'),
        (changed(f"{TEXT}/position", "botom-left"), "did you mean 'bottom-left'?"),
        (changed(f"{TEXT}/fadeIn", 1), '"transition": {"in": "fade"}'),
        (changed("/callback", "https://a.example"), "write 'callbackUrl'"),
        (changed(f"{VIDEO}/asset/volumeEffect", "fadeIn"), "write 'fadeIn' and 'fadeOut' on the clip"),
        (changed(f"{VIDEO}/opacity", [{"at": 0, "value": 0, "from": 0}]), "write two keyframes"),
        (changed(f"{VIDEO}/fit", "crop"), "(write 'cover')"),
        (changed(f"{VIDEO}/asset/type", "luma"), "(write 'matte' on the clip that it masks)"),
        (changed("/output/resolution", "hd"), "(write '720p')"),
        (changed("/output/quality", "veryhigh"), "(write 'highest')"),
        (changed("/output/format", "bmp"), "(write 'png')"),
        (changed("/output/scaleTo", "sd"), "write a smaller output in 'outputs'"),
        (changed("/timeline/cache", value=True), '"cache" is not a known field here; leave it out'),
        (changed(f"{VIDEO}/asset/transcode", value=True), "leave it out"),
        (changed(f"{VIDEO}/asset/type", "rich-text"), "(write 'text')"),
        (changed(f"{VIDEO}/start", "alias://a"), "(write with:a)"),
        (changed(f"{VIDEO}/length", "alias://a"), "(write like:a)"),
        (changed(f"{VIDEO}/transition", {"in": "none"}), "(leave it out)"),
        (changed(f"{TEXT}/asset/font", {"opacity": 0.5}), "write it into 'color'"),
        (changed("/output/width", 641), "an even number of pixels from 16 to 8192"),
        (changed(f"{VIDEO}/start", "5"), "(write 5, without quotes)"),
        (changed(f"{VIDEO}/volume", "0.5"), "(write 0.5, without quotes)"),
        (changed("/output/fps", "29.97"), "(write 29.97, without quotes)"),
        (changed("/output/mute", "true"), "(write true, without quotes)"),
        (changed(f"{TEXT}/asset/text", 5), '(write "5", in quotes)'),
        (changed(f"{VIDEO}/fit", None), "or leave it out."),
        (changed(f"{VIDEO}/opacity", None), "or leave it out."),
        (changed(f"{VIDEO}/matte", "asset:m"), 'an object {"src": …, "mode": …, "trim": …}.'),
        (changed(f"{COLOR}/asset/color", "White"), "(write #ffffff)"),
        (changed(f"{COLOR}/asset/color", "101418"), "(write #101418)"),
        (changed(f"{TEXT}/position", "middle"), "(did you mean 'center'?)"),
        (changed(f"{TEXT}/asset/font", {"weight": "bold"}), "(did you mean '700'?)"),
        (changed("/output/format", "avi"), "(did you mean 'mp4'?)"),
        (changed("/output/resolution", "1920x1080"), "(did you mean '1080p'?)"),
        (changed(f"{VIDEO}/transition", {"in": "cutFast"}), "(did you mean 'cut'?)"),
        (changed(f"{VIDEO}/blend", "burn"), "(did you mean 'color-burn'?)"),
        (changed(f"{TEXT}/asset/fontSize", 30), "write 'font': {\"size\": …}"),
        (changed(f"{TEXT}/zIndex", 3), "the first track in the list is the top layer"),
        (changed("/output/frameRate", 30), "(did you mean 'fps'?)"),
        (changed("/merg", {}), "(did you mean 'merge'?)"),
        (changed(f"{VIDEO}/asset/src", ""), "This text is empty; write something."),
        (changed("/timeline/fonts", [{"src": "asset:f", "family": ""}]), "or leave the field out."),
    ],
)
def test_a_refusal_says_what_was_probably_meant(document: Any, hint: str) -> None:
    assert hint in refused(document).message


def test_longform_alone_is_refused_for_itself_only() -> None:
    error = refused({"output": {}, "longform": {"backgrounds": [{"src": "a.jpg"}]}})
    assert [(detail.pointer, detail.code) for detail in error.details] == [("/longform", "not_available")]


def test_a_url_in_a_refusal_keeps_its_password_to_itself() -> None:
    error = refused(changed(f"{VIDEO}/asset/src", "https://me:secret@media.example/"))
    assert "secret" not in json.dumps(error.to_json())


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong in SHAPES], ids=lambda wrong: wrong.name)
def test_limits_do_not_hide_a_wrong_shape(wrong: Wrong) -> None:
    raised = Limits(tracks=1000, clips=10_000, duration_s=10**6, long_side_px=8192, short_side_px=8192)
    if wrong.code.startswith("too_many"):
        assert parse(wrong.document, raised).timeline.tracks
    else:
        assert refused(wrong.document, raised).code == wrong.code


def test_a_list_of_a_fixed_length_says_how_many_it_takes() -> None:
    curve = [{"at": 0, "value": 0, "easing": [1, 2]}, {"at": 1, "value": 1, "easing": []}]
    said = [detail.message for detail in refused(changed(f"{VIDEO}/opacity", curve)).details]
    assert said == ["This list has 2 entries; 4 are needed.", "This list has no entries; 4 are needed."]
