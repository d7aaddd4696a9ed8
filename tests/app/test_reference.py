from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from cutroom.app import reference

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@cache
def documents() -> Mapping[str, str]:
    """All of them, generated once: it takes seconds."""
    return reference.documents()


@pytest.mark.parametrize("name", ["openapi.json", "timeline.schema.json", "settings.md", "errors.md", "sources.md"])
def test_a_generated_document_is_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text() == documents()[name], "run: python3 dev run cutroom reference"
