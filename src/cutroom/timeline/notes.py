"""What `resolve` has to say: problems that refuse the edit, and warnings that travel with the result."""

from dataclasses import dataclass, field
from typing import Final

from cutroom.kit.errors import Detail
from cutroom.timeline.resolved import Warning  # noqa: A004 — see resolved
from cutroom.timeline.validate import refusal

MAX_WARNINGS: Final = 100


@dataclass(slots=True)
class Notes:
    """Collects problems and warnings; at most 100 warnings, since nobody reads more."""

    problems: list[Detail] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)

    def refuse(self, pointer: str, code: str, message: str) -> None:
        """Note something that cannot be rendered."""
        self.problems.append(Detail(pointer, code, message))

    def warn(self, pointer: str, code: str, message: str) -> None:
        """Note something that renders, but perhaps not as meant."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warning(code, pointer, message))

    def check(self) -> None:
        """Go on only when nothing was refused.

        Raises:
            Invalid: with everything that was.
        """
        if self.problems:
            raise refusal(self.problems)
