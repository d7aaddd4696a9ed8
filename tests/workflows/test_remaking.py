"""Making one production anew, whoever made it the last time."""

from typing import Any, Final

import pytest

from cutroom.kit.errors import Conflict
from cutroom.kit.ids import new_id
from cutroom.kit.schema import Schema
from cutroom.workflows.catalogue import registry
from cutroom.workflows.export_clip import ExportClip
from cutroom.workflows.find_highlights import FindHighlights, FindHighlightsOutput
from cutroom.workflows.remaking import MAKERS, remake_of
from cutroom.workflows.repurpose import BRANCH, Repurpose, branches_of, clips_of
from cutroom.workflows.subtitle import Subtitle
from cutroom.workflows.transcribe import Transcribe
from cutroom.workflows.write_posts import WritePosts

INPUTS: Final[dict[str, type[Schema]]] = {
    "transcribe": Transcribe,
    "subtitle": Subtitle,
    "find_highlights": FindHighlights,
    "export_clip": ExportClip,
    "write_posts": WritePosts,
}
TRANSCRIPT: Final = new_id("trn")


def accepted(workflow: str, given: dict[str, Any]) -> Any:
    """The input as its workflow takes it."""
    return INPUTS[workflow].model_validate_json(INPUTS[workflow].model_validate(given).model_dump_json())


def test_every_kind_is_made_by_a_workflow_that_can_be_asked_for() -> None:
    known = registry()
    for workflow in MAKERS.values():
        assert not known.get(workflow).internal


def test_what_was_asked_for_is_asked_for_again_from_the_latest_versions() -> None:
    given = {"transcript": TRANSCRIPT, "version": 3, "formats": ["srt"], "into": "sub_old"}
    workflow, again = remake_of("subtitles", "sub_new", "subtitle", given)
    assert (workflow, again) == ("subtitle", {"transcript": TRANSCRIPT, "formats": ["srt"], "into": "sub_new"})


@pytest.mark.parametrize(
    ("kind", "field"), [("highlights", "highlights"), ("post", "posts"), ("subtitles", "subtitles")]
)
def test_what_a_branch_made_is_made_anew_by_itself(kind: str, field: str) -> None:
    asked = Repurpose.model_validate({"transcript": TRANSCRIPT, "voice": "Dry.", "posts": {"kinds": ["blog"]}})
    branch = next(one for one in branches_of(asked, TRANSCRIPT, 2) if getattr(one, field) is not None)
    workflow, again = remake_of(kind, "x_1", BRANCH, branch.model_dump(mode="json"))
    found = accepted(workflow, again)
    assert (found.transcript, found.version, found.into) == (TRANSCRIPT, None, "x_1")
    if kind == "post":
        assert (found.kinds, found.voice) == (("blog",), "Dry.")


def test_a_clip_of_a_whole_work_is_made_anew_by_itself() -> None:
    asked = Repurpose.model_validate({"transcript": TRANSCRIPT, "clips": {"count": 1, "aspect": "1:1"}})
    output: Any = FindHighlightsOutput
    highlights = output.model_construct(highlights=new_id("hls"), version=4, items=[None])
    (item,) = clips_of(highlights, asked.clips)
    workflow, again = remake_of("clip", "clp_1", "repurpose.clip", item.model_dump(mode="json"))
    found = accepted(workflow, again)
    assert (found.highlights, found.highlight, found.version) == (highlights.highlights, 0, None)
    assert (found.aspect, found.into) == ("1:1", "clp_1")


def test_what_came_of_something_else_is_not_made_anew() -> None:
    for kind, made_by in (("post", "repurpose.clip"), ("clip", BRANCH), ("post", "unheard_of")):
        with pytest.raises(Conflict) as caught:
            remake_of(kind, "x_1", made_by, {"clip": None})
        assert caught.value.code == "never_made"
