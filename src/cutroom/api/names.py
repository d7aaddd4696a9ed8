"""Names that people give to things: one line, without anything that cannot be seen."""

from typing import Annotated, Final

from pydantic import Field

from cutroom.accounts import Principal
from cutroom.kit.errors import Forbidden

# No control characters, no line or paragraph separators, nothing that turns the direction of writing around.
_UNSEEN: Final = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=rf"^[^{_UNSEEN}]*[^{_UNSEEN}\s][^{_UNSEEN}]*$",
        description="What to call it: one line.",
    ),
]


def person(principal: Principal) -> str:
    """The id of the person who asks.

    Raises:
        Forbidden: `person_needed`, when a key asks.
    """
    if principal.user_id is None:
        raise Forbidden("person_needed", "Only people can do this: log in instead of sending an API key.")
    return principal.user_id
