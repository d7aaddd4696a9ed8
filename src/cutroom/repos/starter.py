"""Becomes the command of a task, inside of its box: gives it its secrets, and a way to the proxy where it has one.

Run as `python -I -S starter.py ORDERS -- PROGRAM ARG…`. ORDERS is a file with a JSON object: `env`, the command's
environment, and `proxy`, the socket behind which the proxy waits, or null. Neither stands in a command line, which
everybody on the machine could read. The box has a network of its own with nobody in it; what is sent to the port here
is handed to the socket, which is a file and so can be shared.
"""

import contextlib
import json
import os
import socket
import sys
import threading

PORT = 3128
CANNOT_EXECUTE = 127  # as a shell says it


def main() -> None:
    """Read the orders, start the way out, become the program."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 — few modules are loaded here
        orders = json.load(file)
    argv = sys.argv[sys.argv.index("--") + 1 :]
    if orders["proxy"] is not None:
        listener = socket.create_server(("127.0.0.1", PORT), backlog=64)
        if os.fork() == 0:
            serve(listener, orders["proxy"])
        listener.close()
    try:
        os.execve(argv[0], argv, orders["env"])  # noqa: S606 — no shell is what is wanted
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(CANNOT_EXECUTE)


def serve(listener: socket.socket, place: str) -> None:
    """Hand every connection on; ends with the box."""
    folder, _, name = place.rpartition("/")
    os.chdir(folder)  # an address of a socket is short (unix(7))
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # whoever reads the command's output waits for its end, not for ours
        os.dup2(nothing, number)
    while True:
        taken, _ = listener.accept()
        threading.Thread(target=connect, args=(taken, name), daemon=True).start()


def connect(taken: socket.socket, place: str) -> None:
    """One connection, both ways."""
    with taken, socket.socket(socket.AF_UNIX) as beyond:
        try:
            beyond.connect(place)
        except OSError:
            return
        back = threading.Thread(target=pour, args=(beyond, taken), daemon=True)
        back.start()
        pour(taken, beyond)
        back.join()


def pour(source: socket.socket, target: socket.socket) -> None:
    """From one to the other, to the end."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
