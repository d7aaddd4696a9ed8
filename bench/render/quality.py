"""What cutting into segments costs in quality and bytes: `python -m bench.render.quality [SECONDS]`.

The same edit of four clips with hard cuts, encoded with the same settings by one plain filter graph and by us, both
against the frames without loss: VMAF (the model in libvmaf), SSIM and PSNR of the luma, and the size. The bar: within
0.5 VMAF of the plain graph.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.render.stand import FFMPEG, cutroom, film, new_folder, plain, table

WIDTH, HEIGHT, FPS = 960, 540, 30
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-g", "60", "-bf", "3", "-x264-params", "open-gop=0")


def clips(seconds: float) -> list[tuple[Path, float, float]]:
    """Source, second to start at, and length of each clip."""
    each = seconds / 4
    return [
        (film(name, 30, size=(1280, 720)), at, each) for name, at in zip("abca", (1.0, 3.5, 7.2, 11.9), strict=True)
    ]


def document(seconds: float) -> dict[str, Any]:
    """The edit as we are told."""
    parts = [
        {"asset": {"type": "video", "src": str(path)}, "trim": at, "start": "auto", "length": length}
        for path, at, length in clips(seconds)
    ]
    output = {"format": "mp4", "width": WIDTH, "height": HEIGHT, "fps": FPS, "quality": "medium", "mute": True}
    return {"output": output, "timeline": {"tracks": [{"clips": parts}]}}


def graph(seconds: float, encoder: tuple[str, ...], out: Path) -> None:
    """The edit as one filter graph."""
    inputs: list[str | Path] = []
    parts: list[str] = []
    for number, (path, at, length) in enumerate(clips(seconds)):
        inputs += ["-i", path]
        cut = f"trim=start={at}:duration={length},setpts=PTS-STARTPTS"
        parts.append(f"[{number}:v]{cut},scale={WIDTH}:{HEIGHT}:flags=bicubic+accurate_rnd,fps={FPS}[v{number}]")
    joined = "".join(f"[v{number}]" for number in range(4)) + "concat=n=4:v=1:a=0[v]"
    plain(*inputs, "-filter_complex", ";".join([*parts, joined]), "-map", "[v]", *encoder, out)


def measured(path: Path, reference: Path, scratch: Path) -> tuple[float, float, float]:
    """VMAF, SSIM and PSNR of the luma."""
    log = scratch / "vmaf.json"
    both = (
        "[0:v]settb=1/30,setpts=N,split=3[a][b][c];[1:v]settb=1/30,setpts=N,split=3[d][e][f];"
        f"[a][d]libvmaf=n_threads=2:log_fmt=json:log_path={log};[b][e]ssim;[c][f]psnr"
    )
    command: list[str | Path] = [
        FFMPEG,
        "-nostdin",
        "-i",
        path,
        "-i",
        reference,
        "-filter_complex",
        both,
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    vmaf = json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"]
    ssim = re.findall(r"SSIM Y:([\d.]+)", said)[-1]
    psnr = re.findall(r"PSNR y:([\d.]+)", said)[-1]
    return float(vmaf), float(ssim), float(psnr)


def main(seconds: float) -> None:
    made = new_folder()
    ours, bare, reference = made / "ours.mp4", made / "bare.mp4", made / "reference.mkv"
    graph(seconds, ("-c:v", "ffv1"), reference)
    graph(seconds, X264, bare)
    cutroom(document(seconds), ours, cache=made / "cache")
    found = {path.stem: measured(path, reference, made) for path in (bare, ours)}
    rows = [
        (name, f"{vmaf:.2f}", f"{ssim:.5f}", f"{psnr:.2f}", (made / f"{name}.mp4").stat().st_size)
        for name, (vmaf, ssim, psnr) in found.items()
    ]
    table(f"Quality, {WIDTH}x{HEIGHT}, {seconds:g} s, 4 clips", ["who", "VMAF", "SSIM", "PSNR", "bytes"], rows)
    print("bar: within 0.5 VMAF")
    print(json.dumps({"vmaf_difference": round(found["ours"][0] - found["bare"][0], 3)}))
    shutil.rmtree(made)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 12.0)
