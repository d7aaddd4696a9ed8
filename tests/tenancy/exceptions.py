"""Queries on what workspaces own that rightly name no workspace, each with the reason in words.

A query that is not listed here and does not say whose rows it means fails tests/tenancy/test_scoping.py. Before adding
one, think of adding `workspace_id` to it instead.
"""

from typing import Final

NOBODYS: Final = {
    "users": "people are members of many workspaces",
    "sessions": "a browser belongs to a person",
    "user_links": "a link belongs to a person",
    "identities": "who a person is at an identity provider",
    "revoked_tokens": "a token belongs to a person",
    "login_attempts": "counted before anybody is known",
    "maintenance": "when each task of this installation ran last",
}
"""Tables that belong to no workspace."""

OPERATORS: Final = {
    "agents": "one of no workspace is the operator's and serves all; no workspace sees it",
    "agent_codes": "as the agent that it makes",
}
"""Tables of which some rows belong to no workspace: to whoever runs the installation."""

HANGING: Final = {
    "job_steps": "jobs",
    "job_events": "jobs",
    "job_attempts": "jobs",
    "agent_tokens": "agents",
    "agent_sessions": "agents",
    "upload_parts": "uploads",
    "webhook_attempts": "webhook_deliveries",
}
"""Tables without a column of their own that says whose a row is, and what they hang on. They count as tenants' too."""

_BY_PROOF: Final = "looks for who shows a secret or a verified claim: the row found is what says which workspace it is"
_OF_PERSON: Final = "asks for the memberships of one person, who is who asks"
_HELD: Final = "by ids that the same piece of work has found by workspace, or holds by a claim"
_WORKER: Final = "the job engine serves every workspace; it shows nothing to anybody, and each row keeps its owner"
_SWEEP: Final = "maintenance of the whole installation: removes what is over, whoever owns it, and shows it to nobody"
_FRAGMENT: Final = "a part of statements that are looked at as a whole"
_FOUND: Final = "hangs on a thing that the caller has found by workspace in the same transaction"

_NULLABLE: Final = "compares workspace_id with IS NOT DISTINCT FROM: what the operator has belongs to none"
_NEW: Final = "puts in a new row, with the workspace that it is for"

EXCEPTIONS: Final = {
    "accounts.identity_repository:find_identity": _BY_PROOF,
    "accounts.identity_repository:organisation_of": _BY_PROOF,
    "accounts.identity_repository:workspace_of": _BY_PROOF,
    "accounts.repository:_BY_HASH": _BY_PROOF,
    "accounts.repository:note_use": "by the id of the key that was just shown",
    "accounts.repository:default_workspace": "the one default workspace, for the command line",
    "accounts.membership_repository:open_invitation": _BY_PROOF,
    "accounts.membership_repository:accept_invitation": _BY_PROOF,
    "accounts.membership_repository:seats_of": _OF_PERSON,
    "accounts.membership_repository:count_owned": _OF_PERSON,
    "accounts.user_repository:find_session": _BY_PROOF,
    "accounts.user_repository:places_of": _OF_PERSON,
    "accounts.quotas.repository:_FORGET": _SWEEP,
    "accounts.quotas.repository:_PLANS": "which plan every workspace has, for maintenance",
    "fleet.repository:ADD_AGENT": _NEW,
    "fleet.repository:ADD_TOKEN": _FOUND,
    "fleet.repository:OPEN_SESSION": _BY_PROOF,
    "fleet.repository:GET": _NULLABLE,
    "fleet.repository:TOKEN_LEFT": _BY_PROOF,
    "fleet.repository:PAGE": _NULLABLE,
    "fleet.repository:COUNT": _NULLABLE,
    "fleet.repository:SET_DRAINING": _NULLABLE,
    "fleet.repository:REVOKE": _NULLABLE,
    "fleet.repository:REVOKE_TOKENS": _FOUND,
    "fleet.repository:EXPIRE_TOKENS": _FOUND,
    "fleet.repository:TOKENS": _NULLABLE,
    "fleet.repository:REVOKE_TOKEN": _NULLABLE,
    "fleet.repository:BY_TOKEN": _BY_PROOF,
    "fleet.repository:BY_ID": _BY_PROOF,
    "fleet.repository:USE_CODE": _BY_PROOF,
    "fleet.repository:CODES": _NULLABLE,
    "fleet.repository:REMOVE_CODE": _NULLABLE,
    "fleet.repository:SWEEP_CODES": _SWEEP,
    "fleet.repository:SWEEP_SESSIONS": _SWEEP,
    "fleet.repository:END_SESSIONS": _BY_PROOF,
    "fleet.repository:TAKE_SESSION": _BY_PROOF,
    "fleet.repository:TOUCH_SESSION": _HELD,
    "fleet.repository:END_SESSION": _HELD,
    "fleet.repository:SEEN": _BY_PROOF,
    "fleet.repository:USED": _BY_PROOF,
    "fleet.repository:_AGENT": _FRAGMENT,
    "jobs.cancelling:_BELOW": _HELD,
    "jobs.cancelling:_CANCEL": _HELD,
    "jobs.claiming:_LANES": _WORKER,
    "jobs.claiming:_READY": _WORKER,
    "jobs.claiming:_FIRST": _FRAGMENT,
    "jobs.claiming:_LANES_OF_ALL": _WORKER,
    "jobs.claiming:_LANES_OF_SOME": _WORKER,
    "jobs.claiming:_UNHEARD": _WORKER,
    "jobs.claiming:_ADOPT": _WORKER,
    "jobs.claiming:_GIVE_UP": _WORKER,
    "jobs.ending:_LOCK": _WORKER,
    "jobs.ending:_TRY_LOCK": _WORKER,
    "jobs.ending:_END": _WORKER,
    "jobs.ending:_SIBLINGS": _HELD,
    "jobs.ending:_WAKE": _HELD,
    "jobs.heartbeat:_BEAT": _WORKER,
    "jobs.parents:_RAISE": _WORKER,
    "jobs.recall:_STEPS": _WORKER,
    "jobs.recall:_STEPS_PART": _WORKER,
    "jobs.recall:_ITEMS_PART": _WORKER,
    "jobs.recall:_ITEMS": _WORKER,
    "jobs.recall:_TOLD": _WORKER,
    "jobs.redriving:_BELOW": _HELD,
    "jobs.redriving:_RESET": _HELD,
    "jobs.redriving:_COUNT": _HELD,
    "jobs.repository:_EVENTS": _FOUND,
    "jobs.repository:_ATTEMPTS": _FOUND,
    "jobs.repository:_ALIVE": _SWEEP,
    "jobs.repository:_DEPTHS": "counts over the whole installation, for its operator",
    "jobs.rescuer:_PROMOTE": _WORKER,
    "jobs.rescuer:_NEXT": _WORKER,
    "jobs.rescuer:_EXPIRED": _WORKER,
    "jobs.rescuer:_PROMOTE_ONE": _WORKER,
    "jobs.claiming:_BEGUN": _WORKER,
    "jobs.wants:_NEEDY": _WORKER,
    "jobs.rescuer:_DUE": _WORKER,
    "jobs.rescuer:_HELD": _WORKER,
    "jobs.cancelling:_CANCEL_RUNNING": _WORKER,
    "jobs.cancelling:_CLAIM": _WORKER,
    "jobs.cancelling:_CANCELLED": _WORKER,
    "jobs.retention:_JOBS": _SWEEP,
    "jobs.retention:_KEYS": _SWEEP,
    "jobs.retention:_LOGS": _SWEEP,
    "jobs.backlog:_QUEUED": "counts over the whole installation, to refuse what would be too much for it",
    "jobs.submitting:_INSERT": "puts in new rows, each with the workspace that submits it",
    "jobs.statements:_STATE_EVENT": _FRAGMENT,
    "jobs.statements:_SUSPECT": _FRAGMENT,
    "jobs.suspending:_LOCK": _WORKER,
    "jobs.suspending:_MARK_MAP": _WORKER,
    "jobs.suspending:_MARK_TIMER": _WORKER,
    "jobs.suspending:_ITEMS": "puts in the items of a map, each with the workspace of its parent",
    "jobs.suspending:_SUSPEND": _WORKER,
    "jobs.telling:_TELL": _HELD,
    "jobs.writing:_WRITE": _WORKER,
    "jobs.wants:NEEDY": _FRAGMENT,
    "jobs.wants:_NEAR": _FRAGMENT,
    "jobs.wants:_NEAR_NEEDY": _FRAGMENT,
    "jobs.wants:READY": _FRAGMENT,
    "jobs.wants:FIRST": _FRAGMENT,
    "assets.appending:parts_of": _FOUND,
    "assets.appending:is_expired": _HELD,
    "assets.appending:next_number": _HELD,
    "assets.appending:advance": _HELD,
    "assets.appending:all_received": "finishes what was sent, for every workspace; each row keeps its owner",
    "assets.repository:kept_key": "by its primary key, which begins with the workspace",
    "assets.repository:set_handle": _HELD,
    "assets.repository:end_verifying": _HELD,
    "assets.sweeping:old_uploads": _SWEEP,
    "assets.sweeping:give_up_uploads": _SWEEP,
    "assets.sweeping:remove_keys": _SWEEP,
    "assets.sweeping:remove_uploads": _SWEEP,
    "assets.sweeping:deleted_assets": _SWEEP,
    "assets.sweeping:hide_asset": _SWEEP,
    "assets.sweeping:remove_trashed_assets": _SWEEP,
    "assets.sweeping:discard_artifacts": _SWEEP,
    "assets.sweeping:remove_artifacts": _SWEEP,
    "assets.sweeping:jobs_with_open_artifacts": _SWEEP,
    "assets.sweeping:discard_of_jobs": _SWEEP,
    "assets.sweeping:known_keys": _SWEEP,
    "webhooks.health:_CHANGE": _HELD,
    "webhooks.queue:_CLAIM": "the deliverer serves every workspace; a delivery goes to its own endpoint",
    "webhooks.queue:_RECORD": "by the id of a delivery that this deliverer holds",
    "webhooks.queue:_CANCEL": _HELD,
    "webhooks.queue:_AGAIN": _HELD,
    "webhooks.queue:_PENDING": "counts over the whole installation, for its operator",
    "webhooks.repository:attempts": _FOUND,
    "webhooks.repository:remove_endpoint": _HELD,
    "webhooks.repository:count_callbacks": "compares the workspace in its next line",
    "webhooks.retention:_EVENTS": _SWEEP,
    "webhooks.retention:_STRAYS": _SWEEP,
}

OUTSIDE: Final = {
    "api.health": "asks the server's version",
    "app.migrate": "migrates",
}
"""Modules outside of the records that may make statements."""
