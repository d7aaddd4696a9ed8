"""Makes the messages of agents from `agents.proto`: `python proto/generate.py`, after changing it."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PROTO: Final = ROOT / "proto" / "cutroom" / "agents" / "v1" / "agents.proto"
WIRE: Final = ROOT / "src" / "cutroom" / "agents" / "wire"


def generate(folder: Path) -> None:
    """Write `agents_pb2.py` and its types into `folder`."""
    from grpc_tools import protoc  # noqa: PLC0415 — one of the development tools

    argv = ["protoc", f"-I{PROTO.parent}", f"--python_out={folder}", f"--pyi_out={folder}", str(PROTO)]
    if protoc.main(argv) != 0:
        sys.exit("protoc failed")


if __name__ == "__main__":
    generate(WIRE)
