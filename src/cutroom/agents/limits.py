"""What either side of a stream takes from the other, whatever it sends."""

from typing import Final

from cutroom.jobs.payload import MAX_BYTES

PROTOCOL: Final = 1
MAX_MESSAGE_BYTES: Final = 4 * 1024**2
"""A gRPC message; a larger one ends the stream with RESOURCE_EXHAUSTED."""
PIECE_BYTES: Final = 256 * 1024
"""Messages larger than this are sent in pieces, so that short ones are not held up behind them."""
MAX_WHOLE_BYTES: Final = MAX_BYTES + 2 * 1024**2
"""What pieces may add up to: any JSON that a job may have, with the spaces that Postgres puts between its values, and
what stands around it."""
PART_BYTES: Final = MAX_WHOLE_BYTES - 512 * 1024
"""A part of a journal, or of the items of a map, as far as it is counted; what was told stands beside it."""
MAX_RECALLED_BYTES: Final = 1024**3
"""What an agent takes of all parts together."""
MAX_PARTIAL_BYTES: Final = 128 * 1024**2
"""Pieces that wait for their last one, of all streams of a process together."""
OUTBOX_BYTES: Final = 2 * 1024**2
"""What waits to be sent on one stream; who sends more waits."""
SEND_WITHIN_S: Final = 60.0
"""Seconds for which the other side may leave a message unread before it is cut off."""
HELLO_WITHIN_S: Final = 10.0
ASKS_AT_ONCE: Final = 16
MESSAGES_PER_S: Final = 500
"""What one stream may send on average; beyond, it is read more slowly."""
BURST: Final = 2_000
BYTES_PER_S: Final = 4 * 1024**2
"""The same in bytes: files go another way."""
BURST_BYTES: Final = 32 * 1024**2
MAX_JSON_VALUES: Final = 500_000
"""Values in one JSON, which is read in one go, during which nobody else is served: about 0.3 s for the transcript of
ten hours, which has 450,000."""
MAX_ITEM_VALUES: Final = 2_000_000
"""Values in the inputs of all items together, which are read one by one; those of ten thousand clips have 500,000."""
VALUE_BYTES: Final = 20
"""What a value costs, next to a byte."""
MAX_STREAMS: Final = 1_000
MAX_STREAMS_OF_AGENT: Final = 8
"""One serves; those before it may not have noticed yet that their network is gone."""
JOIN_WITHIN_S: Final = 15.0
MAX_SLOTS: Final = 256
MAX_TYPES: Final = 200
MAX_LABELS: Final = 64
MAX_EVENTS: Final = 25_000
"""Of one attempt; an honest recorder stops before."""
MAX_EVENT_CHARS: Final = 64_000
MAX_STRANGERS: Final = 100
"""Questions about attempts that are not the session's own, before it is cut off."""

_COMMON: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.bdp_probe", 0),  # the window does not grow: what is not read waits with its sender
    ("grpc.http2.lookahead_bytes", 64 * 1024),
    ("grpc.http2.max_frame_size", 16 * 1024),
    ("grpc.max_metadata_size", 8 * 1024),
)
SERVER_OPTIONS: Final = (
    *_COMMON,
    ("grpc.max_concurrent_streams", 8),  # of one connection
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.so_reuseport", 0),
)
CLIENT_OPTIONS: Final = (
    *_COMMON,
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)
