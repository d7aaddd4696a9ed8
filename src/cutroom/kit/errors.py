"""The seven kinds of error that may cross a package boundary.

CutroomError
├── NotFound        the thing does not exist, or not for this workspace
├── Conflict        the thing is in a state that refuses the request
├── Forbidden       the caller may not do this
├── Invalid         the input is wrong; `details` point into it
├── QuotaExceeded   a limit of plan or rate is used up
├── Unavailable     something outside failed; trying again may help
└── Internal        our own fault

A kind says how the doors answer (HTTP, gRPC); `code` is stable and says what happened.
"""

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class Detail:
    """One wrong place in an input: `pointer` is a JSON pointer (RFC 6901) into it."""

    pointer: str
    code: str
    message: str


class CutroomError(Exception):
    """Base of every error that a user may see.

    Args:
        code: stable snake_case name.
        message: a sentence that says what to do.
        details: places in the input, for `Invalid`.
        retryable: whether the same request may succeed later; each kind has its default.
        retry_after_s: seconds after which trying again makes sense.
    """

    kind: ClassVar[str] = "internal"
    retryable_by_default: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Sequence[Detail] = (),
        retryable: bool | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.retry_after_s = retry_after_s

    def to_json(self) -> dict[str, Any]:
        """The error as JSON data, for rows and queues; `from_json` reads it back."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
        }
        if self.details:
            data["details"] = [{"pointer": d.pointer, "code": d.code, "message": d.message} for d in self.details]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CutroomError":
        """Rebuild the error of the right kind from `to_json` data."""
        kind = KINDS.get(str(data["kind"]), Internal)
        details = [Detail(d["pointer"], d["code"], d["message"]) for d in data.get("details", ())]
        return kind(data["code"], data["message"], details=details, retryable=bool(data["retryable"]))

    def at(self, pointer: str) -> Self:
        """The same error with a detail that points at `pointer`."""
        return type(self)(
            self.code,
            self.message,
            details=(Detail(pointer, self.code, self.message), *self.details),
            retryable=self.retryable,
            retry_after_s=self.retry_after_s,
        )

    def about(self, subject: str) -> Self:
        """The same error with a message that begins with what it is about."""
        return type(self)(
            self.code,
            f"{subject}: {self.message}",
            details=self.details,
            retryable=self.retryable,
            retry_after_s=self.retry_after_s,
        )


class NotFound(CutroomError):
    """The thing does not exist, or not for this workspace: both look the same."""

    kind = "not_found"


class Conflict(CutroomError):
    """The thing is in a state that refuses the request."""

    kind = "conflict"


class Forbidden(CutroomError):
    """The caller is unknown or may not do this."""

    kind = "forbidden"


class Invalid(CutroomError):
    """The input is wrong; `details` say where and what would be accepted."""

    kind = "invalid"


class QuotaExceeded(CutroomError):
    """A limit of plan or rate is used up."""

    kind = "quota_exceeded"


class Unavailable(CutroomError):
    """Something outside failed; trying again may help."""

    kind = "unavailable"
    retryable_by_default = True


class Internal(CutroomError):
    """Our own fault."""

    kind = "internal"


KINDS: dict[str, type[CutroomError]] = {
    kind.kind: kind for kind in (NotFound, Conflict, Forbidden, Invalid, QuotaExceeded, Unavailable, Internal)
}


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first `CutroomError` of a group of failures bare; a group that has none stays one."""
    try:
        yield
    except BaseExceptionGroup as failures:
        first = first_of(failures)
        if first is None:
            raise
        raise first from first.__cause__


def first_of(error: BaseException) -> CutroomError | None:
    """The first `CutroomError` in an exception or, depth first, in a group of them; None when there is none."""
    if isinstance(error, CutroomError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(first_of, error.exceptions)), None)
    return None


def is_full(error: BaseException) -> bool:
    """Whether the system says that a disk, or somebody's share of it, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
