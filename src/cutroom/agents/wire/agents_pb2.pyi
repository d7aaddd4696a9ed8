from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnrolRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class EnrolReply(_message.Message):
    __slots__ = ("agent_id", "token")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    token: str
    def __init__(self, agent_id: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class FromAgent(_message.Message):
    __slots__ = ("hello", "beat", "ask", "piece", "leaving")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    BEAT_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    beat: Beat
    ask: Ask
    piece: Piece
    leaving: Leaving
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., beat: _Optional[_Union[Beat, _Mapping]] = ..., ask: _Optional[_Union[Ask, _Mapping]] = ..., piece: _Optional[_Union[Piece, _Mapping]] = ..., leaving: _Optional[_Union[Leaving, _Mapping]] = ...) -> None: ...

class ToAgent(_message.Message):
    __slots__ = ("welcome", "beat", "answer", "piece", "assign", "stop")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    BEAT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    ASSIGN_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    beat: Beat
    answer: Answer
    piece: Piece
    assign: Assign
    stop: Stop
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., beat: _Optional[_Union[Beat, _Mapping]] = ..., answer: _Optional[_Union[Answer, _Mapping]] = ..., piece: _Optional[_Union[Piece, _Mapping]] = ..., assign: _Optional[_Union[Assign, _Mapping]] = ..., stop: _Optional[_Union[Stop, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("protocol", "session_id", "held", "offer", "answered")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    session_id: str
    held: _containers.RepeatedCompositeFieldContainer[Held]
    offer: Offer
    answered: int
    def __init__(self, protocol: _Optional[int] = ..., session_id: _Optional[str] = ..., held: _Optional[_Iterable[_Union[Held, _Mapping]]] = ..., offer: _Optional[_Union[Offer, _Mapping]] = ..., answered: _Optional[int] = ...) -> None: ...

class Offer(_message.Message):
    __slots__ = ("types", "labels", "slots", "cores", "memory_bytes", "gpus", "versions", "host", "sandbox_level")
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TYPES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    CORES_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_LEVEL_FIELD_NUMBER: _ClassVar[int]
    types: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.RepeatedScalarFieldContainer[str]
    slots: int
    cores: int
    memory_bytes: int
    gpus: _containers.RepeatedScalarFieldContainer[str]
    versions: _containers.ScalarMap[str, str]
    host: str
    sandbox_level: int
    def __init__(self, types: _Optional[_Iterable[str]] = ..., labels: _Optional[_Iterable[str]] = ..., slots: _Optional[int] = ..., cores: _Optional[int] = ..., memory_bytes: _Optional[int] = ..., gpus: _Optional[_Iterable[str]] = ..., versions: _Optional[_Mapping[str, str]] = ..., host: _Optional[str] = ..., sandbox_level: _Optional[int] = ...) -> None: ...

class Held(_message.Message):
    __slots__ = ("job_id", "fence", "base")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    fence: int
    base: int
    def __init__(self, job_id: _Optional[str] = ..., fence: _Optional[int] = ..., base: _Optional[int] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("session_id", "agent_id", "name", "lease_s", "applied", "kept")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_S_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    agent_id: str
    name: str
    lease_s: float
    applied: int
    kept: _containers.RepeatedCompositeFieldContainer[Kept]
    def __init__(self, session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., name: _Optional[str] = ..., lease_s: _Optional[float] = ..., applied: _Optional[int] = ..., kept: _Optional[_Iterable[_Union[Kept, _Mapping]]] = ...) -> None: ...

class Kept(_message.Message):
    __slots__ = ("job_id", "old_fence", "fence", "told")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_FENCE_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    old_fence: int
    fence: int
    told: int
    def __init__(self, job_id: _Optional[str] = ..., old_fence: _Optional[int] = ..., fence: _Optional[int] = ..., told: _Optional[int] = ...) -> None: ...

class Beat(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class Leaving(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Piece(_message.Message):
    __slots__ = ("id", "data", "last")
    ID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    id: int
    data: bytes
    last: bool
    def __init__(self, id: _Optional[int] = ..., data: _Optional[bytes] = ..., last: _Optional[bool] = ...) -> None: ...

class Assign(_message.Message):
    __slots__ = ("job_id", "workspace_id", "type", "input", "attempt", "max_attempts", "fence", "priority", "depth", "root_id", "parent_id", "parent_step", "progress", "stage", "event_seq", "started_at", "claimed_at", "correlation_id", "trace")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    ROOT_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_STEP_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    EVENT_SEQ_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_AT_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    workspace_id: str
    type: str
    input: str
    attempt: int
    max_attempts: int
    fence: int
    priority: int
    depth: int
    root_id: str
    parent_id: str
    parent_step: str
    progress: float
    stage: str
    event_seq: int
    started_at: float
    claimed_at: float
    correlation_id: str
    trace: str
    def __init__(self, job_id: _Optional[str] = ..., workspace_id: _Optional[str] = ..., type: _Optional[str] = ..., input: _Optional[str] = ..., attempt: _Optional[int] = ..., max_attempts: _Optional[int] = ..., fence: _Optional[int] = ..., priority: _Optional[int] = ..., depth: _Optional[int] = ..., root_id: _Optional[str] = ..., parent_id: _Optional[str] = ..., parent_step: _Optional[str] = ..., progress: _Optional[float] = ..., stage: _Optional[str] = ..., event_seq: _Optional[int] = ..., started_at: _Optional[float] = ..., claimed_at: _Optional[float] = ..., correlation_id: _Optional[str] = ..., trace: _Optional[str] = ...) -> None: ...

class Stop(_message.Message):
    __slots__ = ("job_id", "fence", "reason")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    fence: int
    reason: str
    def __init__(self, job_id: _Optional[str] = ..., fence: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Ask(_message.Message):
    __slots__ = ("number", "job_id", "fence", "recall", "items", "record", "notes", "suspend", "end", "take", "name_of", "find", "put", "sent", "adopt", "read", "write", "hold")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    SUSPEND_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    NAME_OF_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    ADOPT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    WRITE_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    number: int
    job_id: str
    fence: int
    recall: Recall
    items: Items
    record: Record
    notes: Notes
    suspend: Suspend
    end: End
    take: Take
    name_of: NameOf
    find: Find
    put: Put
    sent: Sent
    adopt: Adopt
    read: Read
    write: Write
    hold: Hold
    def __init__(self, number: _Optional[int] = ..., job_id: _Optional[str] = ..., fence: _Optional[int] = ..., recall: _Optional[_Union[Recall, _Mapping]] = ..., items: _Optional[_Union[Items, _Mapping]] = ..., record: _Optional[_Union[Record, _Mapping]] = ..., notes: _Optional[_Union[Notes, _Mapping]] = ..., suspend: _Optional[_Union[Suspend, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ..., take: _Optional[_Union[Take, _Mapping]] = ..., name_of: _Optional[_Union[NameOf, _Mapping]] = ..., find: _Optional[_Union[Find, _Mapping]] = ..., put: _Optional[_Union[Put, _Mapping]] = ..., sent: _Optional[_Union[Sent, _Mapping]] = ..., adopt: _Optional[_Union[Adopt, _Mapping]] = ..., read: _Optional[_Union[Read, _Mapping]] = ..., write: _Optional[_Union[Write, _Mapping]] = ..., hold: _Optional[_Union[Hold, _Mapping]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("number", "failed", "lost", "done", "journal", "items", "told", "status", "taken", "place", "permission", "published", "production")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    PRODUCTION_FIELD_NUMBER: _ClassVar[int]
    number: int
    failed: str
    lost: bool
    done: Done
    journal: Journal
    items: ItemStates
    told: Told
    status: str
    taken: Taken
    place: Place
    permission: Permission
    published: Published
    production: Production
    def __init__(self, number: _Optional[int] = ..., failed: _Optional[str] = ..., lost: _Optional[bool] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., journal: _Optional[_Union[Journal, _Mapping]] = ..., items: _Optional[_Union[ItemStates, _Mapping]] = ..., told: _Optional[_Union[Told, _Mapping]] = ..., status: _Optional[str] = ..., taken: _Optional[_Union[Taken, _Mapping]] = ..., place: _Optional[_Union[Place, _Mapping]] = ..., permission: _Optional[_Union[Permission, _Mapping]] = ..., published: _Optional[_Union[Published, _Mapping]] = ..., production: _Optional[_Union[Production, _Mapping]] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("yes", "text", "number")
    YES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    yes: bool
    text: str
    number: int
    def __init__(self, yes: _Optional[bool] = ..., text: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class Recall(_message.Message):
    __slots__ = ("first",)
    FIRST_FIELD_NUMBER: _ClassVar[int]
    first: str
    def __init__(self, first: _Optional[str] = ...) -> None: ...

class Journal(_message.Message):
    __slots__ = ("steps", "marks", "next")
    class StepsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class MarksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STEPS_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.ScalarMap[str, str]
    marks: _containers.ScalarMap[str, str]
    next: str
    def __init__(self, steps: _Optional[_Mapping[str, str]] = ..., marks: _Optional[_Mapping[str, str]] = ..., next: _Optional[str] = ...) -> None: ...

class Items(_message.Message):
    __slots__ = ("step", "first")
    STEP_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    step: str
    first: int
    def __init__(self, step: _Optional[str] = ..., first: _Optional[int] = ...) -> None: ...

class ItemStates(_message.Message):
    __slots__ = ("items", "more")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ItemState]
    more: bool
    def __init__(self, items: _Optional[_Iterable[_Union[ItemState, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class ItemState(_message.Message):
    __slots__ = ("id", "status", "output", "error", "dead")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: str
    output: str
    error: str
    dead: bool
    def __init__(self, id: _Optional[str] = ..., status: _Optional[str] = ..., output: _Optional[str] = ..., error: _Optional[str] = ..., dead: _Optional[bool] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("step", "result", "elapsed_s")
    STEP_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_S_FIELD_NUMBER: _ClassVar[int]
    step: str
    result: str
    elapsed_s: float
    def __init__(self, step: _Optional[str] = ..., result: _Optional[str] = ..., elapsed_s: _Optional[float] = ...) -> None: ...

class Hold(_message.Message):
    __slots__ = ("seconds",)
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    def __init__(self, seconds: _Optional[float] = ...) -> None: ...

class Notes(_message.Message):
    __slots__ = ("first", "progress", "stage", "events")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    first: int
    progress: float
    stage: str
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, first: _Optional[int] = ..., progress: _Optional[float] = ..., stage: _Optional[str] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "data", "age_s")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    AGE_S_FIELD_NUMBER: _ClassVar[int]
    kind: str
    data: str
    age_s: float
    def __init__(self, kind: _Optional[str] = ..., data: _Optional[str] = ..., age_s: _Optional[float] = ...) -> None: ...

class Told(_message.Message):
    __slots__ = ("told",)
    TOLD_FIELD_NUMBER: _ClassVar[int]
    told: int
    def __init__(self, told: _Optional[int] = ...) -> None: ...

class Suspend(_message.Message):
    __slots__ = ("waits",)
    WAITS_FIELD_NUMBER: _ClassVar[int]
    waits: _containers.RepeatedCompositeFieldContainer[Wait]
    def __init__(self, waits: _Optional[_Iterable[_Union[Wait, _Mapping]]] = ...) -> None: ...

class Wait(_message.Message):
    __slots__ = ("step", "workflow", "inputs", "made", "spans", "low", "high", "seconds", "until")
    STEP_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    step: str
    workflow: str
    inputs: _containers.RepeatedScalarFieldContainer[str]
    made: bool
    spans: bool
    low: float
    high: float
    seconds: float
    until: float
    def __init__(self, step: _Optional[str] = ..., workflow: _Optional[str] = ..., inputs: _Optional[_Iterable[str]] = ..., made: _Optional[bool] = ..., spans: _Optional[bool] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., seconds: _Optional[float] = ..., until: _Optional[float] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ("outcome", "output", "error", "again", "again_s", "dead")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    AGAIN_S_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    outcome: str
    output: str
    error: str
    again: bool
    again_s: float
    dead: bool
    def __init__(self, outcome: _Optional[str] = ..., output: _Optional[str] = ..., error: _Optional[str] = ..., again: _Optional[bool] = ..., again_s: _Optional[float] = ..., dead: _Optional[bool] = ...) -> None: ...

class Take(_message.Message):
    __slots__ = ("source",)
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    source: str
    def __init__(self, source: _Optional[str] = ...) -> None: ...

class Taken(_message.Message):
    __slots__ = ("sha256", "size_bytes")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class NameOf(_message.Message):
    __slots__ = ("source",)
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    source: str
    def __init__(self, source: _Optional[str] = ...) -> None: ...

class Find(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("url", "size_bytes")
    URL_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    url: str
    size_bytes: int
    def __init__(self, url: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Put(_message.Message):
    __slots__ = ("key", "size_bytes", "sha256")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    key: str
    size_bytes: int
    sha256: str
    def __init__(self, key: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class Permission(_message.Message):
    __slots__ = ("id", "url", "method", "headers")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    method: str
    headers: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., method: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Sent(_message.Message):
    __slots__ = ("id", "kind", "name", "content_type", "key")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    name: str
    content_type: str
    key: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., content_type: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class Published(_message.Message):
    __slots__ = ("id", "sha256", "size_bytes", "content_type", "url")
    ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    id: str
    sha256: str
    size_bytes: int
    content_type: str
    url: str
    def __init__(self, id: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., content_type: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class Adopt(_message.Message):
    __slots__ = ("sha256", "asset_id", "name", "info")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    INFO_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    asset_id: str
    name: str
    info: str
    def __init__(self, sha256: _Optional[str] = ..., asset_id: _Optional[str] = ..., name: _Optional[str] = ..., info: _Optional[str] = ...) -> None: ...

class Read(_message.Message):
    __slots__ = ("id", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class Production(_message.Message):
    __slots__ = ("id", "kind", "version", "title", "body")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    version: int
    title: str
    body: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[str] = ..., body: _Optional[str] = ...) -> None: ...

class Write(_message.Message):
    __slots__ = ("id", "kind", "title", "body", "made_from")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    MADE_FROM_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    title: str
    body: str
    made_from: _containers.RepeatedCompositeFieldContainer[Made]
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., made_from: _Optional[_Iterable[_Union[Made, _Mapping]]] = ...) -> None: ...

class Made(_message.Message):
    __slots__ = ("id", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...
