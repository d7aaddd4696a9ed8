from pathlib import Path

import pytest

from cutroom.app import reference

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["openapi.json", "timeline.schema.json", "settings.md", "errors.md"])
def test_a_generated_document_is_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text() == reference.documents()[name], "run: python3 dev run cutroom reference"
