"""What the engines share about the items of a map."""

from cutroom.jobs.errors import ItemFailed
from cutroom.kit.errors import CutroomError


def item_error(error: CutroomError, step: str, index: int, *, job_id: str | None, dead: bool) -> CutroomError:
    """The error of a map of which an item failed: of the same kind and code.

    It names the index, unless it points at a place in the input, which says more. It is not retryable: the item had
    attempts of its own. Its cause says whether it used them all up.
    """
    found = type(error)(
        error.code,
        error.message if error.details else f"Item {index} of '{step}': {error.message}",
        details=error.details,
        retryable=False,
        retry_after_s=error.retry_after_s,
    )
    found.__cause__ = ItemFailed(step, index, job_id, dead=dead)
    return found
