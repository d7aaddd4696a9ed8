"""Paints the layers of one segment, or measures letters: a program that `crew.py` and `measure.py` start and kill.

Run as `python -I child.py`, with the job (`job.py`) on standard input. Each layer has a thread of its own, which writes
its pictures into a named pipe (`stream.py`) as fast as ffmpeg takes them: RGB where the painting is opaque, else
straight RGBA. Sources are opened by the one demuxer that their probe found, and may open nothing else.

When a layer fails, the process says so in one line of JSON on standard output and ends at once, without closing the
pipes first, so that whoever waits for it hears of it before ffmpeg sees a pipe end early.

With `measure` behind it, it says what letters in fonts of a document take: a line of JSON for each question.
"""

import contextlib
import json
import os
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any

PIPE_BYTES = 1 << 20  # the most that Linux gives everyone
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, linux/fcntl.h
NO_MEMORY = -4  # cv::Error::StsNoMem


def bare(*packages: str) -> None:
    """Enter packages of ours without running their `__init__`, which would load the whole engine (0.4 s)."""
    folder = os.path.abspath(__file__)  # noqa: PTH100 — no pathlib: its import costs milliseconds
    for _ in range(4):
        folder = os.path.dirname(folder)  # noqa: PTH120
    sys.path.insert(0, folder)  # the very code that started us
    for name in packages:
        made = types.ModuleType(name)
        made.__path__ = [os.path.join(folder, *name.split("."))]  # noqa: PTH118
        sys.modules[name] = made


def main() -> None:
    """Paint until every pipe has all its frames, or nobody reads it any more."""
    bare("cutroom.timeline", "cutroom.render", "cutroom.render.paint")
    import cv2  # noqa: PLC0415 — after the packages are entered

    from cutroom.render.paint import job  # noqa: PLC0415

    cv2.setNumThreads(1)  # the other processors are ffmpeg's
    if sys.argv[1:] == ["measure"]:
        measure()
    orders, paths, fonts = job.read(sys.stdin.buffer.read())
    use(fonts)
    if paths:
        import av.video.frame  # noqa: F401, PLC0415 — threads that enter it by several doors find it half made

    threads = [
        threading.Thread(target=work, args=(index, order, paths), daemon=True) for index, order in enumerate(orders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)


def use(fonts: list[str]) -> None:
    """Add the operator's folders."""
    if fonts:
        from cutroom.render.lettering import typefaces  # noqa: PLC0415 — few operators have fonts of their own

        typefaces.use([Path(folder) for folder in fonts])


def measure() -> None:
    """Answer the questions, and end."""
    from cutroom.kit.errors import CutroomError  # noqa: PLC0415 — after the packages are entered
    from cutroom.render.paint import job  # noqa: PLC0415
    from cutroom.render.paint.trial import tried  # noqa: PLC0415

    questions, paths, fonts = job.asked(sys.stdin.buffer.read())
    use(fonts)
    for question in questions:
        answer: dict[str, object]
        try:
            answer = tried(question, paths)
        except CutroomError as error:
            answer = {"refused": error.to_json()}
        except Exception:  # noqa: BLE001 — fontTools and FreeType raise whatever damaged bytes lead to
            answer = {"damaged": traceback.format_exc()[-2000:]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    os._exit(0)


def work(index: int, order: Any, paths: dict[str, str]) -> None:
    """Paint one layer; ends the process when that fails."""
    import cv2  # noqa: PLC0415

    from cutroom.render.paint.damaged import Damaged  # noqa: PLC0415

    try:
        paint(order, paths)
    except BrokenPipeError:
        return
    except Damaged as error:
        fail({"error": "source_damaged", "order": index, "reason": str(error)})
    except MemoryError:
        fail({"error": "out_of_memory", "order": index})
    except cv2.error as error:
        code = "out_of_memory" if error.code == NO_MEMORY else "paint_failed"
        fail({"error": code, "order": index, "reason": traceback.format_exc()})
    except BaseException:  # noqa: BLE001 — whatever it is, the parent has to hear of it
        fail({"error": "paint_failed", "order": index, "reason": traceback.format_exc()})


def paint(order: Any, paths: dict[str, str]) -> None:
    """Write all frames of a layer; a still one has a single frame."""
    import fcntl  # noqa: PLC0415

    from cutroom.render.paint.painter import Painter  # noqa: PLC0415
    from cutroom.render.paint.stream import Stream  # noqa: PLC0415

    layer = order.layer
    painter: Any = Painter(layer, paths)
    if order.below is not None:
        from cutroom.render.paint.meeting import Meeting  # noqa: PLC0415

        painter = Meeting(painter, order)
    count = 1 if layer.painting.still else layer.last - layer.first
    pipe = os.open(order.pipe, os.O_WRONLY)  # waits until ffmpeg opens the other end
    with contextlib.suppress(OSError):  # an account may run out of large pipes; a small one does too
        fcntl.fcntl(pipe, SET_PIPE_SIZE, PIPE_BYTES)
    stream = Stream(pipe, count)
    for number in range(count):
        stream.show(number, painter.frame(layer.at + number))
    os.close(pipe)
    painter.close()


def fail(report: dict[str, object]) -> None:
    """Say what went wrong, and end."""
    os.write(1, json.dumps(report).encode() + b"\n")
    os._exit(1)


if __name__ == "__main__":
    main()
