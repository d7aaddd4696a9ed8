"""Floor 6: repositories that workspaces have registered, and which tasks there are on them, by queue."""

from cutroom.tasks.service import TaskLimits, TaskService
from cutroom.tasks.task import BACKLOG, QUEUES, REPOSITORY_PREFIX, REWORK, Queue, Repository, Task, Written

__all__ = [
    "BACKLOG",
    "QUEUES",
    "REPOSITORY_PREFIX",
    "REWORK",
    "Queue",
    "Repository",
    "Task",
    "TaskLimits",
    "TaskService",
    "Written",
]
