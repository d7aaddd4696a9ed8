import shutil
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import av
import pytest
from PIL import Image

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.media.info import MediaInfo
from cutroom.media.probe import probe, probe_all
from tests.media.fields import make_fields
from tests.media.hostile import flood_png
from tests.media.sources import (
    count_frames,
    count_samples,
    ffmpeg,
    make_audio,
    make_image,
    make_video,
    picture_size,
)

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.ts", "a.avi"])
async def test_a_video_is_known_exactly(name: str, tmp_path: Path) -> None:
    path = make_video(tmp_path / name, 2, (160, 90), NTSC, gop=12, options=("-bf", "2"))
    info = await probe(path)
    assert info.kind == "video"
    assert info.format == {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "ts": "mpegts", "avi": "avi"}[name[2:]]
    assert info.size_bytes == path.stat().st_size
    video, audio = info.video, info.audio
    assert video is not None
    assert audio is not None
    assert (video.codec, video.width, video.height, video.pixel_format) == ("h264", 160, 90, "yuv420p")
    assert video.fps == NTSC
    assert video.frames == count_frames(path) == 60
    assert video.duration is not None
    assert abs(video.duration - 60 / NTSC) < Fraction(1, 500)
    assert (audio.codec, audio.sample_rate, audio.channels, audio.layout) == ("aac", 48000, 2, "stereo")
    assert info.duration is not None
    assert abs(info.duration - 2) < Fraction(1, 20)


@pytest.mark.parametrize("name", ["a.ts", "a.mp4"])
async def test_fields_in_packets_of_their_own_are_counted_as_pictures(name: str, tmp_path: Path) -> None:
    path = make_fields(tmp_path / name, 40)
    video = (await probe(path)).video
    assert video is not None
    assert video.interlaced
    assert (video.fps, video.frames) == (Fraction(25), count_frames(path))
    assert video.duration == Fraction(40, 25)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp3", "mp3", ()),
        ("a.mp3", "mp3", ("-write_xing", "0", "-q:a", "5")),
        ("a.mp3", "mp3", ("-write_xing", "0", "-id3v2_version", "0", "-q:a", "5")),
        ("a.m4a", "aac", ()),
        ("a.aac", "aac", ()),
        ("a.wav", "pcm_s16le", ()),
        ("a.flac", "flac", ()),
        ("a.ogg", "vorbis", ("-c:a", "libvorbis")),
        ("a.ogg", "opus", ("-c:a", "libopus")),
        ("a.webm", "opus", ()),
        ("a.mkv", "pcm_s16le", ("-c:a", "pcm_s16le")),
        ("a.aiff", "pcm_s16be", ()),
        ("a.caf", "pcm_s16be", ()),
        ("a.ac3", "ac3", ()),
        ("a.eac3", "eac3", ("-f", "eac3")),
    ],
)
async def test_the_length_of_sound_is_what_decoding_gives(
    name: str, codec: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    path = make_audio(tmp_path / name, 3.3, options=options)
    info = await probe(path)
    assert (info.kind, info.video) == ("audio", None)
    audio = info.audio
    assert audio is not None
    assert audio.duration is not None
    assert (audio.codec, audio.sample_rate, audio.layout) == (codec, 48000, "stereo")
    assert abs(audio.duration - Fraction(count_samples(path, 48000), 48000)) < Fraction(1, 50)


async def test_an_mp3_of_varying_rate_is_counted_and_not_guessed(tmp_path: Path) -> None:
    quiet = make_audio(tmp_path / "quiet.mp3", 5, options=("-b:a", "32k", "-write_xing", "0", "-id3v2_version", "0"))
    loud = make_audio(tmp_path / "loud.mp3", 5, options=("-b:a", "320k", "-write_xing", "0", "-id3v2_version", "0"))
    both = tmp_path / "both.mp3"
    both.write_bytes(quiet.read_bytes() + loud.read_bytes())
    info = await probe(both)
    assert info.duration is not None
    assert abs(info.duration - 10) < Fraction(1, 5)  # by the first frames' bit rate it would be 55 seconds


async def test_cover_art_is_no_video(tmp_path: Path) -> None:
    art = make_image(tmp_path / "art.jpg")
    song = make_audio(tmp_path / "song.mp3", 2)
    tagged = tmp_path / "tagged.mp3"
    ffmpeg("-i", song, "-i", art, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic", tagged)
    film = make_video(tmp_path / "film.mp4", 1)
    poster = tmp_path / "poster.mp4"
    ffmpeg("-i", art, "-i", film, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic", poster)
    info = await probe(tagged)
    assert (info.kind, info.video) == ("audio", None)
    info = await probe(poster)
    assert info.kind == "video"
    assert info.video is not None
    assert info.video.codec == "h264"


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
async def test_a_turned_video_is_measured_upright(degrees: int, tmp_path: Path) -> None:
    path = make_video(tmp_path / "flat.mp4", 0.2)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(-degrees), "-i", path, "-c", "copy", turned)
    video = (await probe(turned)).video
    assert video is not None
    assert video.rotation == degrees
    assert (video.coded_width, video.coded_height) == (160, 90)
    assert (video.width, video.height) == picture_size(turned)


@pytest.mark.parametrize(("orientation", "rotation"), [(1, 0), (3, 180), (6, 90), (8, 270)])
async def test_a_turned_photograph_is_measured_upright(orientation: int, rotation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (60, 40), "teal").save(path, exif=exif)
    info = await probe(path)
    video = info.video
    assert info.kind == "image"
    assert video is not None
    assert video.rotation == rotation
    assert (video.width, video.height) == picture_size(path)


async def test_pixels_that_are_not_square_are_measured_as_displayed(tmp_path: Path) -> None:
    video = (await probe(make_video(tmp_path / "dv.mkv", 0.2, (144, 80), options=("-vf", "setsar=32/27")))).video
    assert video is not None
    assert video.sample_aspect == Fraction(32, 27)
    assert (video.width, video.height, video.coded_width) == (171, 80, 144)


async def test_a_varying_rate_is_averaged(tmp_path: Path) -> None:
    drop = ("-vf", "select=not(mod(n\\,3))+lt(n\\,10)", "-fps_mode", "vfr")
    path = make_video(tmp_path / "phone.mp4", 2, fps=30, audio=False, options=drop)
    video = (await probe(path)).video
    assert video is not None
    assert video.duration is not None
    assert video.frames == count_frames(path) == 26
    assert abs(video.fps - 26 / video.duration) < Fraction(1, 100)


@pytest.mark.parametrize(
    ("name", "options", "alpha"),
    [
        ("a.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"), True),
        ("a.webm", ("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0"), True),
        ("a.webm", ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "25"), False),
        ("a.mov", ("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuva444p10le"), True),
        ("a.mp4", (), False),
    ],
)
async def test_transparency_is_seen(name: str, options: tuple[str, ...], alpha: bool, tmp_path: Path) -> None:  # noqa: FBT001
    path = make_video(tmp_path / name, 2, audio=False, codec="libx264", options=options)
    video = (await probe(path)).video
    assert video is not None
    assert video.has_alpha is alpha
    assert (video.frames, video.fps, video.duration) == (50, Fraction(25), Fraction(2))


async def test_pictures_are_images(tmp_path: Path) -> None:
    clear = tmp_path / "clear.webp"
    Image.new("RGBA", (50, 40), (255, 0, 0, 100)).save(clear)
    palette = tmp_path / "palette.png"
    Image.new("P", (50, 40), 3).save(palette, transparency=3)
    cmyk = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (50, 40)).save(cmyk)
    cases = [
        (make_image(tmp_path / "a.png", (50, 40)), "png", False),
        (make_image(tmp_path / "b.png", (50, 40), color="red@0.5"), "png", True),
        (make_image(tmp_path / "a.jpg", (50, 40)), "jpeg", False),
        (make_image(tmp_path / "a.webp", (50, 40)), "webp", False),
        (make_image(tmp_path / "a.gif", (50, 40)), "gif", True),
        (clear, "webp", True),
        (palette, "png", True),
        (cmyk, "jpeg", False),
    ]
    for path, name, alpha in cases:
        info = await probe(path)
        assert (info.kind, info.format, info.duration, info.audio) == ("image", name, None, None), path
        video = info.video
        assert video is not None
        assert (video.width, video.height, video.duration, video.has_alpha) == (50, 40, None, alpha), path


async def test_a_moving_gif_is_a_video(tmp_path: Path) -> None:
    info = await probe(make_video(tmp_path / "a.gif", 1, fps=10, audio=False, codec="gif", pixel_format="rgb8"))
    assert info.kind == "video"
    assert info.duration == 1
    assert info.video is not None
    assert (info.video.frames, info.video.fps) == (10, Fraction(10))


async def test_a_recording_without_a_header_is_measured(tmp_path: Path) -> None:
    live = tmp_path / "live.webm"
    made = make_video(tmp_path / "made.webm", 2, codec="libvpx", audio_codec="libopus")
    live.write_bytes(ffmpeg("-i", made, "-c", "copy", "-f", "webm", "-"))
    fragments = tmp_path / "fragments.mp4"
    film = make_video(tmp_path / "film.mp4", 2, audio=False)
    ffmpeg("-i", film, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", fragments)
    for path in (live, fragments):
        video = (await probe(path)).video
        assert video is not None
        assert (video.frames, video.fps) == (50, Fraction(25))
        assert video.duration is not None
        assert abs(video.duration - 2) < Fraction(1, 100)


async def test_what_an_edit_list_hides_is_not_counted(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mp4", 3, gop=10)
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.77", "-i", whole, "-c", "copy", cut)
    video = (await probe(cut)).video
    assert video is not None
    assert video.frames == count_frames(cut)
    assert video.fps == 25


async def test_a_late_stream_has_its_own_start(tmp_path: Path) -> None:
    film = make_video(tmp_path / "film.mp4", 1, audio=False)
    tone = make_audio(tmp_path / "tone.flac", 1)
    late = tmp_path / "late.mkv"
    ffmpeg("-i", film, "-itsoffset", "0.5", "-i", tone, "-map", "0", "-map", "1", "-c", "copy", late)
    info = await probe(late)
    assert info.video is not None
    assert info.audio is not None
    assert (info.start, info.video.start, info.audio.start) == (Fraction(0), Fraction(0), Fraction(1, 2))
    assert info.duration is not None
    assert abs(info.duration - Fraction(3, 2)) < Fraction(1, 100)


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.98])
async def test_an_mp4_that_was_cut_off_is_named_so(part: float, faststart: bool, tmp_path: Path) -> None:  # noqa: FBT001
    options = ("-movflags", "+faststart") if faststart else ()
    whole = make_video(tmp_path / "whole.mp4", 4, (320, 180), options=options)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(Invalid) as raised:
        await probe(cut)
    assert raised.value.code == "media_truncated"


async def test_a_picture_that_was_cut_off_is_named_so(tmp_path: Path) -> None:
    data = make_image(tmp_path / "whole.png", (320, 180)).read_bytes()
    cut = tmp_path / "cut.png"
    cut.write_bytes(data[:100])
    with pytest.raises(Invalid) as raised:
        await probe(cut)
    assert raised.value.code == "media_truncated"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"hello, world",
        b"\xff\xfb\x90\x00" + b"no sound at all " * 200,
        b"\xff\xf1" + bytes(5000),
        b"ID3\x04\0\0\0\0\0\0" + b"x" * 5000,
        b"G" + bytes(187),
        bytes(range(256)) * 40,
        b"\xff\xfe" + "UTF-16 text".encode("utf-16-le") * 50,
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(100),
        b"<html><body>404</body></html>",
        b"\x0b\x77 is how AC-3 begins, and some texts",
        b"\x0b\x77\0\0\x08\x40" + bytes(5000),
    ],
)
async def test_what_is_not_media_is_named_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "claim.mp4"
    path.write_bytes(content)
    with pytest.raises(Invalid) as raised:
        await probe(path)
    assert raised.value.code == "not_media"
    assert raised.value.message.endswith(".")


@pytest.mark.parametrize(
    "magic",
    [
        b"\x1aE\xdf\xa3",
        b"RIFF\x10\0\0\0WAVE",
        b"RIFF\x10\0\0\0AVI ",
        b"OggS\0",
        b"fLaC\0",
        b"FORM\0\0\0\x10AIFF",
        b"caff\x00\x01\0\0",
        b"FLV\x01\x05\0\0\0\x09",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    ],
)
async def test_a_good_beginning_alone_is_not_enough(magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / "half"
    path.write_bytes(magic + bytes(range(256)) * 8)
    with pytest.raises(Invalid) as raised:
        await probe(path)
    assert raised.value.code in {"media_unsupported", "media_truncated", "not_media"}


@pytest.mark.parametrize("profile", [b"", bytes(range(256)) * 40])
async def test_a_png_that_moves_is_a_video_whatever_stands_before_its_pictures(profile: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    frames = [Image.new("RGB", (20, 20), (n * 40, 0, 0)) for n in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    data = path.read_bytes()
    after = 8 + 25  # the signature and the header
    chunk = len(profile).to_bytes(4, "big") + b"prIv" + profile + crc32(b"prIv" + profile).to_bytes(4, "big")
    path.write_bytes(data[:after] + chunk + data[after:])
    info = await probe(path)
    assert (info.kind, info.format, info.duration) == ("video", "apng", Fraction(2, 5))
    assert info.video is not None
    assert (info.video.frames, info.video.fps, info.video.has_alpha) == (4, Fraction(10), False)


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"\xef\xbb\xbf\n <!DOCTYPE html><title>Sign in</title>", "not_media", "This is a web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "media_unsupported", "how large it is"),
        (flood_png(0), "media_truncated", "damaged"),
        (flood_png(60_000), "media_unsupported", "too large"),
    ],
)
async def test_what_links_often_lead_to_is_told_for_what_it_is(
    content: bytes, code: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "logo"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=says) as raised:
        await probe(path)
    assert raised.value.code == code


async def test_the_name_of_a_file_means_nothing(tmp_path: Path) -> None:
    png = make_image(tmp_path / "a.png")
    for name in ("%d.png", "-y", "a:b", "concat:a|b", "new\nline", "'\"`$(id)", "a.m3u8", "é☃"):
        odd = tmp_path / name
        shutil.copy(png, odd)
        assert (await probe(odd)).format == "png"


async def test_many_files_are_examined_together_and_each_answer_is_its_own(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.mp4" for number in range(7)]
    for number, path in enumerate(paths):
        make_video(path, 0.4, (32 + 2 * number, 32), 10)
    paths[2].write_bytes(paths[2].read_bytes()[:900])
    paths[4].write_bytes(b"no film at all")
    paths[6] = paths[0]
    found = await probe_all(paths)
    sizes = [one.video.width if isinstance(one, MediaInfo) and one.video else None for one in found]
    assert sizes == [32, 34, None, 38, None, 42, 32]
    assert [one.code for one in found if isinstance(one, CutroomError)] == ["media_truncated", "not_media"]
    assert await probe_all([]) == []


async def test_files_that_take_too_long_together_are_each_given_their_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp4", "b.mp4"):
        make_video(tmp_path / name, 0.4, (32, 32), 10)
    monkeypatch.setattr("cutroom.media.probe._TIMEOUT_S", 0.01)
    found = await probe_all([tmp_path / "a.mp4", tmp_path / "b.mp4"])
    assert [one.code for one in found if isinstance(one, CutroomError)] == ["probe_timeout", "probe_timeout"]


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.2])
async def test_a_flac_that_was_cut_off_is_as_long_as_what_is_left(tmp_path: Path, kept: float) -> None:
    whole, cut = make_audio(tmp_path / "whole.flac", 20), tmp_path / "cut.flac"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    info = await probe(cut)
    assert info.audio is not None
    with av.open(str(cut)) as file:
        left = sum(packet.duration or 0 for packet in file.demux(audio=0))
    assert info.audio.duration == Fraction(left, info.audio.sample_rate)
    assert (info.audio.duration == 20) == (kept == 1.0)
