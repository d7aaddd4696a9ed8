from typing import Any

import pytest

from cutroom.timeline import Limits, longest, parse_document

LIMITS = Limits(duration_s=300, longform_s=7200)
OUTPUT = {"format": "mp4", "width": 160, "height": 90, "fps": 10}


def clip(length: float | str, **more: Any) -> dict[str, Any]:
    return {"asset": {"type": "text", "text": "a"}, "length": length, **more}


def film(*clips: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"output": OUTPUT, "timeline": {"tracks": [{"clips": list(clips)}], **more}}


@pytest.mark.parametrize(
    ("document", "seconds"),
    [
        (film(clip(2), clip(3.5)), 5.5),
        (film(clip(2, start=10), clip(1, start=0)), 12),
        (film(clip(2), duration=7), 7),
        (film({"asset": {"type": "video", "src": "https://a.example/a.mp4"}, "length": "auto"}), 300),
        (film(clip(4), clip("end", start=1)), 4),
    ],
)
def test_a_document_can_get_no_longer_than_this(document: dict[str, Any], seconds: float) -> None:
    assert longest(parse_document(document, LIMITS), LIMITS) == seconds


@pytest.mark.parametrize(("more", "seconds"), [({"duration": 90}, 90), ({}, 7200)])
def test_a_longform_lasts_as_long_as_it_says_or_as_its_sounds(more: dict[str, Any], seconds: float) -> None:
    document = {
        "output": OUTPUT,
        "longform": {
            "backgrounds": [{"src": "https://a.example/a.png"}],
            "audio": [{"src": "https://a.example/a.mp3"}],
            **more,
        },
    }
    assert longest(parse_document(document, LIMITS), LIMITS) == seconds
