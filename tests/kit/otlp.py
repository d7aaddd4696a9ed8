"""A collector of spans: a real HTTP server that reads OTLP's protobuf messages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collected:
    """What came in."""

    endpoint: str
    spans: list[Any] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def named(self, name: str) -> list[Any]:
        """The spans of this name."""
        return [span for span in self.spans if span.name == name]


def facts(span: Any) -> dict[str, Any]:
    """A span's attributes, without the prefix that all of ours have."""
    return {
        pair.key.removeprefix("cutroom."): getattr(pair.value, pair.value.WhichOneof("value"))
        for pair in span.attributes
    }


@contextmanager
def collector() -> Iterator[Collected]:
    """Listen on a free port until the block ends."""
    found = Collected("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            message = ExportTraceServiceRequest.FromString(body)
            found.bodies.append(body)
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            for resource in message.resource_spans:
                names = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
                found.services.add(names["service.name"])
                for scope in resource.scope_spans:
                    found.spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
