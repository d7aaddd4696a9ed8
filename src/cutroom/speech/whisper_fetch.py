"""Downloads a model from a Hugging Face hub: a program of its own, which can be ended at any moment and goes on later.

Run as `python -I whisper_fetch.py`, with a JSON object on standard input (`whisper_models.py` writes it). It answers
with lines of JSON: `waiting`, while another process downloads the same; `done` and `total`, in bytes; `error`. When
it ends without an error, the model is in its folder, every file of the size and with the hash that the hub told.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import threading
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
"""As faster-whisper takes them (`faster_whisper.utils.download_model`)."""
NEEDED = frozenset({"config.json", "model.bin", "tokenizer.json"})
ABOUT = "cutroom.json"
MOST_BYTES = 20 << 30
EVERY_S = 0.5


class Refused(Exception):
    """What cannot be had; code and sentence."""


def main() -> None:
    """Wait for our turn, then download what is not there yet."""
    told = json.load(sys.stdin)
    folder = Path(told["folder"])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(f".{folder.name}.lock").open("w") as lock:
            wait(lock)
            if not folder.exists():
                fetch(told, folder)
    except Refused as error:
        tell({"error": error.args[0], "message": error.args[1]})
    except OSError as error:
        tell({"error": "disk", "message": error.strerror or str(error)})


def wait(lock: Any) -> None:
    """Become the only one that downloads this model."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        ended = threading.Event()
        thread = repeating(ended, lambda: tell({"waiting": True}))
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended.set()
        thread.join()


def fetch(told: dict[str, Any], folder: Path) -> None:
    """Download, check, and only then put in place."""
    parts = folder.with_name(f".{folder.name}.part")
    revision, files = listed(told)
    total = sum(file["size"] for file in files)
    ended = threading.Event()
    thread = repeating(ended, lambda: tell({"done": min(size_of(parts), total), "total": total}))
    try:
        for file in files:
            download(told, revision, file["name"], parts)
    finally:
        ended.set()
        thread.join()
    for file in files:
        verify(parts / file["name"], file)
    shutil.rmtree(parts / ".cache", ignore_errors=True)
    about = {"repository": told["repository"], "revision": revision, "files": files}
    (parts / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    parts.rename(folder)
    tell({"done": total, "total": total})


def listed(told: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The revision that is current, and the files of it that are a model."""
    import huggingface_hub  # noqa: PLC0415 — takes its time
    from huggingface_hub import errors  # noqa: PLC0415

    api = huggingface_hub.HfApi(endpoint=told["endpoint"], token=told["token"] or False)
    try:
        info = api.model_info(told["repository"], files_metadata=True, timeout=30)
    except (errors.RepositoryNotFoundError, errors.GatedRepoError, errors.HFValidationError) as error:
        raise Refused("not_found", "the hub has no such model, or does not show it to us") from error
    except Exception as error:  # whatever its client raises where there is no network
        raise Refused("offline", f"the hub cannot be reached ({type(error).__name__})") from error
    files: list[dict[str, Any]] = [
        {
            "name": file.rfilename,
            "size": int(file.size or 0),
            "sha256": None if file.lfs is None else file.lfs.sha256,
            "blob": file.blob_id,
        }
        for file in info.siblings or ()
        if any(fnmatch(file.rfilename, pattern) for pattern in FILES)
    ]
    if missing := NEEDED - {str(file["name"]) for file in files}:
        raise Refused("not_a_model", f"it lacks {', '.join(sorted(missing))}, so it is no Whisper for CTranslate2")
    if sum(file["size"] for file in files) > MOST_BYTES:
        raise Refused("not_a_model", "it is too large to be a Whisper")
    return str(info.sha), files


def download(told: dict[str, Any], revision: str, name: str, parts: Path) -> None:
    """Bring one file, or the rest of it."""
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    try:
        hf_hub_download(
            told["repository"],
            name,
            revision=revision,
            local_dir=parts,
            endpoint=told["endpoint"],
            token=told["token"] or False,
        )
    except OSError as error:
        if error.errno is not None and "HTTP" not in type(error).__name__:
            raise
        raise Refused("broken_off", f"the hub broke off ({type(error).__name__})") from error
    except Exception as error:
        raise Refused("broken_off", f"the hub broke off ({type(error).__name__})") from error


def verify(path: Path, file: dict[str, Any]) -> None:
    """Compare a file with what the hub says of it; a wrong one is removed, to be brought again."""
    size = path.stat().st_size
    with path.open("rb") as opened:
        if file["sha256"] is not None:
            right = hashlib.file_digest(opened, "sha256").hexdigest() == file["sha256"]
        else:  # as git names it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
            named = hashlib.sha1(b"blob %d\0" % size)  # noqa: S324 — git's own
            while piece := opened.read(1 << 20):
                named.update(piece)
            right = file["blob"] is None or named.hexdigest() == file["blob"]
    if size != file["size"] or not right:
        path.unlink()
        raise Refused("corrupt", f"'{file['name']}' is not what the hub promised; it was removed")


def size_of(folder: Path) -> int:
    """Bytes in a folder, with what is not whole yet."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found += os.stat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 — files come and go
            except FileNotFoundError:
                continue
    return found


def repeating(ended: threading.Event, say: Any) -> threading.Thread:
    """Say something twice in a second until the end."""

    def run() -> None:
        while not ended.wait(EVERY_S):
            say()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def tell(facts: dict[str, Any]) -> None:
    """Say one line."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
