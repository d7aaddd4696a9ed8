"""Files that try to make a reader open others, and files that try to wear it out (threats A15 to A38)."""

import struct
import zlib
from pathlib import Path

from tests.media.oracle import Canary

HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n{}#EXTINF:10.0,\n{}\n#EXT-X-ENDLIST\n"
KEY = '#EXT-X-KEY:METHOD=AES-128,URI="{}"\n'
DASH = (
    '<?xml version="1.0"?>{}<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
    ' mediaPresentationDuration="PT10S" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet>'
    '<Representation id="1" mimeType="video/mp4" bandwidth="1"><BaseURL>{}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>"
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
SVG = (
    '<?xml version="1.0"?>{}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' width="64" height="64"><image xlink:href="{}" width="64" height="64"/><text>&x;</text></svg>'
)
ENTITY = '<!DOCTYPE x [<!ENTITY x SYSTEM "{}">]>'


def reaching_out(canary: Canary) -> dict[str, bytes]:
    """Contents that ask for the canary's file or port, by what they are."""
    file, url = f"file://{canary.file}", f"http://127.0.0.1:{canary.port}/x.ts"
    near, far = canary.file.name, f"../{canary.file.parent.name}/{canary.file.name}"
    texts = {
        "hls absolute": HLS.format("", canary.file),
        "hls file url": HLS.format("", file),
        "hls relative": HLS.format("", near),
        "hls above": HLS.format("", far),
        "hls http": HLS.format("", url),
        "hls concat": HLS.format("", f"concat:{canary.file}|{canary.file}"),
        "hls subfile": HLS.format("", f"subfile,,start,0,end,64,,:{canary.file}"),
        "hls gopher": HLS.format("", f"gopher://127.0.0.1:{canary.port}/x"),
        "hls tcp": HLS.format("", f"tcp://127.0.0.1:{canary.port}"),
        "hls key file": HLS.format(KEY.format(file), near),
        "hls key http": HLS.format(KEY.format(url), near),
        "dash file": DASH.format("", file),
        "dash http": DASH.format("", url),
        "dash entity": DASH.format(ENTITY.format(file), "&x;"),
        "ffconcat absolute": f"ffconcat version 1.0\nfile '{canary.file}'\n",
        "ffconcat above": f"ffconcat version 1.0\nfile '{far}'\n",
        "ffconcat http": f"ffconcat version 1.0\nfile '{url}'\n",
        "ffconcat near": f"ffconcat version 1.0\nfile '{near}'\n",
        "sdp": SDP,
        "svg file": SVG.format("", file),
        "svg http": SVG.format("", url),
        "svg entity": SVG.format(ENTITY.format(file), near),
        "smil": f'<smil><body><video src="{file}"/></body></smil>',
        "m3u": f"{canary.file}\n{url}\n",
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "avi with a playlist as subtitle": gab2(HLS.format("", canary.file).encode())
    }


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def gab2(subtitle: bytes) -> bytes:
    """An AVI with one raw picture and one GAB2 subtitle, whose content is given."""
    picture = bytes(64 * 64 * 3)
    packet = b"GAB2\0" + struct.pack("<HIH", 2, 0, 4) + struct.pack("<I", len(subtitle)) + subtitle
    avih = struct.pack("<14I", 40000, 0, 0, 0x10, 1, 0, 2, len(picture), 64, 64, 0, 0, 0, 0)
    bitmap = struct.pack("<IiiHHIIiiII", 40, 64, 64, 1, 24, 0, len(picture), 0, 0, 0, 0)
    streams = b""
    for kind, form in ((b"vids", bitmap), (b"txts", b"")):
        strh = kind + bytes(4) + struct.pack("<IHHIIIIIIIIHHHH", 0, 0, 0, 0, 1, 25, 0, 1, 0, 0, 0, 0, 0, 64, 64)
        streams += _chunk(b"LIST", b"strl" + _chunk(b"strh", strh) + _chunk(b"strf", form))
    header = _chunk(b"LIST", b"hdrl" + _chunk(b"avih", avih) + streams)
    movie = _chunk(b"LIST", b"movi" + _chunk(b"00db", picture) + _chunk(b"01tx", packet))
    body = b"AVI " + header + movie
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flood_png(side: int) -> bytes:
    """A PNG that promises `side` x `side` pixels and has the first hundred rows of them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + side * 3)
    data = b"".join(packer.compress(row) for _ in range(100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def write_all(folder: Path, canary: Canary) -> dict[str, Path]:
    """Each of `reaching_out` as a file that claims to be an MP4, beside the canary's file."""
    paths: dict[str, Path] = {}
    for number, (name, content) in enumerate(reaching_out(canary).items()):
        paths[name] = folder / f"{number}.mp4"
        paths[name].write_bytes(content)
    return paths
