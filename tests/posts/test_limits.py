"""How long a text is, as the platforms count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.posts.limits import fitted, length_of, weight_of
from cutroom.posts.post import Paragraph, Post, fit, too_long

# Lengths from the conformance tests of twitter-text (weighted tweets).
WEIGHTS = [
    ("hello", 5),
    ("\u65e5\u672c", 4),
    ("https://example.com/a/very/long/path?with=query", 23),
    ("x https://t.co/a y", 27),
    ("\U0001f600", 2),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2),
    ("\u2764\ufe0f", 2),
    ("\U0001f44d\U0001f3fd", 2),
    ("e\u0301", 1),
    ("\u2026", 2),
]


@pytest.mark.parametrize(("text", "weight"), WEIGHTS)
def test_x_counts_by_weight(text: str, weight: int) -> None:
    assert weight_of(text) == weight


def test_others_count_as_browsers_do() -> None:
    assert length_of("linkedin", "a\U0001f600") == 3


@given(st.text(max_size=400), st.integers(1, 280))
def test_what_is_fitted_fits(text: str, most: int) -> None:
    assert length_of("twitter", fitted("twitter", text, max(most, 2))) <= max(most, 2)


@given(
    st.sampled_from(["blog", "linkedin", "twitter", "instagram"]),
    st.lists(st.text(min_size=1, max_size=4_000), min_size=1, max_size=30),
    st.lists(st.from_regex(r"\A[a-z]{1,20}\Z"), max_size=40),
)
def test_a_post_that_was_made_to_fit_is_never_too_long(kind: str, texts: list[str], tags: list[str]) -> None:
    post = Post(
        kind,  # type: ignore[arg-type]
        tuple(Paragraph(text, (0,)) for text in texts),
        tuple(tags),
        title="t" * 300 if kind == "blog" else None,
        summary="s" * 300 if kind == "blog" else None,
    )
    assert too_long(fit(post)) is None


def test_a_blog_post_holds_no_markup_of_its_own() -> None:
    post = Post("blog", (Paragraph("<script>alert(1)</script> ![x](y) **b**", (0,), "# [h](i)"),), title="a_b_")
    (text,) = post.parts()
    assert "<script>" not in text
    assert "\\!" in text or "!\\[" in text
    assert "\\*\\*b\\*\\*" in text
    assert text.startswith("# a\\_b\\_")
