"""What those take who do not take everything: agents, by their workspace, their job types and their labels.

A job may need labels; only who has all of them may take it. Agents look at the queue through two indexes: that of the
jobs which need nothing, of which they take their job types, and that of the others, by workspace and by what is needed.
Both are walked by loose index scans, so that neither the number of jobs that others must take nor that of those which
nobody can take at the moment makes a claim dearer. How many different things the jobs of one workspace need is bounded,
both when they are submitted and in what a claim looks at: no workspace makes the claims of others dear.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, Final

MAX_LABELS: Final = 16
MAX_NEEDS: Final = 64
"""So many different sets of labels may be needed by the queued jobs of a workspace; each costs every claim a look."""
LABEL_IS: Final = "letters, digits and . _ : / -, the first a letter or a digit, 64 characters at most"
REACH: Final = 200
"""So many jobs of a lane are looked at by one that does not take all job types; what lies behind them comes nearer."""
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_LAST: Final = "\U0010ffff"  # sorts behind every id


def is_label(label: str) -> bool:
    """Whether this can be a label."""
    return _LABEL.fullmatch(label) is not None


@dataclass(frozen=True, slots=True)
class Wants:
    """Which jobs are taken.

    Args:
        types: names of workflows; no others.
        labels: jobs may need these, all or some or none of them.
        workspace_id: only jobs of this one; of all when None.
    """

    types: frozenset[str]
    labels: frozenset[str] = frozenset()
    workspace_id: str | None = None

    def parameters(self) -> Mapping[str, Any]:
        """What the statements are to be given."""
        return {
            "types": sorted(self.types),
            "labels": sorted(self.labels),
            "low": self.workspace_id or "",
            "high": self.workspace_id or _LAST,
        }


# Every pair of a workspace and what jobs of it need, the first ones of each workspace: what was scheduled, or has
# waited, comes into the queue unasked.
_NEEDY: Final = """
needy AS (
  (SELECT workspace_id, needs, 1 AS nth FROM jobs
   WHERE status = 'queued' AND needs IS NOT NULL AND workspace_id BETWEEN :low AND :high
   ORDER BY workspace_id, needs LIMIT 1)
  UNION ALL
  SELECT next.workspace_id, next.needs, CASE WHEN next.workspace_id = needy.workspace_id THEN nth + 1 ELSE 1 END
  FROM needy CROSS JOIN LATERAL (
    (SELECT workspace_id, needs FROM jobs
     WHERE nth < $most AND status = 'queued' AND needs IS NOT NULL AND workspace_id <= :high
       AND (workspace_id, needs) > (needy.workspace_id, needy.needs)
     ORDER BY workspace_id, needs LIMIT 1)
    UNION ALL
    (SELECT workspace_id, needs FROM jobs
     WHERE nth >= $most AND status = 'queued' AND needs IS NOT NULL AND workspace_id <= :high
       AND workspace_id > needy.workspace_id
     ORDER BY workspace_id, needs LIMIT 1)
  ) AS next
)
"""
# A row when one more job that needs this may be queued: others need the same, or few enough need something else.
_ROOM: Final = """
WITH RECURSIVE other AS (
  (SELECT needs, 1 AS nth FROM jobs
   WHERE status = 'queued' AND needs IS NOT NULL AND workspace_id = :workspace
   ORDER BY workspace_id, needs LIMIT 1)
  UNION ALL
  SELECT next.needs, nth + 1 FROM other CROSS JOIN LATERAL (
    SELECT needs FROM jobs
    WHERE status = 'queued' AND needs IS NOT NULL AND workspace_id = :workspace AND needs > other.needs
    ORDER BY workspace_id, needs LIMIT 1
  ) AS next
  WHERE nth < $most
)
SELECT 1 AS room WHERE (SELECT count(*) FROM other) < $most OR EXISTS (
  SELECT FROM jobs
  WHERE status = 'queued' AND needs IS NOT NULL AND workspace_id = :workspace AND needs = CAST(:needs AS text[])
)
"""
NEEDY: Final = Template(_NEEDY).safe_substitute(most=str(MAX_NEEDS))
ROOM_FOR_NEEDS: Final = Template(_ROOM).safe_substitute(most=str(MAX_NEEDS))
_NEAR: Final = """
      SELECT id, type, priority, root_id, $suspect AS suspect FROM jobs
      WHERE status = 'queued' AND needs IS NULL AND workspace_id = $lane AND (:suspects OR NOT $suspect)
      ORDER BY workspace_id, priority DESC, root_id, id LIMIT $reach
"""
_NEAR_NEEDY: Final = """
      SELECT id, type, priority, root_id, $suspect AS suspect FROM jobs
      WHERE status = 'queued' AND needs IS NOT NULL AND workspace_id = needy.workspace_id AND needs = needy.needs
        AND (:suspects OR NOT $suspect)
      ORDER BY workspace_id, needs, priority DESC, root_id, id LIMIT $reach
"""


def _filled(template: str, lane: str) -> str:
    """A part of a statement in which `$near` are the jobs of a lane that are looked at."""
    reach = str(REACH)
    parts = {
        "near": Template(_NEAR).safe_substitute(lane=lane, reach=reach),
        "near_needy": Template(_NEAR_NEEDY).safe_substitute(reach=reach),
        "fit": "WHERE type = ANY(CAST(:types AS text[]))",
        "order": "ORDER BY priority DESC, root_id, id",
    }
    return Template(template).safe_substitute(parts)


READY: Final = _filled(
    """
plain AS (
  (SELECT workspace_id FROM jobs
   WHERE status = 'queued' AND needs IS NULL AND workspace_id BETWEEN :low AND :high ORDER BY workspace_id LIMIT 1)
  UNION ALL
  SELECT next.workspace_id FROM plain CROSS JOIN LATERAL (
    SELECT workspace_id FROM jobs
    WHERE status = 'queued' AND needs IS NULL AND workspace_id > plain.workspace_id AND workspace_id <= :high
    ORDER BY workspace_id LIMIT 1
  ) AS next
), ready AS (
  SELECT workspace_id, max(priority) AS priority FROM (
    SELECT plain.workspace_id, head.priority FROM plain CROSS JOIN LATERAL (
      SELECT priority FROM ($near) AS near $fit $order LIMIT 1
    ) AS head
    UNION ALL
    SELECT needy.workspace_id, head.priority FROM needy CROSS JOIN LATERAL (
      SELECT priority FROM ($near_needy) AS near $fit $order LIMIT 1
    ) AS head
    WHERE needy.needs <@ CAST(:labels AS text[])
  ) AS heads GROUP BY workspace_id
)
""",
    lane="plain.workspace_id",
)
FIRST: Final = _filled(
    """
  SELECT id, priority, root_id, suspect FROM (
    (SELECT id, priority, root_id, suspect FROM ($near) AS near
     $fit $order LIMIT :count)
    UNION ALL
    SELECT id, priority, root_id, suspect FROM needy CROSS JOIN LATERAL (
      SELECT id, priority, root_id, suspect FROM ($near_needy) AS near $fit $order LIMIT :count
    ) AS those
    WHERE needy.workspace_id = lane.workspace_id AND needy.needs <@ CAST(:labels AS text[])
  ) AS any_ $order LIMIT GREATEST(LEAST(:count, lane.room), 0)
""",
    lane="lane.workspace_id",
)
