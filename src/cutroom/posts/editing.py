"""A person changes a post."""

from typing import Annotated

from pydantic import Field

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import Schema
from cutroom.posts.document import ParagraphDocument, PostDocument, PostText, measured, post_of
from cutroom.posts.post import too_long


class EditedParagraph(Schema):
    """A paragraph as it should be."""

    text: PostText
    heading: Annotated[str | None, Field(max_length=300)] = None


class PostChanges(Schema):
    """What to change of a post; what is absent stays."""

    title: Annotated[str | None, Field(min_length=1, max_length=300)] = None
    summary: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    paragraphs: Annotated[list[EditedParagraph] | None, Field(min_length=1, max_length=500)] = None
    hashtags: Annotated[list[Annotated[str, Field(pattern=r"^\w{1,100}$")]] | None, Field(max_length=100)] = None


def edited(document: PostDocument, changes: PostChanges) -> PostDocument:
    """The post with the changes; paragraphs whose text stays keep what they cite, others cite nothing.

    Raises:
        Invalid: `post_too_long` when the platform would not take it.
    """
    given = changes.model_dump(exclude_unset=True, exclude={"paragraphs", "hashtags"}, by_alias=False)
    if changes.hashtags is not None:
        given["hashtags"] = changes.hashtags
    if changes.paragraphs is not None:
        cites = {one.text: one.cites for one in document.paragraphs}
        given["paragraphs"] = [
            ParagraphDocument(text=one.text, heading=one.heading, cites=cites.get(one.text, []))
            for one in changes.paragraphs
        ]
    changed = document.model_copy(update=given)
    wrong = too_long(post_of(changed))
    if wrong is not None:
        raise Invalid("post_too_long", wrong, details=[Detail("/paragraphs", "post_too_long", wrong)])
    return measured(changed)
