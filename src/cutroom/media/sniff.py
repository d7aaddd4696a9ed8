"""Which container a file is, by its first bytes, before any demuxer sees it.

FFmpeg's own guess also takes playlists and scripts (HLS, DASH, ffconcat, SDP, image patterns), which open other files
and sockets (threats A15 to A22). Here only real containers have a name, and the name decides the one demuxer that may
read the file; what has no name is not media.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cutroom.kit.errors import Invalid

HEAD_BYTES: Final = 4096
_MAX_BOXES: Final = 100_000
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"uuid"})
_HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"})
_AVIF: Final = frozenset({b"avif", b"avis"})
_TS_PACKETS: Final = (188, 192, 204)  # plain, with a time code (M2TS), with error correction
_DOLBY: Final = b"\x0b\x77"
_DOLBY_RATES: Final = (48_000, 44_100, 32_000)
_DOLBY_KBITS: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_LAST_AC3, _LAST_EAC3 = 10, 16  # bit stream identifications

FONTS: Final = frozenset({"ttf", "otf", "ttc", "woff", "woff2"})


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file.

    Args:
        name: what we call it, in `MediaInfo.format`.
        demuxers: names of the FFmpeg demuxers that may read it, best first; none for fonts and what is developed.
        moves: of what has to be developed, whether it may be a film.
    """

    name: str
    demuxers: tuple[str, ...]
    moves: bool = False

    @property
    def developed(self) -> bool:
        """Whether it has to be turned into another picture before anything reads it (`develop.py`)."""
        return not self.demuxers and self.name not in FONTS


_MAGIC: Final = (
    (b"GIF87a", Container("gif", ("gif",))),
    (b"GIF89a", Container("gif", ("gif",))),
    (b"\xff\xd8\xff", Container("jpeg", ("jpeg_pipe",))),
    (b"OggS", Container("ogg", ("ogg",))),
    (b"fLaC", Container("flac", ("flac",))),
    (b"ID3", Container("mp3", ("mp3", "aac", "flac"))),
    (b"caff\x00\x01", Container("caf", ("caf",))),
    (b"FLV\x01", Container("flv", ("flv",))),
    # the header object of ASF, by its GUID: WMV and WMA (Advanced Systems Format, section 10.1)
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), Container("asf", ("asf",))),
)

_PAGES: Final = (b"<!doctype html", b"<html")
_SVG: Final = re.compile(rb"<(?:[a-z0-9_-]{1,20}:)?svg[\s>]")
_SFNT: Final = {b"\x00\x01\x00\x00": "ttf", b"true": "ttf", b"OTTO": "otf"}
_TTC: Final = b"ttcf"
_PACKED: Final = {b"wOFF": "woff", b"wOF2": "woff2"}
_MOST_TABLES: Final = 255  # of a font; text that begins like one has letters there


def sniff(path: Path) -> Container:
    """Tell the container of a file.

    Raises:
        Invalid: `not_media` when it is none that we read, `media_unsupported` when it is one that we know and do not
            read, `media_truncated` when its end is missing.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        found = _by_magic(head)
        if found is None:
            raise _no_media(head)
        if "mov" in found.demuxers:
            _check_movie(file)
        if found.name == "png" and _moves(file):
            return Container("apng", ("apng",))
    return found


def _text_of(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def _no_media(head: bytes) -> Invalid:
    if _text_of(head).startswith(_PAGES):
        sentence = "This is a web page; give the address of the file itself, one that asks nobody to log in."
        return Invalid("not_media", sentence)
    what = "is no video, sound or picture file that we can read" if head else "is empty"
    return Invalid("not_media", f"The file {what}.")


def _by_magic(head: bytes) -> Container | None:
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[4:8] in _BOXES:
        return _movie(head)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return Container("webm" if b"webm" in head[:64] else "matroska", ("matroska",))
    if head[:4] in {b"RIFF", b"RF64", b"FORM"}:
        return _riff(head)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Container("png", ("png_pipe",))
    return _drawing(head) or _font(head) or _stream(head)


def _drawing(head: bytes) -> Container | None:
    """SVG: markup that is no page and soon comes to its root."""
    text = _text_of(head)
    if text.startswith(_PAGES) or not text.startswith(b"<") or _SVG.search(text) is None:
        return None
    return Container("svg", ())


def _font(head: bytes) -> Container | None:
    """Fonts by their version and what follows it (ISO/IEC 14496-22, section 4.5; WOFF 2.0, section 4.1)."""
    version, following = head[:4], head[4:8]
    if version in _SFNT and 0 < int.from_bytes(following[:2], "big") <= _MOST_TABLES:
        return Container(_SFNT[version], ())
    if version == _TTC and following in {b"\x00\x01\x00\x00", b"\x00\x02\x00\x00"}:
        return Container("ttc", ())
    if version in _PACKED and following in {*_SFNT, _TTC}:
        return Container(_PACKED[version], ())
    return None


def _stream(head: bytes) -> Container | None:
    """Formats that only have a sync word."""
    if len(head) >= 4 and head[0] == 0xFF:
        version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3  # ISO/IEC 11172-3, section 2.4.2.3
        if head[1] & 0xF6 == 0xF0:
            return Container("aac", ("aac",))
        if head[1] & 0xE0 == 0xE0 and version != 1 and layer in {1, 2}:
            return Container("mp3", ("mp3",))
    if (size := _dolby_bytes(head)) and head[size : size + 2] in {_DOLBY, b""}:
        name = "eac3" if head[5] >> 3 > _LAST_AC3 else "ac3"
        return Container(name, (name,))
    for size in _TS_PACKETS:
        for start in (0, 4):  # M2TS puts its time code first
            places = range(start, len(head), size)
            if len(places) >= 4 and all(head[place] == 0x47 for place in places):
                return Container("mpegts", ("mpegts",))
    return None


def _dolby_bytes(head: bytes) -> int:
    """Length of the frame of AC-3 or E-AC-3 that begins here; 0 where none does (ETSI TS 102 366, 4.4 and E.1.3)."""
    if len(head) < 6 or head[:2] != _DOLBY:
        return 0
    if head[5] >> 3 > _LAST_AC3:
        return 2 * (1 + ((head[2] & 7) << 8 | head[3])) if head[5] >> 3 <= _LAST_EAC3 else 0
    rate, code = head[4] >> 6, head[4] & 63
    if rate == len(_DOLBY_RATES) or code >= 2 * len(_DOLBY_KBITS):
        return 0
    # 1,536 samples in words of two bytes; at 44.1 kHz an odd code has one word more
    words = _DOLBY_KBITS[code // 2] * 1000 * 1536 // (16 * _DOLBY_RATES[rate])
    return 2 * (words + (code & 1 if rate == 1 else 0))


def _movie(head: bytes) -> Container:
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    if brand in _AVIF or (brand in _HEIF and _AVIF & _brands(head)):
        return Container("avif", (), moves=brand == b"avis")
    if brand in _HEIF:
        return Container("heic", ())
    return Container({b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a"}.get(brand, "mp4"), ("mov",))


def _brands(head: bytes) -> set[bytes]:
    """What a file says that it can be read as (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[place : place + 4] for place in range(16, end - 3, 4)}


def _riff(head: bytes) -> Container | None:
    kind = head[8:12]
    if kind == b"WEBP":
        if head[12:16] == b"VP8X" and len(head) > 20 and head[20] & 0x02:
            return Container("webp", (), moves=True)
        return Container("webp", ("webp_pipe",))
    if head[:4] == b"FORM":  # the same with its numbers the other way round
        return Container("aiff", ("aiff",)) if kind in {b"AIFF", b"AIFC"} else None
    return {b"WAVE": Container("wav", ("wav",)), b"AVI ": Container("avi", ("avi",))}.get(kind)


def _check_movie(file: BinaryIO) -> None:
    """Walk the outermost boxes (ISO/IEC 14496-12, section 4.2): without `moov` nothing else can be read."""
    end = file.seek(0, 2)
    place = 0
    for _ in range(_MAX_BOXES):
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:
            break
        size, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if kind == b"moov":
            if size and place + size > end:
                break
            return
        if size < 8:  # 0: to the end of the file; anything else is damaged
            break
        place += size
    raise Invalid("media_truncated", "The file's index is missing: it was cut off while it was made or sent.")


def _moves(file: BinaryIO) -> bool:
    """Whether a PNG says before its first picture that it has several (W3C PNG, third edition, section 5.6)."""
    place = 8
    for _ in range(_MAX_BOXES):
        file.seek(place)
        header = file.read(8)
        if len(header) < 8 or header[4:] in {b"IDAT", b"acTL"}:
            return header[4:] == b"acTL"
        place += 12 + int.from_bytes(header[:4], "big")
    return False
