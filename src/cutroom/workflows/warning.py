"""What a workflow did, but perhaps not as was meant."""

from cutroom.kit.schema import Schema


class WorkflowWarning(Schema):
    """What was done, but perhaps not as meant; in the `warnings` of a job."""

    code: str
    message: str
