"""From JSON data to a checked document, or to everything that is wrong with it at once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from cutroom.kit.errors import Detail, Invalid
from cutroom.timeline.complaints import complaints
from cutroom.timeline.limits import Limits
from cutroom.timeline.merge import merged
from cutroom.timeline.model import Edit
from cutroom.timeline.rules import problems_of
from cutroom.timeline.scan import NOT_AVAILABLE, brings_fonts, scan
from cutroom.timeline.sources import clashes

MAX_DETAILS: Final = 100
_DEFAULT: Final = Limits()


def parse(document: Any, limits: Limits = _DEFAULT) -> Edit:
    """Fill in its merge fields and check a document.

    Args:
        document: JSON data: dicts, lists, strings, numbers, booleans, None.
        limits: how large it may be, and whether sources may be paths.

    Raises:
        Invalid: with one detail for each wrong place, at most 100; the error's own code is that of the details, or
            `invalid_timeline` when they differ.
    """
    document, problems = merged(document)
    problems += scan(document, limits)
    if any(problem.code.startswith("too_many") for problem in problems):
        raise refusal(problems)
    known = document
    if isinstance(document, dict):
        known = {name: value for name, value in document.items() if name not in NOT_AVAILABLE}
    unsaid = 0
    try:
        edit = Edit.model_validate(known, context=replace(limits, fonts=None) if brings_fonts(document) else limits)
    except ValidationError as error:
        unsaid = max(error.error_count() - MAX_DETAILS, 0)
        told = {problem.pointer for problem in problems}
        instead = isinstance(document, dict) and "longform" in document
        # What nobody will be shown is not worded: a body with 80,000 unknown fields costs no more than one with 100.
        for detail in islice(complaints(error), MAX_DETAILS):
            if detail.pointer not in told and not (instead and detail.pointer == "/timeline"):
                problems.append(detail)
    else:
        problems.extend([*problems_of(edit, limits), *clashes(edit)])
        if not problems:
            return edit
    raise refusal(problems, unsaid)


def refusal(problems: Sequence[Detail], unsaid: int = 0) -> Invalid:
    """One error for all that is wrong; `unsaid` more things are only counted."""
    first = problems[0]
    codes = {problem.code for problem in problems}
    others = len(problems) - 1 + unsaid
    more = f" ({others} more)" if others else ""
    message = f"{first.pointer or 'The document'}: {first.message}{more}"
    return Invalid(codes.pop() if len(codes) == 1 else "invalid_timeline", message, details=problems[:MAX_DETAILS])
