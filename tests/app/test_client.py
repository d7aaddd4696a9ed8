from typing import Any

from cutroom.app.client import local_sources, with_sources

DOCUMENT: dict[str, Any] = {
    "timeline": {
        "tracks": [
            {"clips": [{"asset": {"src": "a.mp4"}}, {"asset": {"src": "https://example.com/b.mp4"}}]},
            {"clips": [{"asset": {"src": "asset:ast_1"}}, {"asset": {"type": "text", "text": "src"}}]},
        ],
        "soundtrack": {"src": "sound/m.m4a"},
    }
}


def test_only_paths_are_local_sources() -> None:
    assert list(local_sources(DOCUMENT)) == ["a.mp4", "sound/m.m4a"]


def test_sources_are_replaced_in_a_copy() -> None:
    changed = with_sources(DOCUMENT, {"a.mp4": "asset:1", "sound/m.m4a": "asset:2"})
    assert list(local_sources(changed)) == []
    assert changed["timeline"]["soundtrack"] == {"src": "asset:2"}
    assert changed["timeline"]["tracks"][1] == DOCUMENT["timeline"]["tracks"][1]
    assert list(local_sources(DOCUMENT)) == ["a.mp4", "sound/m.m4a"]
