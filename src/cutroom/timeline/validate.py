"""From JSON data to a checked document, or to everything that is wrong with it at once."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from cutroom.kit.errors import Detail, Invalid
from cutroom.timeline.complaints import complaints
from cutroom.timeline.limits import Limits
from cutroom.timeline.model import Edit
from cutroom.timeline.rules import problems_of
from cutroom.timeline.scan import NOT_AVAILABLE, scan

MAX_DETAILS: Final = 100
_DEFAULT: Final = Limits()


def parse(document: Any, limits: Limits = _DEFAULT) -> Edit:
    """Check a document.

    Args:
        document: JSON data: dicts, lists, strings, numbers, booleans, None.
        limits: how large it may be, and whether sources may be paths.

    Raises:
        Invalid: with one detail for each wrong place, at most 100; the error's own code is that of the details, or
            `invalid_timeline` when they differ.
    """
    problems = scan(document, limits)
    if any(problem.code.startswith("too_many") for problem in problems):
        raise refusal(problems)
    known = document
    if isinstance(document, dict):
        known = {name: value for name, value in document.items() if name not in NOT_AVAILABLE}
    try:
        edit = Edit.model_validate(known, context=limits)
    except ValidationError as error:
        told = {problem.pointer for problem in problems}
        instead = isinstance(document, dict) and "longform" in document
        for detail in complaints(error):
            if detail.pointer not in told and not (instead and detail.pointer == "/timeline"):
                problems.append(detail)
    else:
        problems.extend(problems_of(edit, limits))
        if not problems:
            return edit
    raise refusal(problems)


def refusal(problems: Sequence[Detail]) -> Invalid:
    """One error for all that is wrong."""
    first = problems[0]
    codes = {problem.code for problem in problems}
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    message = f"{first.pointer or 'The document'}: {first.message}{more}"
    return Invalid(codes.pop() if len(codes) == 1 else "invalid_timeline", message, details=problems[:MAX_DETAILS])
