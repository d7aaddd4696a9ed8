"""Posts from a transcript, through the workflow: productions, files, warnings, and what fails alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Draft, Origin, Remembered, run_alone
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.ids import new_id
from cutroom.llm import Models, Price
from cutroom.media.fetch import Fetcher
from cutroom.posts.document import PostDocument
from cutroom.speech import Engine, Transcript
from cutroom.speech.document import TranscriptDocument
from cutroom.workflows import registry
from cutroom.workflows.answers import SPENT
from cutroom.workflows.write_posts import WritePostsOutput
from tests.llm.server import Handler, answers, fails, model_server
from tests.posts.talk import transcript

SOCIAL = {
    "paragraphs": [{"text": "A low price attracts the wrong customers.", "sentences": [10]}],
    "hashtags": ["price"],
}
BLOG = {
    "title": "Pricing is a conversation",
    "summary": "Maria Lopez on prices.",
    "sections": [{"heading": "Too low", "paragraphs": SOCIAL["paragraphs"]}],
    "hashtags": [],
}


class Desk:
    """A transcript in memory, and posts written of it."""

    def __init__(self, folder: Path, of: Transcript | None = None) -> None:
        self.productions = Remembered()
        self.id = new_id("trn")
        self.folder = folder
        self.spent: list[int] = []
        self.edit(of or transcript())

    def edit(self, of: Transcript) -> None:
        """Another version of the transcript."""
        body = TranscriptDocument.of(of, source="https://example.com/talk.mp3", sha256="ab").model_dump_json()
        self.productions.add(Draft(self.id, "transcript", "Talk", body), new_id("job"))

    async def write(self, script: Sequence[Handler] = (), **given: Any) -> WritePostsOutput:
        """Write posts, by a model that answers like that when there is a script."""
        scratch = self.folder / new_id("x")
        scratch.mkdir()
        self.spent.clear()
        files = StandaloneFiles(
            base=self.folder, cache=scratch, parts=scratch, out=self.folder / "out.json", fetcher=Fetcher()
        )
        async with model_server(*script) as server:
            models = Models([server.provider(attempts=1, prices={"*": Price(1_000_000, 1_000_000)})] if script else [])
            try:
                found = await run_alone(
                    registry(models=models),
                    "write_posts",
                    {"transcript": self.id, **given},
                    files=files,
                    scratch=scratch,
                    events=lambda _, data: self.spent.append(data[SPENT]) if SPENT in data else None,
                    productions=self.productions,
                )
            finally:
                await models.close()
        assert isinstance(found, WritePostsOutput)
        return found

    def post(self, production: str, version: int | None = None) -> PostDocument:
        """What was written."""
        return PostDocument.model_validate_json(self.productions.find(production, version).body)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_without_a_model_every_kind_is_put_together_from_the_recording(desk: Desk) -> None:
    found = await desk.write()
    assert [post.platform for post in found.posts] == ["blog", "linkedin", "twitter", "instagram"]
    assert found.failed == []
    assert found.warnings == []
    assert (found.input_tokens, found.output_tokens) == (0, 0)
    for made in found.posts:
        post = desk.post(made.id)
        assert post.method == "extractive"
        assert all(paragraph.cites for paragraph in post.paragraphs)
        assert post.length == max(map(len, post.parts))
        assert Path(made.artifact).read_text("utf-8") == "\n\n---\n\n".join(post.parts)
        assert desk.productions.find(made.id).made_from == (Origin(desk.id, 1),)


async def test_a_tone_without_a_model_is_a_warning(desk: Desk) -> None:
    found = await desk.write(kinds=["linkedin"], tone="dry", language="de")
    assert [warning.code for warning in found.warnings] == ["model_not_configured"]
    assert "tone, language" in found.warnings[0].message
    assert desk.post(found.posts[0].id).language == "en"


async def test_asking_for_a_model_that_is_not_there_is_an_error(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        await desk.write(method="model")
    assert caught.value.code == "model_not_configured"


async def test_a_model_writes_what_was_said(desk: Desk) -> None:
    found = await desk.write([answers(BLOG), answers(SOCIAL)], kinds=["blog"])
    (made,) = found.posts
    post = desk.post(made.id)
    assert (made.method, post.method, post.model, post.title) == (
        "model",
        "model",
        "small",
        "Pricing is a conversation",
    )
    assert found.output_tokens > 0
    assert post.paragraphs[0].cites[0].text.startswith("The biggest lesson")
    assert 0 < post.paragraphs[0].cites[0].start < post.paragraphs[0].cites[0].end <= found.duration


async def test_claims_that_nobody_made_are_taken_out_and_told(desk: Desk) -> None:
    lie = {"text": "They made 7 million dollars. A low price attracts the wrong customers.", "sentences": [10]}
    found = await desk.write([answers({"paragraphs": [lie], "hashtags": []})], kinds=["instagram"])
    assert [warning.code for warning in found.warnings] == ["claims_removed"]
    post = desk.post(found.posts[0].id)
    assert "7 million" not in post.parts[0]
    assert [removed.claim for removed in post.checks.removed] == ["7 million"]


async def test_one_post_that_fails_leaves_the_others_alone(desk: Desk) -> None:
    # The blog's shape is not that of the others, so one of the two cannot be written by this model.
    found = await desk.write([answers(SOCIAL)], kinds=["blog", "linkedin"])
    assert [post.platform for post in found.posts] == ["linkedin"]
    assert [(failed.platform, failed.code) for failed in found.failed] == [("blog", "model_bad_answer")]


async def test_when_none_can_be_written_the_job_fails_as_the_first_did(desk: Desk) -> None:
    with pytest.raises(CutroomError) as caught:
        await desk.write([fails(401)], kinds=["blog", "linkedin"])
    assert caught.value.code == "model_unauthorized"


async def test_a_post_is_made_anew_from_a_newer_transcript(desk: Desk) -> None:
    first = (await desk.write(kinds=["linkedin"])).posts[0]
    desk.edit(transcript(written=False))
    again = await desk.write(kinds=["blog", "linkedin"], into=first.id)
    assert [(post.platform, post.id, post.version) for post in again.posts] == [("linkedin", first.id, 2)]
    assert desk.post(first.id, 1).transcript_version == 1
    assert desk.post(first.id).transcript_version == 2


async def test_an_older_version_can_be_written_about(desk: Desk) -> None:
    desk.edit(transcript(written=False))
    found = await desk.write(kinds=["linkedin"], version=1)
    assert desk.post(found.posts[0].id).transcript_version == 1


async def test_silence_is_nothing_to_write_about(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Transcript("en", 30_000, Engine("t", "t", writes_punctuation=False), ()))
    with pytest.raises(Invalid) as caught:
        await desk.write()
    assert caught.value.code == "transcript_empty"


@pytest.mark.parametrize("text", ["Visit acme.com for more.", "We use ASP.NET.", "Book.io"])
async def test_a_site_that_is_named_is_written_about(tmp_path: Path, text: str) -> None:
    desk = Desk(tmp_path, transcript(text))
    found = await desk.write(kinds=["blog", "twitter"])
    assert [text in desk.post(post.id).paragraphs[0].text for post in found.posts] == [True, True]


async def test_a_recording_of_nothing_but_a_link_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, transcript("https://acme.com"))
    with pytest.raises(Invalid) as caught:
        await desk.write()
    assert caught.value.code == "nothing_to_post"


async def test_what_is_no_transcript_is_refused(desk: Desk) -> None:
    post = (await desk.write(kinds=["linkedin"])).posts[0]
    with pytest.raises(Invalid) as caught:
        await desk.write(transcript=post.id)
    assert caught.value.code == "not_a_transcript"
    assert caught.value.details[0].pointer == "/transcript"


async def test_a_long_recording_is_noted_before_it_is_written_about(tmp_path: Path) -> None:
    long = transcript("\n".join(["We hired Tom Baker and churn fell to twelve percent that year."] * 900))
    notes = answers({"points": [{"text": "Churn fell.", "sentences": list(range(0, 900, 20))}]})
    desk = Desk(tmp_path, long)
    draft = {"paragraphs": [{"text": "Churn fell to 12%.", "sentences": [40]}], "hashtags": []}
    found = await desk.write([notes, notes, notes, notes, answers(draft)], kinds=["linkedin"])
    assert desk.post(found.posts[0].id).paragraphs[0].text == "Churn fell to 12%."


async def test_what_a_model_took_for_posts_is_told_and_kept_to_what_was_reserved(desk: Desk) -> None:
    await desk.write([answers(SOCIAL)], kinds=["linkedin", "twitter"], budgetMicro=1_000_000)
    assert desk.spent == [11 + 7] * 2
    with pytest.raises(Invalid) as caught:
        await desk.write([answers(SOCIAL)], kinds=["linkedin"], budgetMicro=10)
    assert (caught.value.code, desk.spent) == ("cost_cap_reached", [])
